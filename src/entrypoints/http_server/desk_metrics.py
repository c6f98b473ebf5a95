"""The desk in numbers for Prometheus, read from the floor when somebody asks."""

from collections.abc import Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from entrypoints.http_server.buckets import buckets
from tradecore import __version__
from tradecore.model.alerts import Severity
from tradecore.risk.picture import TradingState
from tradecore.usecases.desk_line import DeskLine, desk_line
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.health import health, is_ready


class DeskMetrics(Collector):
    """Counters since the desk began, and gauges of the present; what is unknown is left out, never zero."""

    def __init__(self, floor: TradingFloor) -> None:
        """Read this floor."""
        self._floor = floor

    def describe(self) -> Iterable[Metric]:
        """Nothing: the registry has no need to read the desk when this is registered."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Everything, once."""
        line = desk_line(self._floor)
        facts = {"version": __version__, "mode": line.mode, "account": line.account}
        about = GaugeMetricFamily("tradecore_desk_info", "The desk; always 1.", labels=list(facts))
        about.add_metric(list(facts.values()), 1)
        yield about
        yield from self._counters()
        yield from _money_and_age(line)
        yield self._chain_age(line)
        state = GaugeMetricFamily("tradecore_trading_state", "1 for the state the desk is in.", labels=["state"])
        for each in TradingState:
            state.add_metric([str(each)], each is line.state)
        yield state
        groups = len(self._floor.desk.open_groups)
        yield GaugeMetricFamily("tradecore_open_groups", "Strategy groups with an open position.", groups)
        unknown = sum(order.is_unknown for order in self._floor.desk.live_orders)
        yield GaugeMetricFamily("tradecore_unknown_orders", "Orders whose outcome at the broker is not known.", unknown)
        yield from _alerting(self._floor)
        yield self._latencies()
        entries = self._floor.journal.head.seq
        yield GaugeMetricFamily("tradecore_journal_entries", "Entries of the journal.", entries)
        yield from self._health()

    def _counters(self) -> Iterator[Metric]:
        totals = self._floor.updates.totals
        yield CounterMetricFamily("tradecore_orders_sent", "Orders sent to the broker.", totals["sent", ""])
        yield CounterMetricFamily("tradecore_fills", "Fills booked.", totals["fill", ""])
        yield CounterMetricFamily("tradecore_rejects", "Orders the broker refused.", totals["rejected", ""])
        refusals = CounterMetricFamily("tradecore_refusals", "Requests the desk refused.", labels=["code"])
        alerts = CounterMetricFamily("tradecore_alerts", "Alerts of the desk.", labels=["severity"])
        for (kind, detail), number in sorted(totals.items()):
            if kind == "refused":
                refusals.add_metric([detail], number)
        for severity in Severity:
            alerts.add_metric([str(severity)], totals["alert", str(severity)])
        yield refusals
        yield alerts

    def _latencies(self) -> Metric:
        told = "Seconds a piece of work took."
        found = HistogramMetricFamily("tradecore_latency_seconds", told, labels=["work"])
        for work, histogram in self._floor.figures.latencies.items():
            found.add_metric([str(work)], buckets(histogram), histogram.total)
        return found

    def _chain_age(self, line: DeskLine) -> Metric:
        age = GaugeMetricFamily("tradecore_chain_age_seconds", "Age of the option chain.")
        chain = self._floor.board.chain(self._floor.underlying.symbol)
        if chain is not None:
            age.add_metric([], max((line.now - chain.at).total_seconds(), 0))
        return age

    def _health(self) -> Iterator[Metric]:
        checks = health(self._floor)
        passed = GaugeMetricFamily("tradecore_check_passed", "1 when the health check passes.", labels=["check"])
        for check in checks:
            passed.add_metric([check.name], check.passed)
        yield passed
        ready = is_ready(checks)
        yield GaugeMetricFamily("tradecore_ready", "1 when the desk can do its work.", ready)


def _alerting(floor: TradingFloor) -> Iterator[Metric]:
    book = floor.alert_book
    meaning = "Critical alerts that nobody acknowledged."
    yield GaugeMetricFamily("tradecore_alerts_unacknowledged", meaning, len(book.unacknowledged))
    state = book.delivery
    if state is None:
        return
    for name, told, number in (
        ("tradecore_alerts_delivered", "Notices that the receiver of alerts took.", state.delivered),
        ("tradecore_alert_failed_tries", "Tries to deliver a notice that failed.", state.failed_tries),
        ("tradecore_alerts_dropped", "Notices given up: refused, too old, or too many.", state.dropped),
        ("tradecore_heartbeats", "Signs of life that were taken.", state.beats),
    ):
        yield CounterMetricFamily(name, told, number)
    yield GaugeMetricFamily("tradecore_alerts_waiting", "Notices that wait to be delivered.", state.waiting)


def _money_and_age(line: DeskLine) -> Iterator[Metric]:
    pnl = None if line.day_pnl is None else line.day_pnl.amount
    left = None if line.budget_left is None else line.budget_left.amount
    for name, meaning, value in (
        ("tradecore_day_pnl_dollars", "Profit and loss of the day after fees, open positions at their marks.", pnl),
        ("tradecore_loss_budget_left_dollars", "What of the day's worst-case budget is left.", left),
        ("tradecore_data_age_seconds", "Age of the underlying's quote on the market's clock.", line.data_age_s),
    ):
        gauge = GaugeMetricFamily(name, meaning)
        if value is not None:
            gauge.add_metric([], float(value))
        yield gauge
