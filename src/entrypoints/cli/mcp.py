"""`tradecore mcp`: the desk for an MCP client, on standard input and output or over HTTP."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from entrypoints.cli.demo import checked_account
from entrypoints.cli.limits_told import limits_told
from entrypoints.cli.serve import http_entry, stand
from entrypoints.mcp_server.connection import pump, serve_connection, standard_streams
from entrypoints.mcp_server.standing_server import standing_server
from entrypoints.settings import Settings, SettingsError, read_settings
from entrypoints.standing.desk_file import desk_stands
from entrypoints.standing.door import enter
from entrypoints.wiring.standing import standing_house
from tradecore.errors import InvalidRequest, Unavailable

_STARTS_WITHIN_S: Final = 30.0
_LOOKS_EVERY_S: Final = 0.1
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
    settings = read_settings(context.obj)
    name = checked_account(account)
    if settings.mode != "simulated" and name is None:
        raise SettingsError(f"TRADECORE_MODE={settings.mode}: name the account with --account")
    if http is not None:
        host, port = _host_and_port(http)
        entry = http_entry(settings, host, port, said="--http", instead="name another port in --http")
        asyncio.run(stand(settings, name, "mcp", entry))
    elif name is None:
        asyncio.run(_embed(settings))
    else:
        asyncio.run(_attach(settings, name, context.obj))


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


async def _embed(settings: Settings) -> None:
    """A desk of our own that ends with us."""
    async with standard_streams() as (reader, writer):
        house = standing_house(settings, limits_told(settings), account=None, purpose="mcp")
        async with standing_server(house, settings, None) as server:
            await serve_connection(server.protocol, reader, writer, house.principal)


async def _attach(settings: Settings, account: str, env_file: Path | None) -> None:
    """A desk that outlives us: the one that stands, or one that is started now."""
    directory = settings.home / settings.mode / account
    async with standard_streams() as near:
        if not desk_stands(directory):
            await _start(directory, account, env_file)
        await pump(near, await enter(directory, "mcp"))


async def _start(directory: Path, account: str, env_file: Path | None) -> None:
    """
    Start `tradecore serve` detached and wait until it lets us in.

    Raises:
        Unavailable: It ended or did not come up; the message is its last line.
    """
    command = [sys.executable, "-m", "entrypoints.cli"]
    command += [] if env_file is None else ["--env-file", str(env_file)]
    command += ["serve", "--account", account, "--no-http"]
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = directory / "serve.log"
    with log.open("ab") as output:
        desk = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
    for _ in range(int(_STARTS_WITHIN_S / _LOOKS_EVERY_S)):
        if desk_stands(directory):
            return
        if desk.poll() is not None:
            break
        await asyncio.sleep(_LOOKS_EVERY_S)
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise Unavailable(f"the desk of account {account} did not start: {lines[-1] if lines else log}")
