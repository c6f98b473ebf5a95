"""An order at the brokerage, and where it stands."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from tradecore.model.instruments import CryptoPair, Instrument, OptionContract

ZERO: Final = Decimal(0)


class Status(StrEnum):
    """Where an order stands, in the service's words."""

    PENDING_NEW = "pending_new"
    ACCEPTED = "accepted"
    NEW = "new"
    HELD = "held"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REPLACED = "replaced"


OPEN: Final = frozenset(
    (Status.PENDING_NEW, Status.ACCEPTED, Status.NEW, Status.HELD, Status.PARTIALLY_FILLED),
)
WORKING: Final = frozenset((Status.NEW, Status.PARTIALLY_FILLED))


@dataclass(slots=True, kw_only=True)
class Prices:
    """An order's terms of price, in dollars; None where its type has none."""

    limit: Decimal | None = None
    stop: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    water_mark: Decimal | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Order:
    """
    One order, leg or exit; times are UTC, quantities in shares, contracts or coins, money in dollars.

    An mleg parent has no instrument and no side; `ratio` is a leg's share of it. `worth` is the sum of signed prices
    times quantities filled, `hold` the buying power it takes while open.
    """

    id: str
    client_order_id: str
    account: str
    instrument: Instrument | None
    side: str
    qty: Decimal | None
    notional: Decimal | None
    type: str
    time_in_force: str
    prices: Prices
    order_class: str
    created_at: datetime
    arrival: int
    intent: str | None = None
    extended_hours: bool = False
    ratio: int = 1
    status: Status = Status.PENDING_NEW
    filled: Decimal = ZERO
    worth: Decimal = ZERO
    hold: Decimal = ZERO
    triggered: bool = False
    legs: list["Order"] = field(default_factory=list)
    parent: "Order | None" = None
    updated_at: datetime | None = None
    filled_at: datetime | None = None
    canceled_at: datetime | None = None
    expired_at: datetime | None = None
    replaced_at: datetime | None = None
    replaced_by: str | None = None
    replaces: str | None = None
    expires_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """It may still fill."""
        return self.status in OPEN

    @property
    def is_multileg(self) -> bool:
        """It is the parent of option legs that fill together."""
        return self.order_class == "mleg" and self.instrument is None

    @property
    def symbol(self) -> str:
        """Symbol of the instrument, empty for an mleg parent."""
        return "" if self.instrument is None else self.instrument.symbol

    @property
    def asset_class(self) -> str:
        """The service's word for what kind of instrument it is, empty for an mleg parent."""
        return "" if self.instrument is None else asset_class(self.instrument)

    @property
    def leaves(self) -> Decimal:
        """Quantity that may still fill; zero for an order by amount until it is priced."""
        return (self.qty or ZERO) - self.filled

    @property
    def average(self) -> Decimal | None:
        """Average price of what was filled; negative for a net credit."""
        return self.worth / self.filled if self.filled else None

    @property
    def sign(self) -> int:
        """1 to buy, -1 to sell."""
        return 1 if self.side == "buy" else -1

    @property
    def root(self) -> "Order":
        """The order this one hangs on, or itself."""
        return self if self.parent is None else self.parent

    def book(self, quantity: Decimal, price: Decimal, at: datetime) -> None:
        """Add one execution."""
        self.filled += quantity
        self.worth += quantity * price
        self.status = Status.FILLED if self.leaves == 0 else Status.PARTIALLY_FILLED
        self.updated_at = at
        if self.status is Status.FILLED:
            self.filled_at = at


def asset_class(instrument: Instrument) -> str:
    """The service's word for the kind of an instrument."""
    if isinstance(instrument, OptionContract):
        return "us_option"
    return "crypto" if isinstance(instrument, CryptoPair) else "us_equity"
