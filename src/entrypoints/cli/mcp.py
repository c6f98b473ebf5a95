"""`tradecore mcp`: the desk for an MCP client, on standard input and output or over HTTP."""

import asyncio
import re
from typing import Annotated, Final

import typer

from entrypoints.cli.demo import checked_account
from entrypoints.settings import SettingsError, read_settings
from tradecore.errors import InvalidRequest

_HOST_AND_PORT: Final = re.compile(r"(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")
_HIGHEST_PORT: Final = 65_535


def mcp(
    context: typer.Context,
    account: Annotated[str | None, typer.Option(help="The account; by default a fresh simulated one.")] = None,
    http: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Serve over HTTP at this address instead of stdio.")
    ] = None,
) -> None:
    """Serve the desk to an MCP client; attach to the desk that stands on the account, or start one."""
    # The MCP and HTTP libraries take more than a second to load, which no other command should wait for.
    from entrypoints.cli.standing_desk import http_entry, stand
    from entrypoints.cli.stdio_desk import attach, embed

    settings = read_settings(context.obj)
    name = checked_account(account)
    if settings.mode != "simulated" and name is None:
        raise SettingsError(f"TRADECORE_MODE={settings.mode}: name the account with --account")
    if http is not None:
        host, port = _host_and_port(http)
        entry = http_entry(settings, host, port, said="--http", instead="name another port in --http")
        asyncio.run(stand(settings, name, "mcp", entry))
    elif name is None:
        asyncio.run(embed(settings))
    else:
        asyncio.run(attach(settings, name, context.obj))


def _host_and_port(text: str) -> tuple[str, int]:
    """
    Host and port as written in --http; port 0 is any free one.

    Raises:
        InvalidRequest: It is not HOST:PORT.
    """
    found = _HOST_AND_PORT.fullmatch(text)
    if found is None or int(found["port"]) > _HIGHEST_PORT:
        raise InvalidRequest("--http takes HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000")
    return found["host"].strip("[]"), int(found["port"])
