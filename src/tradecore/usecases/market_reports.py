"""Keeping the market reports of streams up to date, and answering who asks for one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from tradecore.errors import DataError, DataMalformed, InvalidRequest, TradeError, Unavailable
from tradecore.microstructure.envelope import read_envelope
from tradecore.microstructure.market_state import MarketState
from tradecore.microstructure.report import Report, data_freshness, market_report
from tradecore.microstructure.thresholds import Thresholds
from tradecore.ports.clock import Clock
from tradecore.ports.market_bus import Entry, MarketBus
from tradecore.ports.timers import Timers

_RENEWS_EACH_S: Final = 1.5
_LOOKS_EACH_S: Final = 1.0
_AFTER_TROUBLE_S: Final = 0.5
_MOST_AHEAD_MS: Final = 60_000
"""One event of a far future would empty every window and look fresh for ever."""
ALWAYS: Final = ("version", "symbol", "venue", "generated_at", "data_age_ms", "fresh", "ingestion")


class SymbolNotIndexed(TradeError):
    """Nobody follows this symbol; `indexed` are those that somebody does."""

    def __init__(self, symbol: str, indexed: Sequence[str]) -> None:
        """Name what there is instead."""
        super().__init__(f"{symbol} is not indexed; indexed: {', '.join(indexed) or 'nothing yet'}")
        self.indexed = tuple(indexed)


class Watcher(Protocol):
    """Is told what the work costs and what goes wrong."""

    def worked(self, symbol: str, events: int, lag_ms: int) -> None:
        """So many messages were taken; the newest was published so long ago."""

    def reported(self, symbol: str, report: Report, seconds: float) -> None:
        """A report was made, in so many seconds of the machine."""

    def failed(self, symbol: str, kind: str) -> None:
        """Something went wrong: `message`, `report` or `backend`."""


@dataclass(slots=True, kw_only=True)
class ReportWorker:
    """
    Owns streams and keeps their reports.

    Any number of workers share the streams of a bus. Each stream is one worker's at a time; when that dies, another
    takes over what it had not finished and builds its windows again from the stream.
    `check` raises when a report is not what its schema says; such a report is not kept. A report names the venue of its
    events, or `venue` while none came.
    """

    bus: MarketBus
    clock: Clock
    timers: Timers
    name: str
    check: Callable[[Report], object]
    watcher: Watcher
    venue: str = "UNKNOWN"
    thresholds: Thresholds = field(default_factory=Thresholds)
    report_each_s: float = 0.25
    most_streams: int = 1_000
    _owned: set[str] = field(default_factory=set)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Those whose streams are this worker's, in order."""
        return tuple(sorted(self._owned))

    async def work(self) -> None:
        """Look for streams nobody owns, and follow them until cancelled."""
        while True:
            try:
                for symbol in await self.bus.streams():
                    if symbol not in self._owned and len(self._owned) < self.most_streams:
                        await self._try(symbol)
            except Unavailable:
                self.watcher.failed("", "backend")
            await self.pause(_LOOKS_EACH_S)

    async def _try(self, symbol: str) -> None:
        if await self.bus.own(symbol, self.name):
            self._owned.add(symbol)
            self.timers.beside(self._follow(symbol))

    async def _follow(self, symbol: str) -> None:
        try:
            await _Following(self, symbol).follow()
        finally:
            self._owned.discard(symbol)

    async def pause(self, seconds: float) -> None:
        """Let so many seconds pass."""
        await self.timers.sleep_until(self.clock.now() + timedelta(seconds=seconds))


