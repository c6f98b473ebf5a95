"""What a broker can tell us about an order; each event names our client order id and the venue's time (UTC)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from tradecore.model.instruments import Instrument
from tradecore.model.money import Money
from tradecore.model.terms import Side


@dataclass(frozen=True, slots=True)
class Accepted:
    """The venue has the order and works it."""

    client_order_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """The venue definitively did not take the order."""

    client_order_id: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Triggered:
    """A stop's trigger was reached."""

    client_order_id: str
    at: datetime


class Settlement(StrEnum):
    """How a contract left the books, or shares came into them, without a trade."""

    EXPIRED = "expired"
    EXERCISED = "exercised"
    ASSIGNED = "assigned"


@dataclass(frozen=True, slots=True)
class Filled:
    """
    One execution of one leg.

    `exec_id` is unique at the venue: the same one again is the same fill. Price per unit, fee positive. With a
    `settlement` nothing traded: a contract ends at the price it is settled at in cash (zero where it expires worthless
    or shares are delivered), and shares come or go at the strike.
    """

    client_order_id: str
    at: datetime
    exec_id: str
    instrument: Instrument
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Money
    settlement: Settlement | None = None


@dataclass(frozen=True, slots=True)
class Canceled:
    """The rest of the order is gone; what was filled stays."""

    client_order_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CancelRefused:
    """The venue would not cancel; the order is what it was before the request."""

    client_order_id: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """The venue took the changed quantity or limit price."""

    client_order_id: str
    at: datetime
    quantity: Decimal
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class ReplaceRefused:
    """The venue would not change the order; it is what it was before the request."""

    client_order_id: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Expired:
    """The order's time in force ended."""

    client_order_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Busted:
    """The venue took an execution back."""

    client_order_id: str
    at: datetime
    exec_id: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """The venue restated an execution's quantity or price."""

    client_order_id: str
    at: datetime
    exec_id: str
    quantity: Decimal
    price: Decimal


Execution = Filled | Busted | Corrected
BrokerEvent = (
    Accepted
    | Refused
    | Triggered
    | Filled
    | Canceled
    | CancelRefused
    | Replaced
    | ReplaceRefused
    | Expired
    | Busted
    | Corrected
)
