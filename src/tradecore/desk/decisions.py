"""What a desk answers: an outcome, what to do at the broker, and what a person has to know."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from tradecore.model.alerts import Alert
from tradecore.model.confirmation import Confirmer
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.money import Money
from tradecore.model.orders import OrderState
from tradecore.model.plans import PlannedOrder, Signal, Sizing
from tradecore.model.standing import StandingPlan
from tradecore.risk.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionGreeks:
    """Totals of one order in share-equivalents: theta per minute, vega per vol point; None where unknown."""

    delta: float | None
    gamma: float | None
    theta_per_minute: float | None
    vega_per_point: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """
    What an order would mean in dollars.

    `cost` is a debit above zero, fees included, None while a side it would trade at is not quoted; losses are positive,
    None is unbounded. `stop` and `target` are net
    prices of one unit.
    """

    cost: Money | None
    fees: Money
    max_loss: Money | None
    max_profit: Money | None
    worst_loss: Money | None
    planned_loss: Money
    stop: Decimal | None
    target: Decimal | None
    break_evens: tuple[Decimal, ...]
    greeks: PositionGreeks
    budget_before: Money | None
    budget_after: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One order of a ticket as a person would judge it."""

    plan: PlannedOrder
    figures: Figures
    verdict: Verdict
    sizing: Sizing | None = None
    signal: Signal | None = None


class TicketKind(StrEnum):
    """What a ticket authorises."""

    OPEN = "open"
    CLOSE = "close"
    LIFT = "lift"
    ADJUST = "adjust"
    ARM = "arm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """A ticket was made; nothing has left the house. `adjusts` says what of a group's way out would change."""

    intent_id: str
    kind: TicketKind
    previews: tuple[Preview, ...]
    digest: str
    expires_at: datetime
    confirmer: Confirmer = Confirmer.MODEL
    changed: tuple[tuple[str, str, str], ...] = ()
    adjusts: str = ""
    standing: StandingPlan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The answer is no: a code, the reason with its figures, and the next step."""

    code: str
    message: str
    next_step: str
    preview: Preview | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """A ticket was redeemed; the actions carry its orders."""

    intent_id: str
    kind: TicketKind
    groups: tuple[str, ...]
    order_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The ticket was redeemed before; the first result stands."""

    intent_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Anything else that was carried out: what, and on which orders."""

    what: str
    order_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What a broker event changed."""

    client_order_id: str
    state: OrderState | None
    filled_quantity: Decimal | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """
    Where the broker's books and ours differ.

    `kind` is order, position or cash, `rule` what became of it: reported, adopted or alerted.
    """

    kind: str
    subject: str
    ours: str
    brokers: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """The broker's books were compared with ours."""

    differences: tuple[Difference, ...]


Outcome = Previewed | Refused | Confirmed | Replayed | Done | Applied | Reconciled


@dataclass(frozen=True, slots=True)
class Send:
    """Hand this order to the broker, once, after the journal is durable."""

    order: ConfirmedOrder


@dataclass(frozen=True, slots=True)
class CancelAtBroker:
    """Ask the broker to cancel the rest of this order."""

    client_order_id: str


Action = Send | CancelAtBroker


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The desk's answer to one command or event."""

    outcome: Outcome
    actions: tuple[Action, ...] = ()
    alerts: tuple[Alert, ...] = ()
