"""Strategies that always have a signal: one bought option, or a debit vertical, with stop and target."""

from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Any, ClassVar

from tradecore.model.instruments import OptionContract, Right
from tradecore.model.plans import NoProposal, Proposal, Protection, Signal, SizeRequest
from tradecore.model.terms import Leg, Side
from tradecore.strategies.strategy import Strategy, StrategyFacts, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to buy."""

    right: str = parameter("call or put", "call")
    strike: Decimal = parameter("strike of the bought option", Decimal(670))
    contracts: Decimal = parameter("how many", Decimal(1))
    stop_pct: Decimal = parameter("stop, percent of the premium", Decimal(30))
    target_pct: Decimal = parameter("target, percent of the premium", Decimal(40))


class OneOption(Strategy):
    """Buys one option."""

    name: ClassVar[str] = "one_option"
    summary: ClassVar[str] = "buy an option"
    Parameters: ClassVar[type] = Wish
    label: ClassVar[str] = "ONE"

    def propose(self, facts: StrategyFacts, parameters: Any) -> Proposal | NoProposal:
        """What was wished for, whatever the market does."""
        wish: Wish = parameters
        return Proposal(
            strategy=self.name,
            label=self.label,
            legs=self.legs(facts, wish),
            size=SizeRequest(contracts=wish.contracts),
            protection=Protection(stop_pct=wish.stop_pct, target_pct=wish.target_pct, out_by=time(15, 10)),
            signal=Signal(present=True, why="always"),
            reason="a simulated wish",
        )

    def legs(self, facts: StrategyFacts, wish: Wish) -> tuple[Leg, ...]:
        """One leg."""
        return (Leg(_contract(facts, wish, 0), Side.BUY),)


class DebitVertical(OneOption):
    """Buys one option and sells the next one further out."""

    name: ClassVar[str] = "debit_vertical"
    summary: ClassVar[str] = "buy a debit vertical"
    label: ClassVar[str] = "DV"

    def legs(self, facts: StrategyFacts, wish: Wish) -> tuple[Leg, ...]:
        """Two legs, a dollar or two apart."""
        further = 2 if wish.right == "call" else -2
        return (Leg(_contract(facts, wish, 0), Side.BUY), Leg(_contract(facts, wish, further), Side.SELL))


def _contract(facts: StrategyFacts, wish: Wish, further: int) -> OptionContract:
    right = Right.CALL if wish.right == "call" else Right.PUT
    return OptionContract(facts.underlying, facts.session.day, right, wish.strike + further)


STRATEGIES = {"one_option": OneOption(), "debit_vertical": DebitVertical()}
