"""What trading costs besides the price."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tradecore.model.instruments import Instrument, OptionContract
from tradecore.model.money import ZERO, Money, usd
from tradecore.model.terms import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeSchedule:
    """
    Option fees per contract in dollars: clearing and regulatory on both sides, FINRA's TAF on sales.

    `as_of` is the day the rates were looked up. Shares and crypto are taken as free of commission.
    """

    per_contract: Decimal
    taf_per_contract_sold: Decimal
    as_of: date

    def fee(self, instrument: Instrument, side: Side, quantity: Decimal) -> Money:
        """Fee of one execution."""
        if not isinstance(instrument, OptionContract):
            return ZERO
        rate = self.per_contract + (self.taf_per_contract_sold if side is Side.SELL else 0)
        return usd(rate * quantity)

    def round_trip(self, instrument: Instrument, quantity: Decimal) -> Money:
        """Fees of opening and closing again."""
        if not isinstance(instrument, OptionContract):
            return ZERO
        return usd((2 * self.per_contract + self.taf_per_contract_sold) * quantity)
