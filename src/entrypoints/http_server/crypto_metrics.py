"""Crypto market reports in numbers for Prometheus, by symbol, under the names of the specification."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from entrypoints.http_server.buckets import buckets

if TYPE_CHECKING:
    from entrypoints.wiring.crypto_house import CryptoHouse


class CryptoMetrics(Collector):
    """What one process sees; gauges of a symbol last as long as its stream is this process's."""

    def __init__(self, house: "CryptoHouse") -> None:
        """Read this house."""
        self._house = house

    def describe(self) -> Iterable[Metric]:
        """Nothing: the registry has no need to read the house when this is registered."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Everything, once."""
        figures, worker = self._house.figures, self._house.worker
        owned = None if worker is None else set(worker.symbols)
        lag = GaugeMetricFamily("stream_lag_ms", "Age of the newest entry when it was taken.", labels=["symbol"])
        rate = GaugeMetricFamily("events_rate", "Events a second over the last ten.", labels=["symbol"])
        age = GaugeMetricFamily("report_age_ms", "Age of the newest report.", labels=["symbol"])
        now = self._house.reports.clock.now()
        for symbol in sorted(figures.events):
            if owned is not None and symbol not in owned:
                continue
            rate.add_metric([symbol], round(figures.events_rate(symbol), 3))
            if symbol in figures.lag_ms:
                lag.add_metric([symbol], figures.lag_ms[symbol])
            if symbol in figures.reported_at:
                age.add_metric([symbol], max(0.0, (now - figures.reported_at[symbol]).total_seconds() * 1000))
        yield from (lag, rate, age)
        yield from self._totals()

    def _totals(self) -> Iterator[Metric]:
        figures = self._house.figures
        latency = HistogramMetricFamily("calc_latency_ms", "Milliseconds to make and keep a report.", labels=["symbol"])
        for symbol, found in sorted(figures.latencies.items()):
            latency.add_metric([symbol], buckets(found), found.total)
        yield latency
        events = CounterMetricFamily("events", "Events taken from a stream, or put into it.", labels=["symbol"])
        for symbol, number in sorted(figures.events.items()):
            events.add_metric([symbol], number)
        yield events
        errors = CounterMetricFamily("errors", "What went wrong.", labels=["symbol", "kind"])
        for (symbol, kind), number in sorted(figures.errors.items()):
            errors.add_metric([symbol, kind], number)
        yield errors
