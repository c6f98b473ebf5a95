"""Every market bus keeps the promises of the MarketBus port; Redis over a real server."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from redis.asyncio import Redis
from tests.redis_server import RedisServer, redis_server

from adapters.memory.market_bus import MemoryMarketBus
from adapters.redis.market_bus import RedisMarketBus
from tradecore.errors import Unavailable
from tradecore.ports.market_bus import MarketBus
from tradecore.testing.market_bus_contract import MarketBusContract

LEASE = timedelta(seconds=1)


class TestMemoryMarketBus(MarketBusContract):
    @pytest.fixture(autouse=True)
    def _store(self) -> None:
        self.bus = MemoryMarketBus(lambda: datetime.now(UTC), lease=LEASE)

    async def open_bus(self) -> MarketBus:
        return self.bus


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with redis_server() as running:
        yield running


async def _empty(client: Redis) -> None:
    await client.flushall()


class TestRedisMarketBus(MarketBusContract):
    @pytest.fixture(autouse=True)
    def _store(self, server: RedisServer) -> Iterator[None]:
        self.server = server
        yield
        asyncio.run(self._empty())

    async def _empty(self) -> None:
        client = Redis.from_url(self.server.url)
        await client.flushall()
        await client.aclose()

    async def open_bus(self) -> MarketBus:
        return RedisMarketBus(Redis.from_url(self.server.url), lease=LEASE)

    def test_what_is_older_than_the_retention_goes_away(self) -> None:
        async def story(client: Redis) -> None:
            bus = RedisMarketBus(client, retention=timedelta(milliseconds=50))
            await client.xadd("events:BTCUSDT", {"events": "[]"}, id="1-1")
            for _ in range(250):
                await bus.publish("BTCUSDT", [{}])
            await asyncio.sleep(0.1)
            # The first of these is told the time by which the second one trims.
            for _ in range(2):
                await bus.publish("BTCUSDT", [{}])
            assert await client.xlen("events:BTCUSDT") < 120
            assert await client.xrange("events:BTCUSDT", max="1-1") == []

        self._tell_client(story)

    def test_what_is_no_list_of_messages_is_told_as_such(self) -> None:
        async def story(client: Redis) -> None:
            bus = RedisMarketBus(client)
            for fields in ({"events": "{"}, {"other": "[]"}, {"events": "[1]"}):
                await client.xadd("events:BTCUSDT", cast("Any", fields))
            assert [entry.messages for entry in await bus.read("BTCUSDT", "one", 1.0)] == [None, None, None]

        self._tell_client(story)

    def test_what_was_set_aside_can_be_looked_at(self) -> None:
        async def story(client: Redis) -> None:
            bus = RedisMarketBus(client)
            await bus.publish("BTCUSDT", [{"no": "envelope"}])
            (entry,) = await bus.read("BTCUSDT", "one", 1.0)
            await bus.set_aside("BTCUSDT", entry.entry_id, "no envelope")
            ((_, held),) = await client.xrange("set-aside:BTCUSDT") or []
            assert held == {
                b"id": entry.entry_id.encode(),
                b"reason": b"no envelope",
                b"events": b'[{"no":"envelope"}]',
            }

        self._tell_client(story)

    def _tell_client(self, story: Callable[[Redis], Awaitable[None]]) -> None:
        async def told() -> None:
            client = Redis.from_url(self.server.url)
            try:
                await story(client)
            finally:
                await client.aclose()

        asyncio.run(told())


def test_a_server_that_is_gone_is_unavailable_and_one_that_is_back_goes_on() -> None:
    async def story() -> None:
        with redis_server() as server:
            bus = RedisMarketBus(Redis.from_url(server.url), lease=LEASE)
            await bus.publish("BTCUSDT", [{"number": 1}])
            server.stop()
            with pytest.raises(Unavailable, match="Redis"):
                await bus.report("BTCUSDT")
            with pytest.raises(Unavailable, match="Redis"):
                await bus.read("BTCUSDT", "one", 0.1)
            server.restart()
            (entry,) = await bus.read("BTCUSDT", "one", 1.0)
            assert entry.messages == [{"number": 1}]
            await bus.close()

    asyncio.run(story())
