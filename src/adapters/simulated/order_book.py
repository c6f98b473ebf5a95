"""The venue's book of one account's orders: priority, what they hold back, and what they would cost now."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.instruments import Instrument
from tradecore.model.market import Quote
from tradecore.model.money import ZERO, Money, usd
from tradecore.model.terms import Effect, Leg, Limit, PriceTerms, Side, StopLimit, TimeInForce
from tradecore.ports.broker import BrokerOrder, BrokerOrderStatus

QuoteOf = Callable[[Instrument], Quote | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignOrder:
    """An order nobody gave a client order id: entered by somebody else on the account, or by the broker itself."""

    client_order_id: str
    effect: Effect
    legs: tuple[Leg, ...]
    quantity: Decimal
    terms: PriceTerms
    time_in_force: TimeInForce = TimeInForce.DAY


VenueOrder = ConfirmedOrder | ForeignOrder


@dataclass(slots=True, eq=False)
class WorkingOrder:
    """
    An order in the venue's book.

    `rank` counts arrivals, `bars_seen` the recorded bars it has met, `best` is the most favourable price a trailing
    stop has seen. `taken` are the units it has traded, `of_leg` what stands of each leg: less where an execution was
    taken back, or where a leg is still `owed` at the price of its unit.
    """

    order: VenueOrder
    terms: PriceTerms
    arrived: datetime
    rank: int
    taken: Decimal = Decimal(0)
    of_leg: dict[Instrument, Decimal] = field(default_factory=dict)
    owed: list[tuple[Leg, Decimal, Decimal]] = field(default_factory=list)
    status: BrokerOrderStatus = BrokerOrderStatus.WORKING
    bars_seen: int = 0
    best: Decimal | None = None

    @property
    def is_open(self) -> bool:
        """It may still fill."""
        return self.status is BrokerOrderStatus.WORKING

    @property
    def leaves(self) -> Decimal:
        """Units that may still trade; what was taken back does not trade again."""
        return self.order.quantity - self.taken

    @property
    def filled(self) -> Decimal:
        """Units of which every leg stands."""
        return min(self.of_leg.get(leg.instrument, Decimal(0)) / leg.ratio for leg in self.order.legs) // 1

    def executed(self, instrument: Instrument, quantity: Decimal) -> None:
        """Count what was executed of one leg; below zero for what was taken back."""
        self.of_leg[instrument] = self.of_leg.get(instrument, Decimal(0)) + quantity


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


def net_touch(order: VenueOrder, quote_of: QuoteOf) -> Decimal | None:
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
        filled_legs=tuple(working.of_leg.get(leg.instrument, Decimal(0)) for leg in working.order.legs),
        limit_price=terms.price if isinstance(terms, Limit | StopLimit) else None,
    )
