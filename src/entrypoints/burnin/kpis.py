"""What a burn-in is judged by: the objectives of the desk's own specification, each with its figure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import quantiles

from entrypoints.burnin.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One objective; `figure` None was never measured, which fails it unless `may_be_absent`."""

    name: str
    meaning: str
    figure: float | None
    target: float
    unit: str
    at_least: bool = False
    may_be_absent: bool = False

    @property
    def met(self) -> bool:
        """Whether the objective is reached."""
        if self.figure is None:
            return self.may_be_absent
        return self.figure >= self.target if self.at_least else self.figure <= self.target


def kpis(outcomes: Sequence[Outcome]) -> list[Kpi]:
    """Every objective over these sessions."""
    return [*_safety(outcomes), *_operation(outcomes), *_speed(outcomes)]


def _safety(outcomes: Sequence[Outcome]) -> Iterator[Kpi]:
    beyond = sum(one.worst_loss > one.loss_cap for one in outcomes)
    yield Kpi(name="daily_loss_beyond_cap", meaning="sessions that lost more than the cap", figure=beyond, target=0,
              unit="sessions")  # fmt: skip
    unintended = sum(len(one.unintended) for one in outcomes)
    yield Kpi(name="unintended_trades", meaning="orders at the venue that nobody confirmed", figure=unintended,
              target=0, unit="orders")  # fmt: skip
    delta = sum(one.delta_breaches for one in outcomes)
    yield Kpi(name="delta_breaches", meaning="openings sent beyond the delta cap", figure=delta, target=0,
              unit="orders")  # fmt: skip
    differ = sum(bool(one.differences) for one in outcomes)
    yield Kpi(name="books_that_differ", meaning="sessions whose holdings or cash were not the venue's", figure=differ,
              target=0, unit="sessions")  # fmt: skip
    left = sum(one.positions_left for one in outcomes)
    yield Kpi(name="positions_left", meaning="positions open after the close", figure=left, target=0,
              unit="positions")  # fmt: skip
    broken = sum(one.journal != "whole" for one in outcomes)
    yield Kpi(name="journals_broken", meaning="journals that do not verify", figure=broken, target=0,
              unit="journals")  # fmt: skip


def _operation(outcomes: Sequence[Outcome]) -> Iterator[Kpi]:
    errors = sum(len(one.errors) for one in outcomes)
    yield Kpi(name="errors", meaning="faults of the desk itself", figure=errors, target=0, unit="errors")
    orders, rejects = sum(one.orders for one in outcomes), sum(one.rejects for one in outcomes)
    rate = 100 * rejects / orders if orders else None
    yield Kpi(name="rejected_orders", meaning="orders the broker refused", figure=rate, target=0.5, unit="%")
    session, down = sum(one.session_s for one in outcomes), sum(one.down_s for one in outcomes)
    up = 100 * (1 - down / session) if session else None
    yield Kpi(name="uptime", meaning="market time in which the desk could trade, crashes included", figure=up,
              target=99.5, unit="%", at_least=True)  # fmt: skip
    recovered = [seconds for one in outcomes for seconds in one.recovered_s]
    crashes = sum(one.crashes for one in outcomes)
    never = crashes > len(recovered)
    longest = float("inf") if never else max(recovered, default=None)
    yield Kpi(name="recovery", meaning="longest time from a crash until the desk traded again", figure=longest,
              target=300, unit="s", may_be_absent=not crashes)  # fmt: skip


def _speed(outcomes: Sequence[Outcome]) -> Iterator[Kpi]:
    chain = [seconds for one in outcomes for seconds in one.chain]
    yield _p95("chain", "chain asked for and completed", chain, 1000)
    ticks = [seconds for one in outcomes for seconds in one.tick_to_order]
    yield _p95("tick_to_order", "tick to the exit it fires", ticks, 500, may_be_absent=True)
    confirms = [seconds for one in outcomes for seconds in one.confirm_to_order]
    yield _p95("confirm_to_order", "yes to the order it sends", confirms, 500)
    yield _p95("preview", "preview of a strategy", _work(outcomes, "preview"), 200)
    yield _p95("risk_check", "risk check", _work(outcomes, "risk_check"), 100)
    kills = _work(outcomes, "kill_switch")
    slowest = max(kills, default=None)
    yield Kpi(name="kill_switch", meaning="slowest engaging of the kill switch", unit="ms", target=1000,
              figure=None if slowest is None else slowest * 1000, may_be_absent=len(outcomes) < 20)  # fmt: skip
    near = [one for outcome in outcomes for one in outcome.fills_near_mid]
    share = 100 * sum(near) / len(near) if near else None
    meaning = "entry fills within a tick or a quarter of the spread of mid"
    yield Kpi(name="fills_near_mid", meaning=meaning, figure=share, target=95, unit="%", at_least=True)


def _p95(name: str, meaning: str, seconds: Sequence[float], target_ms: float, *, may_be_absent: bool = False) -> Kpi:
    found = None
    if seconds:
        found = 1000 * (quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0])
    return Kpi(name=name, meaning=f"{meaning}, 95 %", figure=found, target=target_ms, unit="ms",
               may_be_absent=may_be_absent)  # fmt: skip


def _work(outcomes: Sequence[Outcome], name: str) -> list[float]:
    return [seconds for one in outcomes for seconds in one.work.get(name, ())]
