"""Expiring options at the close: cash for what they are worth, paid on the order that would close them."""

from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from adapters.simulated.order_book import VenueOrder
from tradecore.model.instruments import Equity, Instrument, OptionContract, Right
from tradecore.model.money import CENT
from tradecore.model.sessions import trading_day
from tradecore.model.terms import Effect


def settles(order: VenueOrder, closes: datetime) -> bool:
    """Whether an order closes nothing but options that expire at this close."""
    day = trading_day(closes)
    expiring = all(isinstance(leg.instrument, OptionContract) and leg.instrument.expiry <= day for leg in order.legs)
    return order.effect is Effect.CLOSE and expiring


def settlement_prices(order: VenueOrder, mark_of: Callable[[Instrument], Decimal | None]) -> tuple[Decimal, ...] | None:
    """Intrinsic value of each leg at the underlying's last mark; None while there is no mark."""
    prices = []
    for leg in order.legs:
        spot = mark_of(Equity(leg.instrument.underlying))
        if spot is None or not isinstance(leg.instrument, OptionContract):
            return None
        distance = spot - leg.instrument.strike if leg.instrument.right is Right.CALL else leg.instrument.strike - spot
        prices.append(max(distance, Decimal(0)).quantize(CENT, ROUND_HALF_UP))
    return tuple(prices)
