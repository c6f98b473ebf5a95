"""Opening-range breakout with one bought same-day option: buy strength above the range, weakness below it."""

from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal
from typing import Final

from tradecore.analysis.opening_range import OpeningRange, opening_range
from tradecore.model.instruments import Right
from tradecore.model.plans import NoProposal, Proposal, Protection, Signal, SizeRequest
from tradecore.model.sessions import exchange_time
from tradecore.model.terms import Leg, Side, short_name
from tradecore.strategies.strategy import StrategyFacts, parameter
from tradecore.strategies.wishes import as_fraction, check_delta, check_percent, check_size, nearest_row

RANGE_MINUTES: Final = 15
FIRST_ENTRY: Final = time(9, 45)
LAST_ENTRY: Final = time(11, 30)
OUT_BY: Final = time(15, 20)
_FARTHEST_DELTA: Final = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakoutParameters:
    """What a caller may choose."""

    strike_delta: Decimal = parameter("30 or 0.30", Decimal(30))
    contracts: Decimal | None = parameter("Else sized by risk.", None)
    risk_dollars: Decimal | None = parameter("Worst case.", None)
    stop_pct: Decimal = parameter("% of premium lost.", Decimal(50))
    target_pct: Decimal = parameter("% of premium gained.", Decimal(100))
    note: str = parameter("", "")

    def __post_init__(self) -> None:
        """Refuse values that make no order."""
        check_delta(self.strike_delta)
        check_size(self.contracts, self.risk_dollars)
        check_percent("stop_pct", self.stop_pct, 100)
        check_percent("target_pct", self.target_pct, 1000)

    @property
    def delta(self) -> float:
        """The asked delta as a fraction."""
        return as_fraction(self.strike_delta)


def propose_breakout(
    facts: StrategyFacts, parameters: BreakoutParameters, right: Right, name: str
) -> Proposal | NoProposal:
    """Buy the option of `right` nearest the asked delta; the signal is a one-minute close beyond the opening range."""
    signal = breakout_signal(facts, right)

    def lacking(what: str) -> NoProposal:
        return NoProposal(strategy=name, missing=what, signal=signal)

    if facts.quote is None or facts.quote.mid is None:
        return lacking(f"a two-sided quote of {facts.underlying}")
    if facts.chain is None or facts.deltas is None or not len(facts.chain):
        return lacking(f"the same-day option chain of {facts.underlying}")
    near = f"a quoted {right} with a delta near {parameters.delta:.2f}"
    row = nearest_row(facts.chain, facts.deltas, right, parameters.delta)
    if row is None:
        return lacking(near)
    found = float(facts.deltas[row])
    if abs(abs(found) - parameters.delta) > _FARTHEST_DELTA:
        return lacking(f"{near}; the nearest {right} has {abs(found):.2f}")
    contract = facts.chain.contracts[row]
    return Proposal(
        strategy=name,
        label="ORB",
        legs=(Leg(contract, Side.BUY),),
        size=SizeRequest(contracts=parameters.contracts, risk_dollars=parameters.risk_dollars),
        protection=Protection(stop_pct=parameters.stop_pct, target_pct=parameters.target_pct, out_by=OUT_BY),
        signal=signal,
        reason=f"{short_name(contract)}, delta {found:+.2f}: {signal.why}",
        note=parameters.note,
    )


def breakout_signal(facts: StrategyFacts, right: Right) -> Signal:
    """Whether the newest one-minute bar closed beyond the opening range on the side this option gains from."""
    span = opening_range(facts.bars, facts.session.opens, facts.now, minutes=RANGE_MINUTES)
    if span is None:
        return Signal(present=False, why=f"the first {RANGE_MINUTES} minutes are not over or have no trades")
    start, end = facts.session.at(FIRST_ENTRY), facts.session.at(LAST_ENTRY)
    if not start <= facts.now <= end:
        when = f"{exchange_time(start)} to {exchange_time(end)} ET"
        return Signal(present=False, why=f"entries are {when}; it is {exchange_time(facts.now)}")
    bar = facts.bars[-1]
    if facts.now - bar.end > timedelta(minutes=1):
        return Signal(present=False, why=f"the newest bar ended {exchange_time(bar.end)} ET: no fresh close")
    return _beyond(bar.close, span, right, exchange_time(bar.end))


def _beyond(close: Decimal, span: OpeningRange, right: Right, when: str) -> Signal:
    up = right is Right.CALL
    level = span.high if up else span.low
    present = close > level if up else close < level
    relation = ("above" if up else "below") if present else ("not above" if up else "not below")
    edge = "high" if up else "low"
    return Signal(present=present, why=f"{when} ET close {close} {relation} the opening-range {edge} {level}")
