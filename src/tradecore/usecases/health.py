"""Whether the desk can do its work: what is checked, and what it said."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.market_clock import market_clock

_SILENT_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """One check with what it found; a desk can do its work when all that are needed pass."""

    name: str
    passed: bool
    found: str
    is_needed: bool = True


def health(floor: TradingFloor) -> tuple[HealthCheck, ...]:
    """Journal, session, data, broker, orders and connections; the desk is ready when all that are needed pass."""
    limits = floor.desk.opening.limits
    quote = floor.board.quote(floor.underlying)
    now = floor.clock.now()
    age = None if quote is None else Decimal(str(round((now - quote.received_at).total_seconds(), 3)))
    is_open = market_clock(floor).is_open
    fresh = age is not None and limits.max_underlying_age_s is not None and age <= limits.max_underlying_age_s
    unknown = [order.client_order_id for order in floor.desk.orders.values() if order.is_unknown]
    asked = floor.asked.answered_at
    silent_s = None if asked is None else round((now - asked).total_seconds(), 1)
    return (
        HealthCheck(name="journal", passed=floor.halted is None, found=floor.halted or "writable"),
        HealthCheck(
            name="market_data",
            passed=fresh or not is_open,
            found="no quote yet" if age is None else f"{floor.underlying.symbol} quote {age} s old",
        ),
        HealthCheck(
            name="broker",
            passed=silent_s is None or silent_s <= _SILENT_S * float(floor.desk.opening.clock_rate),
            found="not asked yet" if silent_s is None else f"answered {silent_s} s ago",
        ),
        HealthCheck(name="orders", passed=not unknown, found=f"outcome unknown: {', '.join(unknown) or 'none'}"),
        HealthCheck(name="limits", passed=limits.profile != "", found=f"{limits.profile} {limits.hash[:12]}"),
        *_alerts(floor),
        *(HealthCheck(name=each.name, passed=each.working, found=each.found) for each in floor.connections.states()),
    )


def _alerts(floor: TradingFloor) -> Iterator[HealthCheck]:
    """Whether a person can be told; a desk that can't tell anybody still guards what it holds."""
    state = floor.alert_book.delivery
    if state is None:
        return
    if state.kind:
        counts = f"{state.delivered} delivered, {state.waiting} waiting, {state.dropped} given up"
        opened = len(floor.alert_book.unacknowledged)
        found = f"{state.problem or 'working'}; {counts}; {opened} not acknowledged"
        yield HealthCheck(name="alerts", passed=state.problem is None, found=found, is_needed=False)
    if state.beats or state.heartbeat_problem:
        told = state.heartbeat_problem or f"{state.beats} sent"
        yield HealthCheck(name="heartbeat", passed=state.heartbeat_problem is None, found=told, is_needed=False)


def is_ready(checks: Iterable[HealthCheck]) -> bool:
    """Whether everything that is needed passes."""
    return all(check.passed for check in checks if check.is_needed)
