"""lotto_play_5_delta: late in the day, a few dollars for one far option; the premium is the stop."""

from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Any, ClassVar, Final

import numpy as np

from tradecore.model.instruments import Right
from tradecore.model.plans import LOTTO, NoProposal, Proposal, Protection, Signal, SizeRequest
from tradecore.model.terms import Leg, Side, short_name
from tradecore.strategies.strategy import Strategy, StrategyFacts, parameter
from tradecore.strategies.wishes import as_fraction, check_delta, check_percent, check_size, within

FIRST_ENTRY: Final = time(14, 0)
LAST_ENTRY: Final = time(15, 0)
OUT_BY: Final = time(15, 25)
CHEAPEST: Final = Decimal("0.03")
DEAREST: Final = Decimal("0.15")
_FARTHEST_DELTA: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class LottoParameters:
    """What a caller may choose."""

    side: str = parameter("", "call", choices=("call", "put"))
    strike_delta: Decimal = parameter("5 or 0.05", Decimal(5))
    contracts: Decimal | None = parameter("Else sized by risk.", None)
    risk_dollars: Decimal | None = parameter("Worst case.", None)
    target_pct: Decimal = parameter("% of premium gained.", Decimal(300))
    note: str = parameter("", "")

    def __post_init__(self) -> None:
        """Refuse values that make no order."""
        check_delta(self.strike_delta)
        check_size(self.contracts, self.risk_dollars)
        check_percent("target_pct", self.target_pct, 10_000)


class LottoPlay(Strategy):
    """One far same-day option without a stop."""

    name: ClassVar[str] = "lotto_play_5_delta"
    summary: ClassVar[str] = "Buy a far same-day call or put for cents late in the day; no stop."
    Parameters: ClassVar[type] = LottoParameters
    first_entry: ClassVar[time | None] = FIRST_ENTRY

    def propose(self, facts: StrategyFacts, parameters: Any) -> Proposal | NoProposal:
        """The option nearest the asked delta among those at lotto prices; the signal is the hour."""
        wish: LottoParameters = parameters
        right, wanted = Right(wish.side), as_fraction(wish.strike_delta)
        clock = within(facts, FIRST_ENTRY, LAST_ENTRY)

        def lacking(what: str) -> NoProposal:
            return NoProposal(strategy=self.name, missing=what, signal=clock)

        if facts.chain is None or facts.deltas is None or not len(facts.chain):
            return lacking(f"the same-day option chain of {facts.underlying}")
        rows = [row for row in _affordable(facts, right) if np.isfinite(facts.deltas[row])]
        if not rows:
            return lacking(f"a quoted {right} at a mid of {CHEAPEST} to {DEAREST}")
        deltas = {row: abs(float(facts.deltas[row])) for row in rows}
        row = min(rows, key=lambda one: (abs(deltas[one] - wanted), one))
        if abs(deltas[row] - wanted) > _FARTHEST_DELTA:
            near = f"a {right} with a delta near {wanted:.2f} at a mid of {CHEAPEST} to {DEAREST}"
            return lacking(f"{near}; the nearest has {deltas[row]:.2f}")
        contract, mid = facts.chain.contracts[row], _mid(facts, row)
        signal = Signal(present=clock.present, why=f"{clock.why}; mid {mid:f} within {CHEAPEST} to {DEAREST}")
        return Proposal(
            strategy=self.name,
            label=LOTTO,
            legs=(Leg(contract, Side.BUY),),
            size=SizeRequest(contracts=wish.contracts, risk_dollars=wish.risk_dollars),
            protection=Protection(stop_pct=None, target_pct=wish.target_pct, out_by=OUT_BY),
            signal=signal,
            reason=f"{short_name(contract)}, delta {float(facts.deltas[row]):+.2f}: {signal.why}",
            note=wish.note,
        )


def _affordable(facts: StrategyFacts, right: Right) -> list[int]:
    if facts.chain is None:
        return []
    every = (row for row, contract in enumerate(facts.chain.contracts) if contract.right is right)
    return [row for row in every if facts.chain.bid_cents[row] > 0 and CHEAPEST <= _mid(facts, row) <= DEAREST]


def _mid(facts: StrategyFacts, row: int) -> Decimal:
    if facts.chain is None:
        return Decimal(0)
    return Decimal(int(facts.chain.bid_cents[row] + facts.chain.ask_cents[row])) / 200
