"""
Expiring options at the close: cash for what they are worth, paid on the order that would close them or without one.

Shares are not delivered here; the simulated broker of `tradecore sim` exercises and assigns.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from adapters.simulated.order_book import VenueOrder
from tradecore.model.instruments import Equity, Instrument, OptionContract
from tradecore.model.money import CENT
from tradecore.model.sessions import trading_day
from tradecore.model.terms import Effect


def settles(order: VenueOrder, closes: datetime) -> bool:
    """Whether an order closes nothing but options that expire at this close."""
    day = trading_day(closes)
    expiring = all(isinstance(leg.instrument, OptionContract) and leg.instrument.expiry <= day for leg in order.legs)
    return order.effect is Effect.CLOSE and expiring


def settlement_price(contract: OptionContract, mark_of: Callable[[Instrument], Decimal | None]) -> Decimal | None:
    """Intrinsic value of a contract at the underlying's last mark; None while there is no mark."""
    spot = mark_of(Equity(contract.underlying))
    return None if spot is None else contract.intrinsic(spot).quantize(CENT, ROUND_HALF_UP)


def settlement_prices(order: VenueOrder, mark_of: Callable[[Instrument], Decimal | None]) -> tuple[Decimal, ...] | None:
    """Intrinsic value of each leg at the underlying's last mark; None while there is no mark."""
    prices = []
    for leg in order.legs:
        price = settlement_price(leg.instrument, mark_of) if isinstance(leg.instrument, OptionContract) else None
        if price is None:
            return None
        prices.append(price)
    return tuple(prices)
