"""A desk on standard input and output: our own that ends with us, or one that outlives us."""

import asyncio
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from entrypoints.cli.ending import ending
from entrypoints.cli.limits_told import limits_told
from entrypoints.mcp_server.connection import pump, serve_connection, standard_streams
from entrypoints.mcp_server.standing_server import standing_server
from entrypoints.settings import Settings
from entrypoints.standing.desk_file import desk_stands
from entrypoints.standing.door import enter
from entrypoints.wiring.choosing import desk_house
from entrypoints.wiring.directories import make_private
from tradecore.errors import Unavailable

_STARTS_WITHIN_S: Final = 30.0
_LOOKS_EVERY_S: Final = 0.1


async def embed(settings: Settings) -> None:
    """Serve one client with a desk of our own, until the client or the process is ended."""
    async with ending() as ended, standard_streams() as (reader, writer):
        house = desk_house(settings, limits_told(settings), account=None, purpose="mcp")
        async with standing_server(house, settings, None) as server:
            served = asyncio.create_task(serve_connection(server.protocol, reader, writer, house.principal))
            waiting = asyncio.create_task(ended.wait())
            await asyncio.wait((served, waiting), return_when=asyncio.FIRST_COMPLETED)
            for task in (served, waiting):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


async def attach(settings: Settings, account: str, env_file: Path | None) -> None:
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
    make_private(directory)
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
