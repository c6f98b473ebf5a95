"""Telling subscribed clients that a resource changed, on both eras of the protocol."""

import asyncio
from decimal import Decimal
from typing import Any, Final

import mcp_types as types
from mcp import MCPError
from mcp.server.connection import Connection
from mcp.server.context import ServerRequestContext
from mcp.server.subscriptions import InMemorySubscriptionBus
from mcp.shared.subscriptions import ResourceUpdated

from tradecore.usecases.floor import TradingFloor

_TOGETHER_S: Final = 0.02
_READ_WITHIN_S: Final = 1.0
_MOST: Final = 256
_FORGOTTEN: Final = "forgotten when it ends"
_A_MINUTE: Final = Decimal(60)
_CONCERNED: Final[dict[str, tuple[str, ...]]] = {
    "fill": ("desk://positions", "desk://orders", "desk://account", "desk://risk"),
    "confirmed": ("desk://orders", "desk://risk"),
    "sent": ("desk://orders",),
    "ended": ("desk://orders", "desk://risk"),
    "cancel": ("desk://orders",),
    "alert": ("desk://risk",),
    "acknowledged": ("desk://risk",),
    "day": ("desk://account", "desk://positions", "desk://risk"),
}


class FanOut:
    """
    Publishes what the floor's updates concern; what happens within 20 ms is told once.

    A client of the newer era listens on a stream; one of the older era subscribed on its session.
    """

    def __init__(self, floor: TradingFloor) -> None:
        """Watch this floor once `run` is started."""
        self._floor = floor
        self.bus = InMemorySubscriptionBus()
        self._subscribed: dict[tuple[str, int], Connection] = {}

    async def subscribe(
        self, context: ServerRequestContext[Any, Any], params: types.SubscribeRequestParams
    ) -> types.EmptyResult:
        """A session of the older era wants to hear of a resource."""
        if len(self._subscribed) >= _MOST:
            raise MCPError(types.INTERNAL_ERROR, f"{_MOST} subscriptions are open already")
        connection = _connection_of(context)
        self._subscribed[(params.uri, id(connection))] = connection
        if _FORGOTTEN not in connection.state:
            connection.state[_FORGOTTEN] = True
            connection.exit_stack.callback(self._forget, connection)
        return types.EmptyResult()

    async def unsubscribe(
        self, context: ServerRequestContext[Any, Any], params: types.UnsubscribeRequestParams
    ) -> types.EmptyResult:
        """It does not any more."""
        self._subscribed.pop((params.uri, id(_connection_of(context))), None)
        return types.EmptyResult()

    def _forget(self, connection: Connection) -> None:
        for key in [key for key in self._subscribed if key[1] == id(connection)]:
            del self._subscribed[key]

    async def run(self) -> None:
        """Publish until cancelled."""
        seen = self._floor.updates.newest
        while True:
            # The bell is not heard while the news before is told, so what is new is looked for first.
            if self._floor.updates.newest_told <= seen:
                until = self._floor.clock.now() + self._floor.desk.opening.reading_time(_A_MINUTE)
                await self._floor.changed.wait(until)
            await asyncio.sleep(_TOGETHER_S)
            missed = self._floor.updates.after(seen, 1000)
            if not missed.updates:
                continue
            seen = missed.updates[-1].number
            concerned = {uri for update in missed.updates for uri in _CONCERNED.get(update.kind, ())}
            for uri in sorted(concerned):
                await self._publish(uri)

    async def _publish(self, uri: str) -> None:
        await self.bus.publish(ResourceUpdated(uri=uri))
        for (wanted, key), connection in tuple(self._subscribed.items()):
            if wanted != uri:
                continue
            try:
                async with asyncio.timeout(_READ_WITHIN_S):
                    await connection.send_resource_updated(uri)
            except Exception:  # noqa: BLE001 - a client that went away or stopped reading must not stop the others' news
                self._subscribed.pop((wanted, key), None)


def _connection_of(context: ServerRequestContext[Any, Any]) -> Connection:
    # A session object lives for one request; what outlasts it is the connection, which the SDK does not show (2.3).
    return context.session._connection
