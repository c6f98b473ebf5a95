"""A desk in this process with real MCP clients on it, on virtual time: every run is the same."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from entrypoints.limits_file import load_limits
from entrypoints.mcp_server.server import PRINCIPAL, DeskServer, offered_tools
from entrypoints.runtime import SessionRecorder, run_house
from entrypoints.settings import Settings
from entrypoints.wiring import House, simulated_house
from tradecore.model.confirmation import MODEL_CONFIRMS, ConfirmationPolicy
from tradecore.model.sessions import session_on
from tradecore.risk.limits import Limits
from tradecore.usecases.floor import TradingFloor

BOTH_ERAS = pytest.mark.parametrize("era", ["auto", "legacy"])
ME = "local:me"
FULL_DAY = date(2026, 11, 20)


@dataclass(slots=True)
class Desk:
    """The house, its server, and what a test does with them."""

    house: House
    server: DeskServer
    floor: TradingFloor = field(init=False)

    def __post_init__(self) -> None:
        self.floor = self.house.floor

    @asynccontextmanager
    async def client(self, era: str = "auto", principal: str = ME, **options: Any) -> AsyncIterator[Client]:
        """A client of this era who is this principal."""
        PRINCIPAL.set(principal)
        async with Client(self.server.protocol, mode=era, **options) as client:
            yield client

    async def later(self, **passed: float) -> None:
        """Let market time pass."""
        await self.floor.timers.sleep_until(self.floor.clock.now() + timedelta(**passed))

    async def enter(self, client: Client, tool: str = "orb_long_call", **arguments: Any) -> dict[str, Any]:
        """A filled entry, asked for as often as it takes."""
        for _ in range(10):
            shown = await call(client, tool, **({"contracts": 1} | arguments))
            done = await call(client, "confirm_order", confirm_token=shown["confirm_token"])
            if Decimal(done["filled_quantity"]):
                return done
            await self.later(seconds=40)
        raise AssertionError("never filled")

    def sent(self) -> list[str]:
        """Ids of every order that was handed to the venue."""
        return [u.subject for u in self.floor.updates.after(0, 1000).updates if u.kind == "sent"]


def at_the_desk(
    home: Path,
    story: Callable[[Desk], Awaitable[None]],
    *,
    begins: time = time(10, 0),
    confirmation: ConfirmationPolicy = MODEL_CONFIRMS,
    limits: Limits | None = None,
    toolsets: tuple[str, ...] = ("desk", "data", "admin"),
    read_only: bool = False,
) -> None:
    """Run a story at the desk of a simulated session, from `begins` (New York) on; what it raises is raised here."""
    session = session_on(FULL_DAY)
    assert session is not None
    house = simulated_house(
        Settings(home=home),
        seed=1,
        session=session,
        limits=limits or load_limits("default"),
        account=None,
        confirmation=confirmation,
    )

    async def trade(floor: TradingFloor) -> None:
        server = DeskServer(floor, offered_tools(floor, toolsets, read_only=read_only))
        await floor.timers.sleep_until(session.at(begins))
        news = asyncio.ensure_future(server.fan_out.run())
        await story(Desk(house, server))
        news.cancel()
        raise _Told

    with pytest.raises(_Told):
        run_house(house, trade, SessionRecorder())


class _Told(Exception):
    """The story is over; the rest of the session need not be run."""


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """A tool's structured answer, which must not be an error."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.structured_content
    return dict(result.structured_content)


async def refused(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The error of a call that must be refused: code, message, details."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error, result.structured_content
    assert result.structured_content["status"] == "refused"
    assert result.structured_content["desk"]["mode"] == "simulated"
    error = result.structured_content["error"]
    assert set(error) == {"code", "message", "details"}
    assert error["message"]
    return dict(error)
