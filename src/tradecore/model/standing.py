"""A standing plan: what a person confirmed for the desk to do by itself when a signal comes."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tradecore.model.money import Money
from tradecore.model.sessions import exchange_time
from tradecore.model.terms import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingPlan:
    """
    One shot of a strategy, with `parameters` as (name, text), until an instant (UTC).

    `worst_price` is the net price of one unit, `worst_loss` and `quantity` the most that may be lost and traded; `legs`
    and `side` (of the first) say what structure was confirmed.
    """

    intent_id: str
    strategy: str
    parameters: tuple[tuple[str, str], ...]
    until: datetime
    worst_price: Decimal
    worst_loss: Money
    quantity: Decimal
    legs: int
    side: Side

    @property
    def plan_id(self) -> str:
        """What the plan is cancelled by."""
        return f"arm-{self.intent_id}"

    @property
    def text(self) -> str:
        """The plan in a sentence."""
        return f"{self.plan_id}: {self.terms_text}"

    @property
    def terms_text(self) -> str:
        """What it does, how long, and its bounds."""
        wish = ", ".join(f"{name} {value}" for name, value in self.parameters if value)
        what = f"{self.strategy} ({wish})" if wish else self.strategy
        price = (
            f"a credit of {-self.worst_price:f} or more" if self.worst_price < 0 else f"{self.worst_price:f} or better"
        )
        bound = f"at {price}, {self.worst_loss} at worst"
        return f"{what}, once, on its signal until {exchange_time(self.until)} ET, {bound}"
