"""What a desk is opened with."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tradecore.model.confirmation import MODEL_CONFIRMS, ConfirmationPolicy
from tradecore.model.fees import FeeSchedule
from tradecore.model.money import Money
from tradecore.risk.limits import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskOpening:
    """
    What a desk starts from.

    `cash` is what the account began with, None where that is its equity because nothing was held. `clock_rate` is how
    many seconds of the market pass in one second of the people who read: their time-outs count on their own clock.
    """

    account: str
    mode: str
    day: date
    equity: Money
    limits: Limits
    fees: FeeSchedule
    confirmation: ConfirmationPolicy = MODEL_CONFIRMS
    clock_rate: Decimal = Decimal(1)
    cash: Money | None = None

    def reading_time(self, seconds: Decimal) -> timedelta:
        """Market time that passes while a person's clock counts `seconds`."""
        return timedelta(seconds=float(seconds * self.clock_rate))
