"""What every MarketEventFeed promises; subclass MarketEventFeedContract in a test module and run your feed."""

import asyncio
from abc import abstractmethod
from collections.abc import Sequence
from typing import Final

from tradecore.errors import Unavailable
from tradecore.microstructure.events import DepthDiff, DepthSnapshot, MarketEvent
from tradecore.microstructure.market_state import MarketState
from tradecore.ports.market_events import MarketEventFeed

_MINUTE_MS: Final = 60_000
_HEARS_MS: Final = 70_000


class Listener:
    """Hears a feed until every pair has told of 70 seconds; away for some of its calls, counted from 1."""

    def __init__(self, symbols: Sequence[str], away: Sequence[int] = ()) -> None:
        """Nothing was heard."""
        self.batches: dict[str, list[list[MarketEvent]]] = {symbol: [] for symbol in symbols}
        self.offered: dict[str, int] = dict.fromkeys(symbols, 0)
        """The newest time that each pair told of, heard or not."""
        self.missed: dict[str, list[int]] = {symbol: [] for symbol in symbols}
        """How many batches of each pair had been heard when one was missed."""
        self._first: dict[str, int] = {}
        self._away = frozenset(away)
        self._calls = dict.fromkeys(symbols, 0)

    @property
    def has_enough(self) -> bool:
        """Whether every pair has told enough."""
        return all(
            symbol in self._first and newest - self._first[symbol] >= _HEARS_MS
            for symbol, newest in self.offered.items()
        )

    async def publish(self, symbol: str, events: Sequence[MarketEvent]) -> None:
        """Hear events, unless away."""
        newest = max(event.at for event in events)
        self._first.setdefault(symbol, newest)
        self.offered[symbol] = max(self.offered[symbol], newest)
        self._calls[symbol] += 1
        if self._calls[symbol] in self._away:
            self.missed[symbol].append(len(self.batches[symbol]))
            raise Unavailable("away")
        self.batches[symbol].append(list(events))


async def hear(feed: MarketEventFeed, listener: Listener) -> None:
    """Run a feed until its listener has enough or it ends by itself, and then cancel it."""
    running = asyncio.ensure_future(feed.run(listener.publish))
    while not (listener.has_enough or running.done()):
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])
    if not running.cancelled():
        running.result()
    heard = {symbol: len(batches) for symbol, batches in listener.batches.items()}
    await asyncio.sleep(0.2)
    assert heard == {symbol: len(batches) for symbol, batches in listener.batches.items()}, "it went on after its end"


class MarketEventFeedContract:
    """Promises of the MarketEventFeed port."""

    symbols: Sequence[str]

    @abstractmethod
    def run(self, listener: Listener) -> None:
        """`hear` a feed of `symbols` that tells of more than 70 seconds of each, on a loop of its own."""

    def _heard(self, away: Sequence[int] = ()) -> Listener:
        listener = Listener(self.symbols, away)
        self.run(listener)
        return listener

    def test_each_pair_begins_with_a_snapshot_and_has_another_each_minute(self) -> None:
        """So that who comes later can follow."""
        for batches in self._heard().batches.values():
            events = [event for batch in batches for event in batch]
            assert isinstance(events[0], DepthSnapshot)
            assert events[0].bids
            assert events[0].asks
            times = [event.at for event in events if isinstance(event, DepthSnapshot)]
            gaps = [later - earlier for earlier, later in zip(times, [*times[1:], events[-1].at], strict=True)]
            assert max(gaps) <= _MINUTE_MS

    def test_changes_follow_each_other_and_a_snapshot_is_the_book_they_make(self) -> None:
        """Whoever has followed from the beginning holds what who begins with the last snapshot holds."""
        for batches in self._heard().batches.values():
            _assert_one_book(batches)

    def test_events_of_a_batch_come_oldest_first(self) -> None:
        """Across batches too, to a fifth of a second."""
        for batches in self._heard().batches.values():
            newest = 0
            for batch in batches:
                times = [event.at for event in batch]
                assert times == sorted(times)
                assert times[0] >= newest - 200
                newest = max(newest, times[-1])

    def test_a_snapshot_follows_what_could_not_be_published(self) -> None:
        """And changes follow that."""
        listener = self._heard(away=[1, 4, 5])
        for symbol, batches in listener.batches.items():
            assert len(listener.missed[symbol]) == 3
            for number in listener.missed[symbol]:
                assert any(isinstance(event, DepthSnapshot) for event in batches[number])
                _assert_one_book(batches[number:])


def _assert_one_book(batches: list[list[MarketEvent]]) -> None:
    """From the first snapshot on, no change is missing, and the last snapshot shows the book of all that came."""
    state, last, last_id = MarketState(), None, None
    for batch in batches:
        for event in batch:
            state.take(event)
            if isinstance(event, DepthDiff) and last_id is not None:
                assert event.first_id == last_id + 1
            if isinstance(event, DepthDiff | DepthSnapshot):
                last_id = event.last_id
            if isinstance(event, DepthSnapshot):
                state.flush()
                last = _shown(state, event)
    state.flush()
    assert last is not None
    assert last[0] == last[1]
    assert state.sequence.in_step
    assert state.sequence.gaps == 0


def _shown(state: MarketState, snapshot: DepthSnapshot) -> tuple[object, object]:
    followed = [
        sorted((tick * state.grid.tick, quantity) for tick, quantity in side.top(len(told)))
        for side, told in ((state.book.bids, snapshot.bids), (state.book.asks, snapshot.asks))
    ]
    return followed, [sorted(snapshot.bids), sorted(snapshot.asks)]
