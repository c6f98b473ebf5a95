"""One account at one venue."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from tradecore.model.account import AccountSnapshot
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.events import BrokerEvent, Execution
from tradecore.model.instruments import Instrument
from tradecore.model.terms import Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerCapabilities:
    """
    What the venue does, declared so that nobody has to find out by failing.

    `unique_ids_for_ever`: a client order id is never accepted twice, also after its order ended; else it is only
    unique among open orders. `not_found_is_final_after`: how long after a request was sent "no such order" proves that
    it will never arrive; None where the venue gives no such bound. `resting_stops`: it holds stop orders for equities
    itself.
    """

    name: str
    unique_ids_for_ever: bool
    not_found_is_final_after: timedelta | None
    resting_stops: bool


class BrokerOrderStatus(StrEnum):
    """Where an order stands at the venue."""

    WORKING = "working"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerOrder:
    """
    An order as the venue reports it.

    `client_order_id` is the venue's own id, prefixed with `ext-`, for an order that nobody gave one. `limit_price` is
    None for orders that name none. `filled_legs` is what stands of each leg, in contracts or shares.
    """

    client_order_id: str
    status: BrokerOrderStatus
    legs: tuple[Leg, ...]
    quantity: Decimal
    filled_legs: tuple[Decimal, ...]
    limit_price: Decimal | None

    @property
    def filled_quantity(self) -> Decimal:
        """Units of the whole order of which every leg is filled."""
        return min(filled / leg.ratio for filled, leg in zip(self.filled_legs, self.legs, strict=True)) // 1

    @property
    def open(self) -> bool:
        """It may still fill."""
        return self.status is BrokerOrderStatus.WORKING


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerPosition:
    """A holding as the venue reports it; quantity is signed."""

    instrument: Instrument
    quantity: Decimal


class Broker(Protocol):
    """
    Places and cancels orders at one account of one venue.

    Every method that fails raises Unavailable (it never left), Rejected (the venue refused) or OutcomeUnknown.
    """

    @property
    @abstractmethod
    def capabilities(self) -> BrokerCapabilities:
        """What this venue can do."""

    @abstractmethod
    async def submit(self, order: ConfirmedOrder) -> None:
        """
        Send the order; returning means the venue has received it, not that it accepted it.

        Raises:
            DuplicateOrder: The venue has an order with this id already; look it up, it is ours.
            Rejected: The venue refused.
            Unavailable: It never left; it may be sent again.
            OutcomeUnknown: It may be live; look it up by its client order id.
        """

    @abstractmethod
    async def cancel(self, client_order_id: str) -> None:
        """
        Ask for the rest of an order to be cancelled; the answer arrives as Canceled or CancelRefused.

        Raises:
            Rejected: No such order, or it has already ended.
        """

    @abstractmethod
    async def order(self, client_order_id: str) -> BrokerOrder | None:
        """The order with this id, or None when the venue has never seen it."""

    @abstractmethod
    async def open_orders(self) -> Sequence[BrokerOrder]:
        """Orders that may still fill, oldest first; empty when there are none."""

    @abstractmethod
    async def executions(self, since: datetime) -> Sequence[Execution]:
        """
        What was executed, taken back or restated at or after `since`, in the venue's order.

        The same execution has the same id here and in `events`. Fills of orders placed by others are among them.
        """

    @abstractmethod
    async def positions(self) -> Sequence[BrokerPosition]:
        """Holdings that are not flat, by symbol."""

    @abstractmethod
    async def account(self) -> AccountSnapshot:
        """Balances now."""

    @abstractmethod
    def events(self) -> AsyncIterator[BrokerEvent]:
        """What happens to this account's orders, in the venue's order, from the first call on; ends at shutdown."""
