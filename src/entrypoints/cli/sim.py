"""`tradecore sim`: a local broker that speaks Alpaca's protocol."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer

from entrypoints.settings import SettingsError, read_settings
from entrypoints.wiring.machine import wall_clock


def sim(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where it listens on this machine; 0 takes any.")],
    seed: Annotated[
        int | None, typer.Option(min=0, max=4_294_967_295, help="The market; another seed is another.")
    ] = None,
    speed: Annotated[
        float, typer.Option(min=0, max=3600, help="Market seconds a second; 0 moves by steps alone.")
    ] = 1.0,
    start: Annotated[str | None, typer.Option(help="YYYY-MM-DDTHH:MM, New York time.")] = None,
    day: Annotated[
        Path | None, typer.Option(help="A recorded day: a LEAN folder, or a .csv or .parquet file, as of replay.")
    ] = None,
    symbol: Annotated[str | None, typer.Option(help="With --day: the one underlying; a file needs it.")] = None,
    options: Annotated[Path | None, typer.Option(help="With --day: folder with recorded option quotes.")] = None,
    labels: Annotated[
        Literal["start", "end"] | None, typer.Option(help="With --day: what a file's times name.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="The one key that may come in; by default any may.")] = None,
    secret: Annotated[str | None, typer.Option(help="Its secret.")] = None,
    always_open: Annotated[bool, typer.Option("--always-open", help="The market never closes.")] = False,
    state: Annotated[Path | None, typer.Option(help="Its directory; by default sim/<port> in TRADECORE_HOME.")] = None,
    rate_limit: Annotated[int, typer.Option(min=0, help="Requests a minute for each account; 0 is no limit.")] = 200,
    fault: Annotated[
        list[str] | None, typer.Option(help="NAME=COUNT: something that goes wrong; see the guide.")
    ] = None,
) -> None:
    """Serve a simulated broker for Alpaca's clients until ended."""
    # The server's libraries take a while to load, which no other command should wait for.
    from entrypoints.simulated_broker.running import Options, stand
    from entrypoints.wiring.recording import Recording

    settings = read_settings(context.obj)
    if (key is None) != (secret is None):
        raise SettingsError("--key and --secret belong together: name both or neither")
    if day is None and (symbol, options, labels) != (None, None, None):
        raise SettingsError("--symbol, --options and --labels belong to --day")
    wanted = Options(
        port=port,
        seed=seed,
        speed=speed,
        start=start,
        keys=None if key is None or secret is None else (key, secret),
        always_open=always_open,
        state=state or settings.home / "sim" / str(port),
        requests_a_minute=rate_limit,
        faults=tuple(fault or ()),
        day=None if day is None else Recording(path=day, symbol=symbol, options=options, labels=labels),
    )
    asyncio.run(stand(wanted, wall_clock().date()))
