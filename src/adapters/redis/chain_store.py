"""Published chains in Redis: the newest as a key, word of it as a message."""

from collections.abc import AsyncIterator
from typing import Any, Final, cast

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tradecore.errors import Unavailable
from tradecore.ports.chain_store import ChainSnapshot, ChainStore

CHAIN: Final = "chain:"
NEWS: Final = "chain-news:"
_LISTENS_S: Final = 5.0


class RedisChainStore(ChainStore):
    """
    Keys: `chain:SYMBOL` holds the snapshot as JSON and ends by itself; on the channel `chain-news:SYMBOL` its `number`
    is told. Who hears of it reads the key, so a slow reader skips what it missed.
    """

    def __init__(self, client: Redis) -> None:
        """Speak through this client, which answers bytes."""
        self._client = client

    async def publish(self, snapshot: ChainSnapshot, keep_s: float) -> None:
        """SET with its end, and PUBLISH, as one."""
        symbol = str(snapshot["underlying"])
        pipe = self._client.pipeline(transaction=True)
        pipe.set(CHAIN + symbol, orjson.dumps(snapshot), px=max(1, int(keep_s * 1000)))
        pipe.publish(NEWS + symbol, str(snapshot["number"]))
        await self._ask(pipe.execute())

    async def newest(self, underlying: str) -> ChainSnapshot | None:
        """GET."""
        held = await self._ask(self._client.get(CHAIN + underlying))
        return None if held is None else cast("ChainSnapshot", orjson.loads(held))

    async def forget(self, underlying: str) -> None:
        """DEL."""
        await self._ask(self._client.delete(CHAIN + underlying))

    async def follow(self, underlying: str) -> AsyncIterator[ChainSnapshot]:
        """SUBSCRIBE, and GET after each word."""
        async with self._client.pubsub() as heard:
            await self._ask(heard.subscribe(NEWS + underlying))
            told: Any = None
            while True:
                snapshot = await self.newest(underlying)
                if snapshot is not None and (snapshot["number"], snapshot["at"]) != told:
                    told = (snapshot["number"], snapshot["at"])
                    yield snapshot
                else:
                    await self._ask(heard.get_message(ignore_subscribe_messages=True, timeout=_LISTENS_S))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _ask(self, reply: Any) -> Any:
        try:
            return await reply
        except (RedisError, OSError, TimeoutError) as problem:
            raise Unavailable(f"Redis: {str(problem) or type(problem).__name__}") from problem
