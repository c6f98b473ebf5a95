"""`tradecore crypto`: market reports of crypto pairs."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from entrypoints.cli.summary import print_json
from entrypoints.cli.terminal import Terminal

crypto_app = typer.Typer(help="Market reports of crypto pairs.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@crypto_app.callback()
def _crypto() -> None:
    """Keeps `check` a command of its own."""


@crypto_app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A recording: receive time in ns, a space, the message; or its .gz.")],
    symbol: Annotated[str, typer.Option(help="The pair, for example BTCUSDT.")],
    as_json: AsJson = False,
) -> None:
    """Play a recording of Binance's streams at full speed and compare its book with the venue's own best quotes."""
    from entrypoints.wiring.crypto import play_recording
    from tradecore.microstructure.thresholds import Thresholds

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Terminal(stderr=True, quiet=as_json), transient=True) as bar:
        playing = bar.add_task("playing", total=1.0)
        played = play_recording(file, symbol.upper(), Thresholds(), lambda share: bar.update(playing, completed=share))
    if as_json:
        print_json(asdict(played))
    else:
        for name, figure in asdict(played).items():
            typer.echo(f"{name.replace('_', ' '):18}{figure:>14,}")
    raise typer.Exit(1 if played.mismatches or played.invalid_reports else 0)
