"""The venue's book of one account's orders: priority, what they hold back, and what they would cost now."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.instruments import Instrument
from tradecore.model.market import Quote
from tradecore.model.money import ZERO, Money, usd
from tradecore.model.terms import Limit, PriceTerms, Side, StopLimit
from tradecore.ports.broker import BrokerOrder, BrokerOrderStatus

QuoteOf = Callable[[Instrument], Quote | None]


@dataclass(slots=True)
class WorkingOrder:
    """
    An order in the venue's book.

    `rank` counts arrivals, `bars_seen` the recorded bars it has met, `best` is the most favourable price a trailing
    stop has seen.
    """

    order: ConfirmedOrder
    terms: PriceTerms
    arrived: datetime
    rank: int
    filled: Decimal = Decimal(0)
    status: BrokerOrderStatus = BrokerOrderStatus.WORKING
    bars_seen: int = 0
    best: Decimal | None = None

    @property
    def is_open(self) -> bool:
        """It may still fill."""
        return self.status is BrokerOrderStatus.WORKING

    @property
    def leaves(self) -> Decimal:
        """Units that may still fill."""
        return self.order.quantity - self.filled


def by_priority(orders: Sequence[WorkingOrder]) -> list[WorkingOrder]:
    """Orders as they trade: at market first, then the better price, then the earlier arrival."""

    def rank(working: WorkingOrder) -> tuple[bool, Decimal, int]:
        terms = working.terms
        if not isinstance(terms, Limit):
            return (False, Decimal(0), working.rank)
        sign = -1 if working.order.legs[0].side is Side.BUY else 1
        return (True, sign * terms.price, working.rank)

    return sorted(orders, key=rank)


def held_back(orders: Sequence[WorkingOrder]) -> Money:
    """Cash that open purchases may still need."""
    total = ZERO
    for working in orders:
        terms = working.terms
        if isinstance(terms, Limit) and working.order.legs[0].side is Side.BUY and terms.price > 0:
            total += usd(terms.price * working.leaves * working.order.legs[0].instrument.multiplier)
    return total


def net_touch(order: ConfirmedOrder, quote_of: QuoteOf) -> Decimal | None:
    """Net price of taking every leg at the touch; a sale nobody bids for brings nothing, a purchase needs an offer."""
    total = Decimal(0)
    for leg in order.legs:
        quote = quote_of(leg.instrument)
        price = None if quote is None else (quote.ask if leg.side is Side.BUY else quote.bid)
        if price is None:
            if leg.side is Side.BUY:
                return None
            price = Decimal(0)
        total += price if len(order.legs) == 1 else leg.side.sign * leg.ratio * price
    return total


def report(working: WorkingOrder) -> BrokerOrder:
    """The order as the venue reports it."""
    terms = working.order.terms
    return BrokerOrder(
        client_order_id=working.order.client_order_id,
        status=working.status,
        legs=working.order.legs,
        quantity=working.order.quantity,
        filled_quantity=working.filled,
        limit_price=terms.price if isinstance(terms, Limit | StopLimit) else None,
    )
