"""What every ChainStore promises; subclass ChainStoreContract in a test module and open your store."""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any

from tradecore.ports.chain_store import ChainSnapshot, ChainStore

_LONG_S = 60.0


def a_snapshot(number: int, underlying: str = "SPY") -> dict[str, Any]:
    """A small one."""
    at = f"2026-11-20T15:00:{number:02d}+00:00"
    return {"underlying": underlying, "expiry": "2026-11-20", "number": number, "at": at, "iv": [0.25, None]}


class ChainStoreContract:
    """Promises of the ChainStore port."""

    @abstractmethod
    async def open_store(self) -> ChainStore:
        """A store on the same data each time it is called in one test, empty at its first call."""

    def test_the_newest_chain_of_each_underlying_is_kept_unchanged(self) -> None:
        """One underlying's does not replace another's."""

        async def story(store: ChainStore) -> None:
            assert await store.newest("SPY") is None
            await store.publish(a_snapshot(1), _LONG_S)
            await store.publish(a_snapshot(2), _LONG_S)
            await store.publish(a_snapshot(9, "QQQ"), _LONG_S)
            assert await store.newest("SPY") == a_snapshot(2)
            assert await store.newest("QQQ") == a_snapshot(9, "QQQ")

        self._tell(story)

    def test_a_chain_goes_away_after_its_time_or_when_it_is_forgotten(self) -> None:
        """Forgetting what is not there is no error."""

        async def story(store: ChainStore) -> None:
            await store.publish(a_snapshot(1), 0.05)
            await asyncio.sleep(0.1)
            assert await store.newest("SPY") is None
            await store.publish(a_snapshot(2), _LONG_S)
            await store.forget("SPY")
            await store.forget("SPY")
            assert await store.newest("SPY") is None

        self._tell(story)

    def test_who_follows_is_told_what_stands_and_then_each_newer_one(self) -> None:
        """Three followers hear the same."""

        async def story(store: ChainStore) -> None:
            await store.publish(a_snapshot(1), _LONG_S)
            followers = [store.follow("SPY") for _ in range(3)]
            for number in (1, 2, 3):
                if number > 1:
                    await store.publish(a_snapshot(number), _LONG_S)
                for follower in followers:
                    assert (await anext(follower))["number"] == number
            await _left(followers)

        self._tell(story)

    def test_who_waits_is_woken(self) -> None:
        """Also when nothing was there to begin with."""

        async def story(store: ChainStore) -> None:
            follower = store.follow("SPY")
            waiting = asyncio.ensure_future(anext(follower))
            await asyncio.sleep(0.05)
            assert not waiting.done()
            await store.publish(a_snapshot(9, "QQQ"), _LONG_S)
            await store.publish(a_snapshot(4), _LONG_S)
            assert (await waiting)["number"] == 4
            await _left([follower])

        self._tell(story)

    def test_who_is_slow_gets_the_newest_and_holds_up_nobody(self) -> None:
        """What came between is left out."""

        async def story(store: ChainStore) -> None:
            await store.publish(a_snapshot(1), _LONG_S)
            slow = store.follow("SPY")
            assert (await anext(slow))["number"] == 1
            for number in range(2, 40):
                await store.publish(a_snapshot(number), _LONG_S)
            assert (await anext(slow))["number"] == 39
            await _left([slow])

        self._tell(story)

    def _tell(self, story: Callable[[ChainStore], Awaitable[None]]) -> None:
        async def told() -> None:
            store = await self.open_store()
            try:
                async with asyncio.timeout(10):
                    await story(store)
            finally:
                await store.close()

        asyncio.run(told())


async def _left(followers: "list[Any]") -> None:
    for follower in followers:
        await follower.aclose()


__all__ = ["ChainSnapshot", "ChainStoreContract", "a_snapshot"]
