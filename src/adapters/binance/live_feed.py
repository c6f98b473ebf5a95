"""Binance's spot market as it happens."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from adapters.binance.depth_snapshots import DepthSnapshots
from adapters.binance.messages import market_event, symbol_of
from adapters.binance.pair import FollowedPair
from adapters.binance.stream import Frame, Stream, streams_of
from tradecore.errors import DataMalformed, Unavailable
from tradecore.microstructure.events import BestQuote, DepthDiff
from tradecore.ports.clock import Clock
from tradecore.ports.market_events import MarketEventFeed, Publish

_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0
_STABLE_AFTER_S: Final = 30.0
_IN_STEP_WITHIN_S: Final = 10.0
_GATHERS_S: Final = 0.02
_LOOKS_EACH_S: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveFeedLimits:
    """
    Where Binance is, and when a connection is given up: after so long without news by the venue's own time, or so old.

    Binance ends each connection after 24 hours.
    """

    streams_url: str = "wss://stream.binance.com:9443"
    rest_url: str = "https://api.binance.com"
    silence_s: float = 10.0
    oldest_s: float = 23 * 3600.0


@dataclass(slots=True)
class LiveFeedCounts:
    """What happened since the feed began."""

    frames: int = 0
    malformed: int = 0
    connections: int = 0
    failed_connections: int = 0
    lost_batches: int = 0


class LiveFeed(MarketEventFeed):
    """
    Trades, books and day tickers of some pairs, by Binance's rules for a local book.

    A connection that ends or falls silent is made anew, after a pause drawn from 0 to twice the one before, 30 s at
    most. One that gets old is replaced before it ends: the next one is read first, and the old one closed when the book
    has reached what the new one told first.
    """

    def __init__(
        self, symbols: Sequence[str], clock: Clock, chance: Callable[[], float], limits: LiveFeedLimits | None = None
    ) -> None:
        """`chance` gives numbers in [0, 1)."""
        self._limits = limits or LiveFeedLimits()
        self._seconds = clock.machine_seconds
        self._chance = chance
        self._pairs = {symbol: FollowedPair(symbol) for symbol in symbols}
        self._out_of_step = {symbol: asyncio.Event() for symbol in symbols}
        self._news = asyncio.Event()
        self._reading: dict[asyncio.Task[None], Stream] = {}
        self.counts = LiveFeedCounts()
        self.why = "not connected yet"

    @property
    def venue(self) -> str:
        """Binance's spot market."""
        return "BINANCE"

    @property
    def symbols(self) -> tuple[str, ...]:
        """The pairs."""
        return tuple(self._pairs)

    @property
    def gaps(self) -> int:
        """How often a book fell out of step."""
        return sum(pair.sequence.gaps for pair in self._pairs.values())

    @property
    def resyncs(self) -> int:
        """How often it was brought into step again."""
        return sum(pair.sequence.resyncs for pair in self._pairs.values())

    async def run(self, publish: Publish) -> None:
        """
        Publish until cancelled.

        Raises:
            UnknownInstrument: Binance has no such pair.
        """
        snapshots = DepthSnapshots(self._limits.rest_url, self._seconds)
        works: list[Coroutine[Any, Any, None]] = [self._keep_connected(), self._publish(publish)]
        works += [self._keep_in_step(pair, snapshots) for pair in self._pairs.values()]
        tasks = [asyncio.ensure_future(work) for work in works]
        try:
            await asyncio.gather(*tasks)
        finally:
            ending = [*tasks, *self._reading]
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)
            await snapshots.close()

    async def _keep_connected(self) -> None:
        """Connect, and connect again when the connection ends or gets old."""
        url = self._limits.streams_url + streams_of(self.symbols)
        attempt = 0
        while True:
            older = list(self._reading)
            stream = Stream(url, self._take, self._seconds, self._limits.silence_s)
            reading = asyncio.ensure_future(stream.run())
            self._reading[reading] = stream
            began = self._seconds()
            await self._replace(older, reading, stream)
            left = max(0.0, began + self._limits.oldest_s - self._seconds())
            await asyncio.wait([reading], timeout=left)
            if not reading.done():
                continue
            del self._reading[reading]
            reading.result()
            self.why = stream.why or "the venue closed the connection"
            self.counts.failed_connections += not stream.opened.is_set()
            attempt = 0 if self._seconds() - began > _STABLE_AFTER_S else attempt + 1
            await self._pause(attempt)

    async def _replace(self, older: list[asyncio.Task[None]], reading: asyncio.Task[None], stream: Stream) -> None:
        """Close the older connections once the new one tells the rest of every book."""
        opening = asyncio.ensure_future(stream.opened.wait())
        try:
            await asyncio.wait([opening, reading], return_when=asyncio.FIRST_COMPLETED)
        finally:
            opening.cancel()
        if reading.done():
            return
        self.counts.connections += 1
        until = self._seconds() + _IN_STEP_WITHIN_S
        while older and not self._continues(stream) and not reading.done() and self._seconds() < until:
            await asyncio.sleep(_LOOKS_EACH_S)
        if reading.done():
            return
        for task in older:
            task.cancel()
            del self._reading[task]
        await asyncio.gather(*older, return_exceptions=True)

    def _continues(self, stream: Stream) -> bool:
        return all(
            name in stream.first_ids and (pair.sequence.last_id or 0) >= stream.first_ids[name] - 1
            for name, pair in self._pairs.items()
        )

    async def _pause(self, attempt: int) -> None:
        await asyncio.sleep(self._chance() * min(_FIRST_PAUSE_S * 2**attempt, _LONGEST_PAUSE_S))

    def _take(self, frame: Frame, stream: Stream) -> int | None:
        """Take one message; the venue's time in it, None when it can't be read."""
        self.counts.frames += 1
        try:
            message = orjson.loads(frame)
            data = message["data"]
            pair = self._pairs[symbol_of(data) or ""]
            event = market_event(data)
        except (orjson.JSONDecodeError, DataMalformed, KeyError, TypeError, AttributeError):
            self.counts.malformed += 1
            return None
        if event is None or isinstance(event, BestQuote):
            return None
        if isinstance(event, DepthDiff):
            stream.first_ids.setdefault(pair.symbol, event.first_id)
        pair.take(event, in_order=len(self._reading) == 1)
        if not pair.in_step:
            self._out_of_step[pair.symbol].set()
        self._news.set()
        return event.at

    async def _keep_in_step(self, pair: FollowedPair, snapshots: DepthSnapshots) -> None:
        """Ask for a snapshot whenever the book is out of step, and again until one fits what came since."""
        attempt = 0
        while True:
            await self._told_or_a_second(pair.symbol)
            if pair.in_step or not any(stream.opened.is_set() for stream in self._reading.values()):
                attempt = 0
                continue
            if await self._is_brought_in_step(pair, snapshots):
                self._news.set()
            else:
                await self._pause(attempt)
                attempt += 1
                self._out_of_step[pair.symbol].set()

    async def _is_brought_in_step(self, pair: FollowedPair, snapshots: DepthSnapshots) -> bool:
        try:
            pair.take(await snapshots.of(pair.symbol))
        except Unavailable as problem:
            self.why = str(problem)
        return pair.in_step

    async def _told_or_a_second(self, symbol: str) -> None:
        """Wait until a message finds the book out of step; a pair without messages is looked at all the same."""
        out_of_step = self._out_of_step[symbol]
        try:
            async with asyncio.timeout(1.0):
                await out_of_step.wait()
        except TimeoutError:
            return
        out_of_step.clear()

    async def _publish(self, publish: Publish) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            for symbol, pair in self._pairs.items():
                events = pair.batch()
                if not events:
                    continue
                try:
                    await publish(symbol, events)
                except Unavailable:
                    self.counts.lost_batches += 1
                    pair.lose()
            await asyncio.sleep(_GATHERS_S)
