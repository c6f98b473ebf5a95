"""An order and what became of it: fifteen states, and cumulative quantity as the truth behind the label."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from tradecore.model.events import Corrected, Filled
from tradecore.model.instruments import Instrument
from tradecore.model.money import ZERO, Money
from tradecore.model.terms import Effect, Leg, PriceTerms, TimeInForce


class OrderState(StrEnum):
    """Where an order stands; a view of what happened to it, never the measure of what was filled."""

    INITIALIZED = "initialized"
    DENIED = "denied"
    EMULATED = "emulated"
    RELEASED = "released"
    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    TRIGGERED = "triggered"
    PENDING_UPDATE = "pending_update"
    PENDING_CANCEL = "pending_cancel"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"


ENDED = frozenset(
    {OrderState.DENIED, OrderState.FILLED, OrderState.CANCELED, OrderState.EXPIRED, OrderState.REJECTED},
)
AT_VENUE = frozenset(set(OrderState) - ENDED - {OrderState.INITIALIZED, OrderState.EMULATED, OrderState.RELEASED})


class Role(StrEnum):
    """Why an order exists within its group."""

    ENTRY = "entry"
    STOP = "stop"
    TARGET = "target"
    EXIT = "exit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """
    One order of one group.

    `quantity` counts units of the whole order (contracts, shares, spreads); `fills` are the executions that stand,
    busted ones removed and corrected ones restated; `void` are the execution ids taken back, `ahead` the corrections
    that came before their fills. `sent_at` is when it last left, `attempts` how often it did.
    """

    client_order_id: str
    group: str
    role: Role
    effect: Effect
    legs: tuple[Leg, ...]
    quantity: Decimal
    terms: PriceTerms
    created_at: datetime
    reason: str
    time_in_force: TimeInForce = TimeInForce.DAY
    state: OrderState = OrderState.INITIALIZED
    resumes: OrderState | None = None
    fills: tuple[Filled, ...] = ()
    void: frozenset[str] = frozenset()
    ahead: tuple[Corrected, ...] = ()
    sent_at: datetime | None = None
    attempts: int = 0

    @property
    def is_ended(self) -> bool:
        """No further fill is expected; a late one is still booked."""
        return self.state in ENDED

    @property
    def may_be_at_venue(self) -> bool:
        """Sent and not known to have ended: it counts against every cap."""
        return self.state in AT_VENUE

    @property
    def is_unknown(self) -> bool:
        """The venue has not said whether it has the order; asking for its cancellation is no answer."""
        pending = self.state in (OrderState.PENDING_CANCEL, OrderState.PENDING_UPDATE)
        return self.state is OrderState.UNKNOWN or (pending and self.resumes is OrderState.UNKNOWN and not self.fills)

    @property
    def cumulative_quantity(self) -> Decimal:
        """Units of the order filled on every leg."""
        return min(self.leg_quantity(leg.instrument) / leg.ratio for leg in self.legs) // 1

    @property
    def begun_quantity(self) -> Decimal:
        """Units of the order filled on any leg, begun ones counted whole."""
        return -(-max(self.leg_quantity(leg.instrument) / leg.ratio for leg in self.legs) // 1)

    @property
    def leaves_quantity(self) -> Decimal:
        """Units still to be filled, by quantity and not by label."""
        return self.quantity - self.cumulative_quantity

    @property
    def fees(self) -> Money:
        """Fees of every standing fill."""
        return sum((fill.fee for fill in self.fills), ZERO)

    def leg_quantity(self, instrument: Instrument) -> Decimal:
        """Units of one leg's instrument filled."""
        return sum((fill.quantity for fill in self.fills if fill.instrument == instrument), Decimal(0))

    @property
    def average_price(self) -> Decimal | None:
        """Net price of one unit over the standing fills (debit above zero); None before every leg has one."""
        total = Decimal(0)
        for leg in self.legs:
            filled = self.leg_quantity(leg.instrument)
            if not filled:
                return None
            paid = sum((f.quantity * f.price for f in self.fills if f.instrument == leg.instrument), Decimal(0))
            sign = 1 if len(self.legs) == 1 else leg.side.sign
            total += sign * leg.ratio * paid / filled
        return total

    def with_state(self, state: OrderState) -> "Order":
        """The same order under another label."""
        return replace(self, state=state)
