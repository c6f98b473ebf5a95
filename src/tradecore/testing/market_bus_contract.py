"""What every MarketBus promises; subclass MarketBusContract in a test module and open your bus."""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tradecore.ports.market_bus import Entry, MarketBus

_BTC, _ETH = "BTCUSDT", "ETHUSDT"


def _message(number: int, symbol: str = _BTC) -> dict[str, Any]:
    payload = {"trade_id": number, "price": "100.5", "quantity": "1", "side": "buy"}
    return {"type": "trade_tick", "venue": "BINANCE", "symbol": symbol, "ts_event": number, "payload": payload}


def _numbers(entries: list[Entry]) -> list[int]:
    return [message["ts_event"] for entry in entries for message in entry.messages or ()]


class MarketBusContract:
    """Promises of the MarketBus port."""

    @abstractmethod
    async def open_bus(self) -> MarketBus:
        """
        A bus on the same store each time it is called in one test, empty at its first call.

        Leases end after a second by themselves.
        """

    def test_messages_come_in_order_once_and_unchanged(self) -> None:
        """Those of one entry stay together."""

        async def story(bus: MarketBus) -> None:
            await bus.publish(_BTC, [_message(1), _message(2)])
            await bus.publish(_BTC, [_message(3)])
            await bus.publish(_ETH, [_message(9, _ETH)])
            entries = await self._read(bus, 2)
            assert [list(entry.messages or ()) for entry in entries] == [[_message(1), _message(2)], [_message(3)]]
            assert await bus.read(_BTC, "one", 0.01) == []
            assert await bus.streams() == [_BTC, _ETH]

        self._tell(story)

    def test_who_waits_is_woken_by_the_next_message(self) -> None:
        """A read waits for what is not there yet."""

        async def story(bus: MarketBus) -> None:
            waiting = asyncio.ensure_future(bus.read(_BTC, "one", 10.0))
            await asyncio.sleep(0.05)
            other = await self.open_bus()
            await other.publish(_BTC, [_message(1)])
            await other.close()
            assert _numbers(await waiting) == [1]

        self._tell(story)

    def test_what_was_not_finished_is_taken_over(self) -> None:
        """In order, and only that."""

        async def story(bus: MarketBus) -> None:
            await bus.own(_BTC, "one")
            for number in range(1, 5):
                await bus.publish(_BTC, [_message(number)])
            entries = await self._read(bus, 4)
            assert await bus.finish(_BTC, "one", {"symbol": _BTC}, [entries[0].entry_id, entries[1].entry_id])
            assert _numbers(await bus.unfinished(_BTC, "two")) == [3, 4]
            assert _numbers(await bus.history(_BTC, 0)) == [1, 2, 3, 4]

        self._tell(story)

    def test_history_ends_where_reading_goes_on(self) -> None:
        """Nothing is in both, nothing in neither."""

        async def story(bus: MarketBus) -> None:
            await bus.publish(_BTC, [_message(1)])
            await self._read(bus, 1)
            await bus.publish(_BTC, [_message(2)])
            assert _numbers(await bus.history(_BTC, 0)) == [1]
            assert _numbers(await self._read(bus, 1)) == [2]

        self._tell(story)

    def test_history_begins_where_it_is_told(self) -> None:
        """By the time of publishing."""

        async def story(bus: MarketBus) -> None:
            await bus.publish(_BTC, [_message(1)])
            await asyncio.sleep(0.02)
            await bus.publish(_BTC, [_message(2)])
            _, second = await self._read(bus, 2)
            assert _numbers(await bus.history(_BTC, second.at)) == [2]

        self._tell(story)

    def test_a_stream_has_one_owner(self) -> None:
        """Who has it may renew; the other waits until it is given up."""

        async def story(bus: MarketBus) -> None:
            assert await bus.own(_BTC, "one")
            assert not await bus.own(_BTC, "two")
            assert await bus.own(_BTC, "one")
            assert await bus.own(_ETH, "two")
            await bus.release(_BTC, "two")
            assert not await bus.own(_BTC, "two")
            await bus.release(_BTC, "one")
            assert await bus.own(_BTC, "two")

        self._tell(story)

    def test_a_dead_owner_s_lease_ends(self) -> None:
        """And who was believed dead can no longer finish anything."""

        async def story(bus: MarketBus) -> None:
            await bus.own(_BTC, "one")
            await bus.publish(_BTC, [_message(1)])
            (entry,) = await self._read(bus, 1)
            await asyncio.sleep(1.1)
            assert await bus.own(_BTC, "two")
            assert not await bus.finish(_BTC, "one", {"late": True}, [entry.entry_id])
            assert await bus.report(_BTC) is None
            assert _numbers(await bus.unfinished(_BTC, "two")) == [1]

        self._tell(story)

    def test_the_newest_report_is_the_one_that_is_kept(self) -> None:
        """By symbol."""

        async def story(bus: MarketBus) -> None:
            assert (await bus.report(_BTC), await bus.reported()) == (None, [])
            await bus.own(_BTC, "one")
            for score in (50.5, None):
                assert await bus.finish(_BTC, "one", {"symbol": _BTC, "score": score}, [])
            assert await bus.finish(_BTC, "one", None, [])
            assert await bus.report(_BTC) == {"symbol": _BTC, "score": None}
            assert await bus.reported() == [_BTC]

        self._tell(story)

    def test_what_is_set_aside_is_finished(self) -> None:
        """It blocks nobody."""

        async def story(bus: MarketBus) -> None:
            await bus.own(_BTC, "one")
            await bus.publish(_BTC, [{"no": "envelope"}])
            (entry,) = await self._read(bus, 1)
            await bus.set_aside(_BTC, entry.entry_id, "no envelope")
            assert await bus.unfinished(_BTC, "one") == []

        self._tell(story)

    @pytest.mark.parametrize("count", [0, 1, 1_200])
    def test_any_number_can_be_finished_at_once(self, count: int) -> None:
        """None is left."""

        async def story(bus: MarketBus) -> None:
            for number in range(count):
                await bus.publish(_BTC, [_message(number)])
            entries = await self._read(bus, count)
            await bus.own(_BTC, "one")
            assert await bus.finish(_BTC, "one", None, [entry.entry_id for entry in entries])
            assert await bus.unfinished(_BTC, "one") == []

        self._tell(story)

    async def _read(self, bus: MarketBus, count: int) -> list[Entry]:
        found: list[Entry] = []
        while len(found) < count:
            more = await bus.read(_BTC, "one", 2.0)
            assert more, f"{len(found)} of {count} came"
            found += more
        return found

    def _tell(self, story: Callable[[MarketBus], Awaitable[None]]) -> None:
        async def told() -> None:
            bus = await self.open_bus()
            try:
                await story(bus)
            finally:
                await bus.close()

        asyncio.run(told())
