"""iron_condor_30_delta: sell a same-day call spread and a put spread around the market, for a credit."""

from dataclasses import dataclass, replace
from datetime import time
from decimal import Decimal
from typing import Any, ClassVar, Final

from tradecore.errors import InvalidRequest
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import OptionContract, Right
from tradecore.model.plans import NoProposal, Proposal, Protection, Signal, SizeRequest
from tradecore.model.terms import Leg, Side, legs_text
from tradecore.strategies.strategy import Strategy, StrategyFacts, parameter
from tradecore.strategies.wishes import as_fraction, check_delta, check_percent, check_size, nearest_row, within

FIRST_ENTRY: Final = time(10, 0)
LAST_ENTRY: Final = time(13, 0)
OUT_BY: Final = time(15, 15)
WIDEST: Final = Decimal(10)
LEAST_CREDIT_PCT: Final = Decimal(30)
_FARTHEST_DELTA: Final = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class CondorParameters:
    """What a caller may choose."""

    width: Decimal | None = parameter(
        "Dollars between the strikes of each side; default: widest up to 10 that fits.", None
    )
    strike_delta: Decimal = parameter("30 or 0.30", Decimal(30))
    contracts: Decimal | None = parameter("Else sized by risk.", None)
    risk_dollars: Decimal | None = parameter("Worst case.", None)
    stop_pct: Decimal = parameter("% of credit lost.", Decimal(100))
    target_pct: Decimal = parameter("% of credit kept.", Decimal(50))
    note: str = parameter("", "")

    def __post_init__(self) -> None:
        """Refuse values that make no order."""
        check_delta(self.strike_delta)
        check_size(self.contracts, self.risk_dollars)
        check_percent("stop_pct", self.stop_pct, 1000)
        check_percent("target_pct", self.target_pct, 99)
        if self.width is not None and not 0 < self.width <= 100:
            raise InvalidRequest(f"width must be in (0, 100] dollars, not {self.width}")


@dataclass(frozen=True, slots=True)
class _Sold:
    """The strikes sold, with what was found of them."""

    put: OptionContract
    call: OptionContract
    put_delta: float
    call_delta: float


class IronCondor(Strategy):
    """A same-day iron condor: both wings the same width, the sold strikes at the asked delta."""

    name: ClassVar[str] = "iron_condor_30_delta"
    summary: ClassVar[str] = "Sell a same-day iron condor, 30-delta strikes, defined risk, one order."
    Parameters: ClassVar[type] = CondorParameters

    def propose(self, facts: StrategyFacts, parameters: Any) -> Proposal | NoProposal:
        """The widest condor first, narrower ones as alternatives; the signal is the hour and the size of the credit."""
        wish: CondorParameters = parameters
        clock = within(facts, FIRST_ENTRY, LAST_ENTRY)
        if facts.chain is None or facts.deltas is None or not len(facts.chain):
            return self._lacking(f"the same-day option chain of {facts.underlying}", clock)
        sold = _sold_strikes(facts, as_fraction(wish.strike_delta))
        if isinstance(sold, str):
            return self._lacking(sold, clock)
        widths = _widths(facts.chain, sold)
        if wish.width is not None and wish.width not in widths:
            known = ", ".join(f"{one.normalize():f}" for one in sorted(widths)) or "none"
            near = f"{sold.put.strike.normalize():f}/{sold.call.strike.normalize():f}"
            return self._lacking(
                f"quoted strikes {wish.width} beyond {near} on both sides; width can be {known}", clock
            )
        chosen = [wish.width] if wish.width is not None else sorted((w for w in widths if w <= WIDEST), reverse=True)
        if not chosen:
            return self._lacking(
                f"quoted strikes up to {WIDEST} beyond the sold ones, equally far on both sides", clock
            )
        plans = [self._plan(facts.chain, sold, width, wish, clock) for width in chosen]
        return replace(plans[0], alternatives=tuple(plans[1:]))

    def _lacking(self, what: str, signal: Signal) -> NoProposal:
        return NoProposal(strategy=self.name, missing=what, signal=signal)

    def _plan(self, chain: OptionChain, sold: _Sold, width: Decimal, wish: CondorParameters, clock: Signal) -> Proposal:
        legs = (
            Leg(replace(sold.put, strike=sold.put.strike - width), Side.BUY),
            Leg(sold.put, Side.SELL),
            Leg(sold.call, Side.SELL),
            Leg(replace(sold.call, strike=sold.call.strike + width), Side.BUY),
        )
        credit = _credit(chain, legs)
        share = credit * 100 / width
        enough = share >= LEAST_CREDIT_PCT
        relation = "at least" if enough else "below the"
        paid = f"mid credit {credit:f} is {share:.0f} % of the width {width.normalize():f}"
        why = f"{clock.why}; {paid}, {relation} {LEAST_CREDIT_PCT} %"
        signal = Signal(present=clock.present and enough, why=why)
        deltas = f"sold deltas {sold.put_delta:+.2f} and {sold.call_delta:+.2f}"
        return Proposal(
            strategy=self.name,
            label="IC",
            legs=legs,
            size=SizeRequest(contracts=wish.contracts, risk_dollars=wish.risk_dollars),
            protection=Protection(stop_pct=wish.stop_pct, target_pct=wish.target_pct, out_by=OUT_BY),
            signal=signal,
            reason=f"{legs_text(legs)}, {deltas}: {signal.why}",
            note=wish.note,
        )


def _sold_strikes(facts: StrategyFacts, wanted: float) -> _Sold | str:
    """The put and the call nearest the asked delta, or what is missing."""
    if facts.chain is None or facts.deltas is None:
        return "the chain"
    found: dict[Right, tuple[OptionContract, float]] = {}
    for right in (Right.PUT, Right.CALL):
        row = nearest_row(facts.chain, facts.deltas, right, wanted)
        delta = None if row is None else float(facts.deltas[row])
        if row is None or delta is None or abs(abs(delta) - wanted) > _FARTHEST_DELTA:
            nearest = "" if delta is None else f"; the nearest {right} has {abs(delta):.2f}"
            return f"a quoted {right} with a delta near {wanted:.2f}{nearest}"
        found[right] = (facts.chain.contracts[row], delta)
    (put, put_delta), (call, call_delta) = found[Right.PUT], found[Right.CALL]
    if put.strike >= call.strike:
        return f"a put below the call at a delta near {wanted:.2f}; both sides would be sold at {put.strike}"
    return _Sold(put, call, put_delta, call_delta)


def _widths(chain: OptionChain, sold: _Sold) -> set[Decimal]:
    """Distances at which both wings can be bought: an ask is there, the bid may be missing."""
    asked = {chain.contracts[row] for row in range(len(chain)) if chain.ask_cents[row] > 0 and chain.bid_cents[row] > 0}
    puts = {sold.put.strike - one.strike for one in asked if one.right is Right.PUT}
    calls = {one.strike - sold.call.strike for one in asked if one.right is Right.CALL}
    return {width for width in puts & calls if width > 0}


def _credit(chain: OptionChain, legs: tuple[Leg, ...]) -> Decimal:
    """Net credit of one unit at mid."""
    rows = {contract: row for row, contract in enumerate(chain.contracts)}
    cents = sum(
        -leg.side.sign * int(chain.bid_cents[rows[leg.instrument]] + chain.ask_cents[rows[leg.instrument]])
        for leg in legs
        if isinstance(leg.instrument, OptionContract)
    )
    return Decimal(cents) / 200
