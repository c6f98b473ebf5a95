"""What use cases answer, as values; doors render them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tradecore.desk.decisions import Preview, Refused, TicketKind
from tradecore.model.confirmation import Confirmer
from tradecore.model.money import Money
from tradecore.model.orders import OrderState
from tradecore.model.standing import StandingPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewAnswer:
    """A ticket: `confirm_token` executes exactly this until `expires_at`."""

    status: str
    intent_id: str
    confirm_token: str
    kind: TicketKind
    headline: str
    previews: tuple[Preview, ...]
    expires_at: datetime
    confirmer: Confirmer = Confirmer.MODEL
    changed: tuple[tuple[str, str, str], ...] = ()
    standing: StandingPlan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedAnswer:
    """No: why, and the next step. `alternative` is the smallest change of an argument, as (argument, value)."""

    status: str
    refusal: Refused
    alternative: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingApproval:
    """A ticket that somebody is asked about, until `expires_at` (market time)."""

    intent_id: str
    token_hash: str
    principal: str
    headline: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One order as a person reads it."""

    client_order_id: str
    group: str
    role: str
    legs: str
    quantity: Decimal
    filled_quantity: Decimal
    average_price: Decimal | None
    terms: str
    state: OrderState
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFamily:
    """An entry with every other order of its group, oldest first: earlier price steps, stops, targets, exits."""

    entry: OrderLine
    strategy: str
    note: str
    children: tuple[OrderLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionLine:
    """One holding of one group; `unrealised` is None while its quote is missing."""

    group: str
    strategy: str
    symbol: str
    quantity: Decimal
    average_price: Decimal | None
    mark: Decimal | None
    unrealised: Money | None
    stop: Decimal | None
    target: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmAnswer:
    """What became of a redeemed ticket up to now."""

    status: str
    intent_id: str
    groups: tuple[str, ...]
    orders: tuple[OrderLine, ...]
    filled_quantity: Decimal
    average_price: Decimal | None
    protection: tuple[str, ...]
    armed: tuple[str, ...] = ()
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PnlAnswer:
    """The trading day's result; `unrealised` is None while a held quote is missing (`missing` names it)."""

    day: str
    realised: Money
    fees: Money
    unrealised: Money | None
    total: Money | None
    missing: tuple[str, ...]
    wins: int
    losses: int
    trades: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadroomAnswer:
    """How much of each budget is left; None where a limit is missing."""

    state: str
    reason: str
    daily_cap: Money | None
    loss_today: Money
    committed: Money | None
    budget_left: Money | None
    trades_left: int | None
    groups_left: int | None
    missing_limits: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionAnswer:
    """
    A command that needs no ticket was carried out; `orders` are what became of its orders up to now.

    `not_cancelled` are entries that may still fill because the broker has not confirmed their cancellation.
    """

    status: str
    what: str
    order_ids: tuple[str, ...]
    orders: tuple[OrderLine, ...] = ()
    held: tuple[str, ...] = ()
    not_cancelled: tuple[str, ...] = ()
