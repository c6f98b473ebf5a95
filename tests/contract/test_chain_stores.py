"""Every chain store keeps the promises of the ChainStore port; Redis over a real server."""

import asyncio
from collections.abc import Iterator
from time import monotonic

import pytest
from redis.asyncio import Redis
from tests.redis_server import RedisServer, redis_server

from adapters.memory.chain_store import MemoryChainStore
from adapters.redis.chain_store import RedisChainStore
from tradecore.errors import Unavailable
from tradecore.ports.chain_store import ChainStore
from tradecore.testing.chain_store_contract import ChainStoreContract, a_snapshot


class TestMemoryChainStore(ChainStoreContract):
    async def open_store(self) -> ChainStore:
        return MemoryChainStore(monotonic)


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with redis_server(durable=False) as running:
        yield running


class TestRedisChainStore(ChainStoreContract):
    @pytest.fixture(autouse=True)
    def _store(self, server: RedisServer) -> None:
        self.server = server

        async def emptied() -> None:
            client = Redis.from_url(server.url)
            await client.flushall()
            await client.aclose()

        asyncio.run(emptied())

    async def open_store(self) -> ChainStore:
        return RedisChainStore(Redis.from_url(self.server.url))

    def test_another_program_reads_the_key_and_hears_the_channel(self) -> None:
        async def story() -> None:
            client, store = Redis.from_url(self.server.url), await self.open_store()
            async with client.pubsub() as heard:
                await heard.subscribe("chain-news:SPY")
                await store.publish(a_snapshot(7), 60.0)
                message = None
                while message is None:
                    message = await heard.get_message(ignore_subscribe_messages=True, timeout=1)
                assert message["data"] == b"7"
                held = await client.get("chain:SPY")
                assert held is not None
                assert b'"iv":[0.25,null]' in held
                assert 55_000 < await client.pttl("chain:SPY") <= 60_000
            await client.aclose()
            await store.close()

        asyncio.run(story())


def test_a_server_that_is_gone_is_unavailable_and_one_that_is_back_goes_on() -> None:
    async def story() -> None:
        with redis_server(durable=False) as server:
            store = RedisChainStore(Redis.from_url(server.url))
            follower = store.follow("SPY")
            await store.publish(a_snapshot(1), 60.0)
            assert (await anext(follower))["number"] == 1
            server.stop()
            with pytest.raises(Unavailable, match="Redis"):
                await store.publish(a_snapshot(2), 60.0)
            with pytest.raises(Unavailable, match="Redis"):
                await anext(follower)
            server.restart()
            await store.publish(a_snapshot(3), 60.0)
            assert await store.newest("SPY") == a_snapshot(3)
            await store.close()

    asyncio.run(story())
