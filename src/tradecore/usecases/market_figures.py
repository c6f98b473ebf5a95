"""What keeping market reports costs and what goes wrong, in numbers, by symbol."""

from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime
from typing import Final

from tradecore.microstructure.report import Report
from tradecore.usecases.histogram import Histogram
from tradecore.usecases.market_reports import Watcher

RATE_WINDOW_S: Final = 10.0
LATENCY_BUCKETS_MS: Final = (0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0)


class MarketFigures(Watcher):
    """
    Counters since it was made and the newest of everything else.

    `seconds` never runs backwards. `lag_ms` is how old the newest entry was when it was taken, `reported_at` the time
    of the newest report, `errors` go by symbol (empty for all) and kind.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        """Nothing has happened."""
        self._seconds = seconds
        self._began = seconds()
        self._recent: dict[str, deque[tuple[float, int]]] = {}
        self.events: Counter[str] = Counter()
        self.errors: Counter[tuple[str, str]] = Counter()
        self.lag_ms: dict[str, int] = {}
        self.latencies: dict[str, Histogram] = {}
        self.reported_at: dict[str, datetime] = {}
        self._last_event: float | None = None

    def worked(self, symbol: str, events: int, lag_ms: int) -> None:
        """Messages were taken from a stream."""
        self.lag_ms[symbol] = lag_ms
        self.published(symbol, events)

    def published(self, symbol: str, events: int) -> None:
        """Events were put into a stream."""
        self._last_event = self._seconds()
        self.events[symbol] += events
        self._recent.setdefault(symbol, deque()).append((self._last_event, events))
        self._forget(symbol)

    def reported(self, symbol: str, report: Report, seconds: float) -> None:
        """A report was made and kept."""
        self.latencies.setdefault(symbol, Histogram(LATENCY_BUCKETS_MS)).add(seconds * 1000)
        self.reported_at[symbol] = datetime.fromisoformat(report["generated_at"])

    def failed(self, symbol: str, kind: str) -> None:
        """Something went wrong."""
        self.errors[symbol, kind] += 1

    @property
    def idle_s(self) -> float | None:
        """Seconds since the last event of any symbol; None when there was none."""
        return None if self._last_event is None else self._seconds() - self._last_event

    def events_rate(self, symbol: str) -> float:
        """Events a second over the last ten seconds, or since the beginning when that is later."""
        self._forget(symbol)
        seen = sum(events for _, events in self._recent.get(symbol, ()))
        return seen / min(RATE_WINDOW_S, max(1.0, self._seconds() - self._began))

    def _forget(self, symbol: str) -> None:
        recent, oldest = self._recent.get(symbol, deque()), self._seconds() - RATE_WINDOW_S
        while recent and recent[0][0] < oldest:
            recent.popleft()
