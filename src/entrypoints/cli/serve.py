"""`tradecore serve`: one desk that stands, for every door on this machine."""

import asyncio
from typing import Annotated

import typer

from entrypoints.cli.demo import checked_account
from entrypoints.settings import read_settings


def serve(
    context: typer.Context,
    account: Annotated[str | None, typer.Option(help="The account; by default a fresh simulated one.")] = None,
    http: Annotated[bool, typer.Option(help="Open the HTTP door beside the socket of this machine.")] = True,
) -> None:
    """Stand at the desk until ended: trade, guard positions, let clients in."""
    # The MCP and HTTP libraries take more than a second to load, which no other command should wait for.
    from entrypoints.cli.standing_desk import http_entry, stand

    settings = read_settings(context.obj)
    name = checked_account(account)
    instead = "set SERVER_PORT to another, or serve with --no-http"
    entry = None
    if http:
        entry = http_entry(settings, settings.server_host, settings.server_port, said="SERVER_HOST", instead=instead)
    asyncio.run(stand(settings, name, "serve", entry))
