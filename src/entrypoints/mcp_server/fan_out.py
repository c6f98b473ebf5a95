"""Telling subscribed clients that a resource changed, on both eras of the protocol."""

import asyncio
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

import mcp_types as types
from mcp import MCPError
from mcp.server.connection import Connection
from mcp.server.context import ServerRequestContext
from mcp.server.subscriptions import InMemorySubscriptionBus
from mcp.shared.subscriptions import ResourceUpdated

from tradecore.usecases.day_result import day_pnl
from tradecore.usecases.floor import TradingFloor

_TOGETHER_S: Final = 0.02
_MARKS_EVERY_S: Final = 1.0
_MOST: Final = 256
_MARKED: Final = ("desk://account", "desk://positions", "desk://risk")
_A_MINUTE: Final = Decimal(60)
_CONCERNED: Final[dict[str, tuple[str, ...]]] = {
    "fill": ("desk://positions", "desk://orders", "desk://account", "desk://risk"),
    "position": ("desk://positions", "desk://account", "desk://risk"),
    "confirmed": ("desk://orders", "desk://risk"),
    "sent": ("desk://orders",),
    "ended": ("desk://orders", "desk://risk"),
    "cancel": ("desk://orders",),
    "alert": ("desk://risk",),
    "acknowledged": ("desk://risk",),
    "day": ("desk://account", "desk://positions", "desk://risk"),
}


class _Outbox:
    """
    What one client of the older era has still to be told: each resource at most once, however slowly it reads.

    A client that reads nothing holds up its own news alone.
    """

    def __init__(self, connection: Connection) -> None:
        self.wanted: set[str] = set()
        self._connection = connection
        self._news: dict[str, None] = {}
        self._there_is_news = asyncio.Event()
        self._telling = asyncio.create_task(self._tell())

    def add(self, uri: str) -> None:
        if uri in self.wanted:
            self._news[uri] = None
            self._there_is_news.set()

    def close(self) -> None:
        self._telling.cancel()

    async def _tell(self) -> None:
        while True:
            await self._there_is_news.wait()
            self._there_is_news.clear()
            while self._news:
                uri = next(iter(self._news))
                del self._news[uri]
                try:
                    await self._connection.send_resource_updated(uri)
                except Exception:  # noqa: BLE001 - a client that went away must not stop the others' news
                    self.wanted.clear()
                    self._news.clear()


class FanOut:
    """
    Publishes what the floor's updates concern, at once, and what follows within 20 ms together.

    A client of the newer era listens on a stream; one of the older era subscribed on its session. What is held is worth
    something else with every quote; that is told once a second, when the day's result changed by a cent.
    """

    def __init__(self, floor: TradingFloor) -> None:
        """Watch this floor once `run` is started."""
        self._floor = floor
        self.bus = InMemorySubscriptionBus()
        self._outboxes: dict[int, _Outbox] = {}

    async def subscribe(
        self, context: ServerRequestContext[Any, Any], params: types.SubscribeRequestParams
    ) -> types.EmptyResult:
        """A session of the older era wants to hear of a resource."""
        if sum(len(outbox.wanted) for outbox in self._outboxes.values()) >= _MOST:
            raise MCPError(types.INTERNAL_ERROR, f"{_MOST} subscriptions are open already")
        connection = _connection_of(context)
        if id(connection) not in self._outboxes:
            self._outboxes[id(connection)] = _Outbox(connection)
            connection.exit_stack.callback(self._forget, connection)
        self._outboxes[id(connection)].wanted.add(params.uri)
        return types.EmptyResult()

    async def unsubscribe(
        self, context: ServerRequestContext[Any, Any], params: types.UnsubscribeRequestParams
    ) -> types.EmptyResult:
        """It does not any more."""
        outbox = self._outboxes.get(id(_connection_of(context)))
        if outbox is not None:
            outbox.wanted.discard(params.uri)
        return types.EmptyResult()

    def _forget(self, connection: Connection) -> None:
        outbox = self._outboxes.pop(id(connection), None)
        if outbox is not None:
            outbox.close()

    async def run(self) -> None:
        """Publish until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tell_updates())
            group.create_task(self._tell_marks())

    async def _tell_updates(self) -> None:
        seen = self._floor.updates.newest
        while True:
            # The bell is not heard while the news before is told, so what is new is looked for first.
            if self._floor.updates.newest_told <= seen:
                until = self._floor.clock.now() + self._floor.desk.opening.reading_time(_A_MINUTE)
                await self._floor.changed.wait(until)
            missed = self._floor.updates.after(seen, 1000)
            if not missed.updates:
                continue
            seen = missed.updates[-1].number
            await self._publish({uri for update in missed.updates for uri in _CONCERNED.get(update.kind, ())})
            await asyncio.sleep(_TOGETHER_S)

    async def _tell_marks(self) -> None:
        told = day_pnl(self._floor.desk, self._floor.board)
        while True:
            await asyncio.sleep(_MARKS_EVERY_S)
            now = day_pnl(self._floor.desk, self._floor.board)
            if now != told:
                told = now
                await self._publish(_MARKED)

    async def _publish(self, uris: Iterable[str]) -> None:
        for uri in sorted(uris):
            for outbox in self._outboxes.values():
                outbox.add(uri)
            await self.bus.publish(ResourceUpdated(uri=uri))


def _connection_of(context: ServerRequestContext[Any, Any]) -> Connection:
    # A session object lives for one request; what outlasts it is the connection, which the SDK does not show (2.3).
    return context.session._connection
