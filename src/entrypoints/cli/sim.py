"""`tradecore sim`: a local broker that speaks Alpaca's protocol."""

import asyncio
from pathlib import Path
from typing import Annotated

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

    settings = read_settings(context.obj)
    if (key is None) != (secret is None):
        raise SettingsError("--key and --secret belong together: name both or neither")
    options = Options(
        port=port,
        seed=seed,
        speed=speed,
        start=start,
        keys=None if key is None or secret is None else (key, secret),
        always_open=always_open,
        state=state or settings.home / "sim" / str(port),
        requests_a_minute=rate_limit,
        faults=tuple(fault or ()),
    )
    asyncio.run(stand(options, wall_clock().date()))
