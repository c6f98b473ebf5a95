"""`tradecore serve`: one desk that stands, for every door on this machine, or one part of the crypto reports."""

import asyncio
from typing import Annotated, Literal

import typer

from entrypoints.cli.demo import checked_account
from entrypoints.settings import read_settings


def serve(
    context: typer.Context,
    account: Annotated[str | None, typer.Option(help="The account; by default a fresh simulated one.")] = None,
    http: Annotated[bool, typer.Option(help="Open the HTTP door beside the socket of this machine.")] = True,
    role: Annotated[
        Literal["desk", "crypto-feed", "crypto-analytics"],
        typer.Option(help="What to stand for: the desk, or a part of the crypto reports over Redis."),
    ] = "desk",
) -> None:
    """Stand at the desk until ended: trade, guard positions, let clients in; or feed or analyse crypto markets."""
    # The MCP and HTTP libraries take more than a second to load, which no other command should wait for.
    from entrypoints.cli.crypto_role import check_role, stand_for
    from entrypoints.cli.standing_desk import http_entry, stand

    settings = read_settings(context.obj)
    name = checked_account(account)
    if role != "desk":
        check_role(role, settings, account)
    instead = "set SERVER_PORT to another, or serve with --no-http"
    entry = None
    if http:
        entry = http_entry(settings, settings.server_host, settings.server_port, said="SERVER_HOST", instead=instead)
    if role == "desk":
        asyncio.run(stand(settings, name, "serve", entry))
    else:
        asyncio.run(stand_for(role, settings, entry))
