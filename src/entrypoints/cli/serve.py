"""`tradecore serve`: one desk that stands, for every door on this machine."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer

from entrypoints.cli.demo import checked_account
from entrypoints.cli.limits_told import limits_told
from entrypoints.mcp_server.standing_server import standing_server
from entrypoints.settings import Settings, read_settings
from entrypoints.wiring.standing import standing_house


def serve(
    context: typer.Context,
    account: Annotated[str | None, typer.Option(help="The account; by default a fresh simulated one.")] = None,
    http: Annotated[bool, typer.Option(help="Open the HTTP door beside the socket of this machine.")] = True,
) -> None:
    """Stand at the desk until ended: trade, guard positions, let clients in."""
    settings = read_settings(context.obj)
    asyncio.run(_serve(settings, checked_account(account), http=http))


async def _serve(settings: Settings, account: str | None, *, http: bool) -> None:
    async with _ending() as ended:
        house = standing_house(settings, limits_told(settings), account=account, purpose="serve")
        async with standing_server(house, settings, None):
            typer.echo(f"tradecore: desk {house.account} stands ({house.mode}), {house.directory}", err=True)
            await ended.wait()
    typer.echo("tradecore: the desk ended in order", err=True)


@asynccontextmanager
async def _ending() -> AsyncIterator[asyncio.Event]:
    """Set when somebody ends the process: Ctrl-C, or a signal to terminate."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(wanted, ended.set)
    yield ended
