"""A standing desk with its doors on this machine: MCP and control on its socket, found through `desk.json`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from entrypoints.mcp_server.connection import serve_connection
from entrypoints.mcp_server.server import DeskServer, offered_tools
from entrypoints.settings import Settings
from entrypoints.standing.control import Control
from entrypoints.standing.desk_file import describe, remove_desk_file
from entrypoints.standing.door import Door
from entrypoints.standing.passphrase import OperatorLock
from entrypoints.standing.running import standing
from entrypoints.wiring.alerts_beside import alerts_beside
from entrypoints.wiring.chain_beside import chain_beside
from entrypoints.wiring.crypto_beside import reports_beside
from entrypoints.wiring.desk_house import DeskHouse
from entrypoints.wiring.recorder_beside import recorder_beside
from entrypoints.wiring.traces import tracing


@asynccontextmanager
async def standing_server(house: DeskHouse, settings: Settings, http: str | None) -> AsyncIterator[DeskServer]:
    """
    Trade and let clients in while the body runs.

    `http` is the URL of a door the body opens itself, told in `desk.json`.
    """
    with tracing(settings) as house.floor.tracing:
        async with _opened(house, settings, http) as server:
            yield server


@asynccontextmanager
async def _opened(house: DeskHouse, settings: Settings, http: str | None) -> AsyncIterator[DeskServer]:
    tools = offered_tools(house.floor, settings.toolsets, read_only=settings.read_only)
    async with (
        alerts_beside(house, settings),
        recorder_beside(house, settings),
        reports_beside(settings) as crypto,
        chain_beside(house, settings),
    ):
        server = DeskServer(house.floor, tools, crypto)
        async with _standing(house, server, settings, http):
            yield server


@asynccontextmanager
async def _standing(house: DeskHouse, server: DeskServer, settings: Settings, http: str | None) -> AsyncIterator[None]:
    async def speak_mcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, principal: str) -> None:
        await serve_connection(server.protocol, reader, writer, principal)

    control = Control(house, OperatorLock(settings.home, house.wall.now), server.call)
    door = Door({"mcp": speak_mcp, "control": control}, house.account, house.mode)
    async with standing(house), door.open(house.directory):
        news = asyncio.create_task(server.fan_out.run())
        describe(house.account, house.mode, house.wall.now().isoformat(), http).write(house.directory)
        try:
            yield
        finally:
            remove_desk_file(house.directory)
            news.cancel()
            with suppress(asyncio.CancelledError):
                await news
