"""`tradecore crypto`: market reports of crypto pairs."""

import asyncio
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from entrypoints.cli.summary import print_json
from entrypoints.cli.terminal import Terminal
from entrypoints.settings import Settings, SettingsError, read_settings
from entrypoints.settings.crypto import listed_pairs
from tradecore.errors import InvalidRequest, TradeError, Unavailable

crypto_app = typer.Typer(help="Market reports of crypto pairs.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
_NO_REDIS = (
    "REDIS_URL: `crypto report` reads what others keep in Redis, so it needs its address; "
    "`tradecore crypto run` shows reports without Redis"
)


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


@crypto_app.command("run")
def run(
    context: typer.Context,
    feed: Annotated[
        Literal["simulated", "replay", "binance"] | None,
        typer.Option(help="Where events come from; by default CRYPTO_FEED, else simulated."),
    ] = None,
    file: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="The recording to replay.")] = None,
    speed: Annotated[
        float | None, typer.Option(min=0, max=1000, help="Recorded seconds a second; 0 is as fast as it goes.")
    ] = None,
    symbols: Annotated[
        str | None, typer.Option(help="Pairs, separated by commas; of a recording by default all.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=4_294_967_295, help="Of the simulated order flow.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A report a second and pair, as lines of JSON.")] = False,
) -> None:
    """Feed, analyse and show market reports in this process until ended; with REDIS_URL the reports are there too."""
    from entrypoints.cli.crypto_run import run_reports

    settings = read_settings(context.obj)
    chosen = feed or ("simulated" if settings.crypto_feed == "none" else settings.crypto_feed)
    given = {
        "crypto_feed": chosen,
        "crypto_recording": file,
        "crypto_replay_speed": None if speed is None else Decimal(str(speed)),
        "crypto_symbols": None if symbols is None else _pairs(symbols),
        "crypto_seed": seed,
    }
    asyncio.run(run_reports(_with(settings, given), as_json=as_json))


@crypto_app.command("report")
def report(
    context: typer.Context,
    symbol: Annotated[str, typer.Argument(help="The pair: BTCUSDT, btc/usdt, or BTC.")],
    watch: Annotated[bool, typer.Option("--watch", help="Show it live until ended.")] = False,
    sections: Annotated[str | None, typer.Option(help="Parts of the report, separated by commas.")] = None,
    levels: Annotated[int | None, typer.Option(min=0, max=20, help="Levels of depth a side.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the newest report of a pair that `serve --role crypto-analytics` or `crypto run` keeps in Redis."""
    from entrypoints.cli.crypto_run import show_report
    from tradecore.usecases.market_reports import SymbolNotIndexed

    settings = read_settings(context.obj)
    if settings.redis_url is None:
        raise SettingsError(_NO_REDIS)
    if watch and sections:
        raise InvalidRequest("--watch shows what it shows; leave --sections out")
    wanted = [part.strip() for part in (sections or "").split(",") if part.strip()]
    try:
        asyncio.run(show_report(settings, symbol, wanted, levels, watch=watch, as_json=as_json))
    except SymbolNotIndexed as unknown:
        raise TradeError(f"symbol_not_indexed: {unknown}") from unknown
    except Unavailable as problem:
        raise Unavailable(f"backend_unavailable: {problem}") from problem


def _pairs(text: str) -> tuple[str, ...]:
    try:
        return listed_pairs(text)
    except ValueError as problem:
        raise InvalidRequest(f"--symbols: {problem}") from None


def _with(settings: Settings, given: dict[str, Any]) -> Settings:
    """The settings with what the command line says instead, each valid by itself already."""
    chosen = settings.model_copy(update={name: value for name, value in given.items() if value is not None})
    if chosen.crypto_feed == "replay" and chosen.crypto_recording is None:
        raise InvalidRequest("a replay needs a recording: --file FILE, or CRYPTO_RECORDING")
    return chosen