class _Following:
    """One stream, as long as it is this worker's."""

    def __init__(self, worker: ReportWorker, symbol: str) -> None:
        self._worker = worker
        self._symbol = symbol
        self._state = MarketState(worker.thresholds)
        self._venue = worker.venue
        self._done: list[str] = []
        self._renewed = self._reported = worker.clock.machine_seconds()

    async def follow(self) -> None:
        """Until another worker has it."""
        worker = self._worker
        is_built = False
        while True:
            try:
                if not await self._is_ours():
                    return
                if not is_built:
                    await self._build()
                    is_built = True
                await self._take(await worker.bus.read(self._symbol, worker.name, worker.report_each_s / 2))
                if self._now() - self._reported >= worker.report_each_s and not await self._report():
                    return
            except Unavailable:
                worker.watcher.failed(self._symbol, "backend")
                await worker.pause(_AFTER_TROUBLE_S)

    async def _is_ours(self) -> bool:
        if self._now() - self._renewed < _RENEWS_EACH_S:
            return True
        is_ours = await self._worker.bus.own(self._symbol, self._worker.name)
        self._renewed = self._now()
        return is_ours

    async def _build(self) -> None:
        """Whatever is in the windows was published within the longest of them."""
        worker = self._worker
        since = _milliseconds(worker.clock) - worker.thresholds.profile_ms
        for entry in await worker.bus.history(self._symbol, since):
            self._read(entry)
        self._state.settle()
        await self._take(await worker.bus.unfinished(self._symbol, worker.name))

    async def _take(self, entries: Iterable[Entry]) -> None:
        events = newest = 0
        for entry in entries:
            wrong = self._read(entry)
            if wrong is None:
                self._done.append(entry.entry_id)
            else:
                self._worker.watcher.failed(self._symbol, "message")
                await self._worker.bus.set_aside(self._symbol, entry.entry_id, wrong)
            events += len(entry.messages or ())
            newest = entry.at
        self._state.settle()
        if events:
            self._worker.watcher.worked(self._symbol, events, max(0, _milliseconds(self._worker.clock) - newest))

    def _read(self, entry: Entry) -> str | None:
        """Take an entry's messages; what was wrong with one of them."""
        if entry.messages is None:
            return "not a list of messages"
        wrong = None
        for message in entry.messages:
            try:
                event = read_envelope(message, self._symbol)
                if event.at > entry.at + _MOST_AHEAD_MS:
                    raise DataMalformed(f"an event of {event.at}, more than a minute after it was published")
                self._state.take(event)
                self._venue = str(message["venue"])
            except DataMalformed as problem:
                wrong = str(problem)
        return wrong

    async def _report(self) -> bool:
        """Make a report and keep it; whether the stream is still ours."""
        worker, began = self._worker, self._now()
        now = _milliseconds(worker.clock)
        if now - self._state.newest > worker.thresholds.lateness_ms:
            self._state.flush()
        made = market_report(self._state, symbol=self._symbol, venue=self._venue, now=now)
        report: Report | None = made
        try:
            worker.check(made)
        except DataError:
            worker.watcher.failed(self._symbol, "report")
            report = None
        done, self._done = self._done, []
        self._reported = began
        if not await worker.bus.finish(self._symbol, worker.name, report, done):
            return False
        if report is not None:
            worker.watcher.reported(self._symbol, report, self._now() - began)
        return True

    def _now(self) -> float:
        return self._worker.clock.machine_seconds()


async def get_report(
    bus: MarketBus,
    clock: Clock,
    symbol: str,
    *,
    thresholds: Thresholds,
    sections: Sequence[str] = (),
    levels: int | None = None,
) -> Report:
    """
    The newest report of a symbol, its age and freshness as of now.

    Args:
        bus: Where the reports are.
        clock: Tells how old the newest event is now.
        symbol: A pair in any usual spelling: BTCUSDT, btc/usdt, BTC-USDT, or the base alone, quoted in USDT.
        thresholds: From when on data is not fresh, and from when on ingestion is down.
        sections: The parts wanted, beside symbol, times and freshness; none for all.
        levels: How many levels of depth a side; None for all.

    Raises:
        SymbolNotIndexed: Nobody follows it; the error names what somebody does.
        InvalidRequest: There is no such section.
        Unavailable: The reports can't be reached.
    """
    indexed = await bus.reported()
    name = pair_of(symbol, indexed)
    found = None if name is None else await bus.report(name)
    if found is None:
        raise SymbolNotIndexed(symbol[:20], indexed)
    return as_of(found, _milliseconds(clock), thresholds, sections, levels)


def pair_of(symbol: str, indexed: Sequence[str]) -> str | None:
    """The indexed pair that somebody means; None when there is none."""
    plain = "".join(letter for letter in symbol.upper() if letter.isascii() and letter.isalnum())
    return next((name for name in (plain, f"{plain}USDT", f"{plain.removesuffix('USD')}USDT") if name in indexed), None)


def as_of(
    found: Mapping[str, Any], now: int, thresholds: Thresholds, sections: Sequence[str] = (), levels: int | None = None
) -> Report:
    """A kept report with what time has changed since, reduced to what is wanted."""
    unknown = sorted(set(sections) - set(found))
    if unknown:
        raise InvalidRequest(f"no section {unknown[0]!r}; sections: {', '.join(sorted(set(found) - set(ALWAYS)))}")
    ingestion, told = found["ingestion"], found["ingestion"]["last_event_at"]
    newest = None if told is None else round(datetime.fromisoformat(told).timestamp() * 1000)
    fresh = data_freshness(newest, now, thresholds, in_step=ingestion["book_in_step"])
    changed = {
        "data_age_ms": fresh["data_age_ms"],
        "fresh": fresh["fresh"],
        "ingestion": {**ingestion, "status": fresh["status"], "fresh": fresh["fresh"]},
    }
    if levels is not None:
        depth = found["depth"]
        changed["depth"] = {**depth, **{side: depth[side][: max(0, levels)] for side in ("bids", "asks")}}
    report = {**found, **changed}
    return {name: part for name, part in report.items() if not sections or name in sections or name in ALWAYS}


def _milliseconds(clock: Clock) -> int:
    return int(clock.now().timestamp() * 1000)
