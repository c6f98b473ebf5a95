"""What a desk can be told; each command carries its time (UTC), who asks, and the market it was decided on."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from tradecore.desk.new_ticket import NewTicket
from tradecore.desk.opening import DeskOpening
from tradecore.desk.standing_commands import FirePlan, PreviewStanding
from tradecore.model.account import AccountSnapshot
from tradecore.model.confirmation import Confirmer
from tradecore.model.market import NO_VIEW, MarketView
from tradecore.model.money import Money
from tradecore.model.plans import Proposal, Protection
from tradecore.ports.broker import BrokerOrder, BrokerPosition


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDay:
    """A trading day begins with this equity; daily counters start anew."""

    at: datetime
    day: date
    equity: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewOrder:
    """What would become of a strategy's proposal."""

    at: datetime
    principal: str
    ticket: NewTicket
    proposal: Proposal
    view: MarketView


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewClose:
    """What closing a group, or part of it, would do; `group` None closes everything (flatten)."""

    at: datetime
    principal: str
    ticket: NewTicket
    group: str | None
    quantity: Decimal | None
    view: MarketView


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewLift:
    """What lifting the kill switch would do."""

    at: datetime
    principal: str
    ticket: NewTicket


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeem:
    """
    Carry out what a ticket authorises.

    `given` are the arguments repeated beside the token; each must equal the ticket's. `fresh` is the identity of the
    new ticket that answers when this one is expired or the market left its band.
    """

    at: datetime
    principal: str
    token_hash: str
    given: tuple[tuple[str, str], ...]
    fresh: NewTicket
    view: MarketView
    confirmed_by: Confirmer = Confirmer.MODEL


@dataclass(frozen=True, slots=True, kw_only=True)
class AskApproval:
    """A ticket is shown to the person who has to confirm it, who gets time to read: once a ticket."""

    at: datetime
    principal: str
    token_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """Take the rest of an entry back."""

    at: datetime
    principal: str
    client_order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EngageKillSwitch:
    """Stop taking risk at once; with `flatten`, close everything too, once per latch."""

    at: datetime
    principal: str
    flatten: bool
    reason: str
    view: MarketView = NO_VIEW


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEntry:
    """
    The entry's time at its price is over: improve the price, keep it, or give up.

    `fills_known`: the venue said what the last order filled; without that nothing may take its place.
    """

    at: datetime
    intent_id: str
    view: MarketView
    fills_known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustProtection:
    """Leave a group in this way from now on, which must be no later in any respect; `why` says who asked or what."""

    at: datetime
    principal: str
    group: str
    protection: Protection
    why: str
    view: MarketView


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewAdjustment:
    """What leaving a group later would mean."""

    at: datetime
    principal: str
    ticket: NewTicket
    group: str
    protection: Protection
    view: MarketView


class ExitCause(StrEnum):
    """Why a group is being closed by a rule that was confirmed before."""

    STOP = "stop"
    TARGET = "target"
    CUT_OFF = "cut_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerExit:
    """
    A confirmed rule says that a group has to be closed.

    `seen` are the net closing prices that fired it, oldest first (empty for a cut-off).
    """

    at: datetime
    group: str
    cause: ExitCause
    seen: tuple[Decimal, ...]
    view: MarketView


@dataclass(frozen=True, slots=True, kw_only=True)
class StepExit:
    """An exit has not filled: withdraw it, or send the next, more urgent one. `waited_s` counts from its trigger."""

    at: datetime
    group: str
    waited_s: Decimal
    view: MarketView


class Sending(StrEnum):
    """What is known after an order was handed to the broker."""

    RECEIVED = "received"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingOutcome:
    """How handing an order to the broker went."""

    at: datetime
    client_order_id: str
    sending: Sending
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recover:
    """A new life of the desk begins on what its journal left, with these settings and limits."""

    at: datetime
    opening: DeskOpening


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound:
    """
    The venue, asked for an order whose outcome is unknown, knows none of that id.

    `may_send_again`: ids are unique there for ever; `is_final`: so long after sending, its answer is proof.
    """

    at: datetime
    client_order_id: str
    may_send_again: bool
    is_final: bool
    view: MarketView


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleUnknown:
    """The operator says that an unknown order is not at the broker."""

    at: datetime
    principal: str
    client_order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawExcess:
    """Time to ask again for withdrawals that were refused."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconcile:
    """What the broker says is there: open orders, positions, balances."""

    at: datetime
    orders: tuple[BrokerOrder, ...]
    positions: tuple[BrokerPosition, ...]
    account: AccountSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLoss:
    """The day's loss passed a step, by the quotes and balances of this view."""

    at: datetime
    view: MarketView


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteProtection:
    """Groups that were opened with protection and have had none for too long; empty when all have it again."""

    at: datetime
    unprotected: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """The operator stops everything but cancels."""

    at: datetime
    principal: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """The operator releases what only the operator may; `equity` is where drawdown counts from then on."""

    at: datetime
    principal: str
    equity: Money | None


Command = (
    OpenDay
    | PreviewOrder
    | PreviewClose
    | PreviewLift
    | PreviewAdjustment
    | AdjustProtection
    | PreviewStanding
    | FirePlan
    | Redeem
    | AskApproval
    | CancelOrder
    | EngageKillSwitch
    | StepEntry
    | TriggerExit
    | StepExit
    | SendingOutcome
    | Recover
    | NotFound
    | SettleUnknown
    | WithdrawExcess
    | Reconcile
    | NoteLoss
    | NoteProtection
    | Halt
    | Resume
)
