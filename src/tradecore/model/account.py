"""The brokerage account as its broker states it."""

from dataclasses import dataclass
from datetime import datetime

from tradecore.model.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSnapshot:
    """
    Balances at one instant.

    `equity` is cash plus the market value of positions; `options_buying_power` is what may be spent on option premium
    and defined-risk margin.
    """

    account: str
    at: datetime
    cash: Money
    equity: Money
    buying_power: Money
    options_buying_power: Money
