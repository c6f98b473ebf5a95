"""A recording of Binance's streams, told again."""

import asyncio
import heapq
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from adapters.binance.pair import FollowedPair
from adapters.binance.recordings import read_recording, symbols_in
from tradecore.errors import DataMissing, Unavailable
from tradecore.microstructure.events import BestQuote, MarketEvent
from tradecore.ports.clock import Clock
from tradecore.ports.market_events import MarketEventFeed, Publish
from tradecore.ports.timers import Timers

_MOST_TOGETHER: Final = 200
_LONGEST_MS: Final = 1_000

Told = tuple[int, str, MarketEvent]


class ReplayFeed(MarketEventFeed):
    """
    Tells a recorded file at its own pace, faster, or as fast as it goes, and then ends.

    A recording holds one snapshot of a book at most; the feed keeps the book itself and tells a snapshot each minute.
    """

    def __init__(
        self,
        file: Path,
        symbols: Sequence[str],
        clock: Clock,
        timers: Timers,
        *,
        speed: float = 1.0,
        shift: bool = True,
    ) -> None:
        """
        Open nothing yet.

        Args:
            file: What `read_recording` reads.
            symbols: The pairs to tell of; others in the file are left out.
            clock: Tells when it begins.
            timers: Waits on that clock.
            speed: Recorded seconds a second of the clock; 0 is as fast as it goes.
            shift: Whether events get the time at which they are told, so that ten times the speed is a market ten times
                as busy; otherwise they keep their own.
        """
        self._file = file
        self._pairs = {symbol: FollowedPair(symbol) for symbol in symbols}
        self._clock = clock
        self._timers = timers
        self._speed = speed
        self._shift = shift
        self.lost_batches = 0

    @property
    def venue(self) -> str:
        """Whose recording it is."""
        return "BINANCE"

    @property
    def symbols(self) -> tuple[str, ...]:
        """The pairs."""
        return tuple(self._pairs)

    async def run(self, publish: Publish) -> None:
        """
        Publish to the end of the file.

        Raises:
            DataMissing: There is no such file, or nothing in it that could be told of one of the pairs.
            DataMalformed: A line can't be read; the error names it.
        """
        begins, first, since, taken = self._milliseconds(), 0, 0, 0
        for at, symbol, event in heapq.merge(*(self._events(symbol) for symbol in self._pairs), key=_time):
            # What comes before any time is known is a snapshot, and due at once.
            first = first or at
            due = begins + round((at - first) / self._speed) if self._speed and at else begins
            if taken >= _MOST_TOGETHER or at - since >= _LONGEST_MS or due > self._milliseconds():
                await self._publish(publish)
                await self._timers.sleep_until(datetime.fromtimestamp(due / 1000, UTC))
                since, taken = at, 0
            self._pairs[symbol].take(self._at_its_time(event, due) if self._shift else event)
            taken += 1
        await self._publish(publish)
        self._refuse_silence()

    def _events(self, symbol: str) -> Iterator[Told]:
        """What is recorded of one pair, at times that never go back."""
        newest = 0
        for event in read_recording(self._file, symbol):
            if not isinstance(event, BestQuote):
                newest = max(newest, event.at)
                yield newest, symbol, event

    def _at_its_time(self, event: MarketEvent, due: int) -> MarketEvent:
        return event._replace(at=due if self._speed else self._milliseconds())

    async def _publish(self, publish: Publish) -> None:
        for symbol, pair in self._pairs.items():
            events = pair.batch()
            if not events:
                continue
            try:
                await publish(symbol, events)
            except Unavailable:
                self.lost_batches += 1
                pair.lose()
        # At full speed nothing else would get its turn.
        await asyncio.sleep(0)

    def _refuse_silence(self) -> None:
        silent = [pair.symbol for pair in self._pairs.values() if not pair.has_begun]
        if silent:
            named = ", ".join(symbols_in(self._file)) or "none"
            raise DataMissing(f"{self._file} holds no book of {', '.join(silent)}; symbols in it: {named}")

    def _milliseconds(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


def _time(told: Told) -> int:
    return told[0]
