"""The trading floor: one desk with the ports it acts through, and the one way from a decision to the world."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from tradecore.desk.commands import CancelOrder, Command, EngageKillSwitch, Sending, SendingOutcome
from tradecore.desk.decisions import CancelAtBroker, Confirmed, Decision, Done, Refused, Replayed, Send
from tradecore.desk.desk import Desk
from tradecore.desk.images import NOTHING_CHANGED
from tradecore.errors import (
    DeskHalted,
    DuplicateOrder,
    InvalidRequest,
    JournalUnavailable,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from tradecore.market_board import MarketBoard
from tradecore.model.alerts import Alert, Severity
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.encoding import Json, encode
from tradecore.model.events import BrokerEvent, Busted, CancelRefused, Corrected, Filled
from tradecore.model.instruments import Equity
from tradecore.model.terms import Effect
from tradecore.ports.broker import Broker
from tradecore.ports.clock import Clock
from tradecore.ports.connections import NO_CONNECTIONS, Connections
from tradecore.ports.ids import IdSource
from tradecore.ports.journal import Journal
from tradecore.ports.market_data import MarketData
from tradecore.ports.stop_signal import NEVER_STOPPED, StopSignal
from tradecore.ports.timers import Bell, Timers
from tradecore.ports.tracing import NO_TRACING, Tracing
from tradecore.strategies.strategy import Strategy
from tradecore.usecases.alert_book import AlertBook
from tradecore.usecases.answers import ConfirmAnswer, PendingApproval
from tradecore.usecases.chain_keeping import ChainKeeper
from tradecore.usecases.day_result import day_pnl, position_told
from tradecore.usecases.desk_figures import DeskFigures, Work
from tradecore.usecases.research import Research
from tradecore.usecases.trace import TraceDigest
from tradecore.usecases.updates import UpdateLog

COMMAND: Final = "command"
EVENT: Final = "event"
NOTE: Final = "note"
ANSWERS_WITHIN_S: Final = 10.0
_ASK_AGAIN_AFTER: Final = timedelta(seconds=1)

Listener = Callable[[datetime, str, object, Decision | None], None]


@dataclass(frozen=True, slots=True)
class Note:
    """Something recorded that no decision rests on."""

    what: str
    facts: Mapping[str, Json]


@dataclass(slots=True)
class BrokerQuestions:
    """
    What the desk keeps asking the broker.

    `executions_since` is where the next question for executions begins, `answered_at` when the last round was
    answered; `again_at` and `patience` say when to ask next for an order that is not found, and for how long to wait
    after that; `sent` is when each order was last handed over, in the machine's seconds;
    `pending_since` when an order whose cancellation was asked for was first seen working all the same. A new life
    `is_behind` until the broker told what happened while nobody listened.
    """

    executions_since: datetime | None = None
    answered_at: datetime | None = None
    sent: dict[str, float] = field(default_factory=dict)
    again_at: dict[str, datetime] = field(default_factory=dict)
    patience: dict[str, timedelta] = field(default_factory=dict)
    pending_since: dict[str, datetime] = field(default_factory=dict)
    is_behind: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Where the market of an order stood when it was decided: net mid and spread of one unit."""

    mid: Decimal
    spread: Decimal
    at: datetime


@dataclass(slots=True, kw_only=True)
class TradingFloor:
    """
    One account's desk and everything it needs to act.

    `listener` sees each record as it is made (a terminal, a metrics sink); it decides nothing. `stop_signal` is what
    somebody outside asks of this desk also while it hangs. `asked` is what was asked of the broker last, `guarded` when
    each group's way out was last known to work; `arrivals` where the market stood when an entry or exit was decided;
    `connections` are for whoever looks after the desk, `chain_keeper` keeps the same-day chain where somebody runs it.
    `traces` are the places in a trace that each order of this life was handed over at.
    """

    desk: Desk
    underlying: Equity
    market: MarketData
    broker: Broker
    journal: Journal
    clock: Clock
    timers: Timers
    ids: IdSource
    strategies: Mapping[str, Strategy]
    board: MarketBoard = field(default_factory=MarketBoard)
    trace: TraceDigest = field(default_factory=TraceDigest)
    listener: Listener | None = None
    changed: Bell = field(init=False)
    stop_signal: StopSignal = NEVER_STOPPED
    connections: Connections = NO_CONNECTIONS
    figures: DeskFigures = field(default_factory=DeskFigures)
    tracing: Tracing = NO_TRACING
    traces: dict[str, str] = field(default_factory=dict)
    asked: BrokerQuestions = field(default_factory=BrokerQuestions)
    guarded: dict[str, datetime] = field(default_factory=dict)
    arrivals: dict[str, Arrival] = field(default_factory=dict)
    answers: dict[str, ConfirmAnswer] = field(default_factory=dict)
    updates: UpdateLog = field(default_factory=UpdateLog)
    alert_book: AlertBook = field(default_factory=AlertBook)
    headlines: dict[str, str] = field(default_factory=dict)
    approvals: dict[str, PendingApproval] = field(default_factory=dict)
    halted: str | None = None
    chain_keeper: ChainKeeper | None = None
    research: Research = field(default_factory=Research)

    def __post_init__(self) -> None:
        """Make the bell that rings after every change."""
        self.changed = self.timers.bell()

    @property
    def lookups(self) -> MarketData:
        """The market for questions that nothing is decided on."""
        return self.research.market or self.market

    def record(self, at: datetime, kind: str, body: Json, seen: object, decision: Decision | None) -> None:
        """
        Append one entry and show it to the listener.

        Raises:
            DeskHalted: The journal can't be written; from here on nothing is sent.
        """
        if self.halted:
            raise DeskHalted(self.halted)
        trace_id = self.tracing.trace_id
        if trace_id is not None:
            body = {**body, "trace_id": trace_id}
        try:
            entry = self.journal.append(at, kind, body)
        except JournalUnavailable as problem:
            self._halt(problem)
        self.trace.add(at, kind, body)
        if decision is not None:
            self.updates.take(at, seen, decision)
            self.alert_book.take(at, entry.seq, decision.alerts)
        if self.listener is not None:
            self.listener(at, kind, seen, decision)

    async def make_durable(self) -> None:
        """
        Wait until everything recorded so far survives power loss.

        Raises:
            DeskHalted: The device refused; from here on nothing is sent.
        """
        try:
            await self.journal.make_durable()
        except JournalUnavailable as problem:
            self._halt(problem)

    def note(self, what: str, **facts: Json) -> None:
        """Record something that no decision rests on."""
        self.record(self.clock.now(), NOTE, {"what": what, **facts}, Note(what, facts), None)

    def alert(self, alert: Alert) -> None:
        """Record and tell what a person has to know and no decision of the desk found."""
        facts = {"alerts": [encode(alert)]}
        found = Decision(outcome=Done(what=alert.code), alerts=(alert,))
        self.record(self.clock.now(), NOTE, {"what": "alert", **facts}, Note("alert", facts), found)
        self.changed.ring()

    def refuse(self, refusal: Refused, **facts: Json) -> None:
        """Record a refusal that needed no decision of the desk."""
        self.note("refused", code=refusal.code, **facts)
        self.updates.refuse(self.clock.now(), refusal)

    def _halt(self, problem: JournalUnavailable) -> None:
        self.halted = f"the desk stopped: {problem}"
        stopped = Alert("JOURNAL_UNAVAILABLE", Severity.CRITICAL, self.halted)
        self.alert_book.take(self.clock.now(), self.journal.head.seq + 1, (stopped,))
        raise DeskHalted(self.halted) from problem


def hash_token(token: str) -> str:
    """SHA-256 (hex) of a confirm token; the token itself is never stored."""
    return hashlib.sha256(token.encode()).hexdigest()


async def decide(floor: TradingFloor, command: Command) -> Decision:
    """
    Ask the desk, record the decision, carry it out.

    Nothing is awaited between the decision and its record, and an order leaves only once the record is durable.
    """
    with floor.tracing.span(f"desk {type(command).__name__}"):
        decision = decided(floor, command)
        await carry_out(floor, command, decision)
    return decision


def decided(floor: TradingFloor, command: Command) -> Decision:
    """Ask the desk and record the decision; what it orders is still to be carried out."""
    if floor.halted:
        raise DeskHalted(floor.halted)
    decision = floor.desk.handle(command)
    body = {"command": encode(command), "decision": encode(decision), **_after(floor.desk)}
    floor.record(command.at, COMMAND, body, command, decision)
    return decision


async def take_event(floor: TradingFloor, event: BrokerEvent) -> Decision:
    """Feed one broker event to the desk and record what it changed."""
    order_id = event.client_order_id
    with floor.tracing.span(
        f"broker {type(event).__name__}", {"client_order_id": order_id}, under=floor.traces.get(order_id)
    ):
        decision = floor.desk.apply(event)
        body = {"event": encode(event), "decision": encode(decision), **_after(floor.desk)}
        floor.record(floor.clock.now(), EVENT, body, event, decision)
        for action in decision.actions:
            # An event only ever withdraws; it sends nothing, so nothing has to be durable first.
            if isinstance(action, CancelAtBroker):
                await _cancel(floor, action)
    if isinstance(event, Filled | Busted | Corrected):
        _tell_position(floor, order_id)
    if isinstance(event, CancelRefused) and floor.desk.entry_escaped(event.client_order_id):
        floor.timers.beside(_insist(floor, event.client_order_id))
    floor.changed.ring()
    return decision


def _tell_position(floor: TradingFloor, order_id: str) -> None:
    order = floor.desk.orders.get(order_id)
    for group in floor.desk.groups:
        if order is not None and group.label == order.group:
            told = position_told(group, day_pnl(floor.desk, floor.board))
            floor.updates.add(floor.clock.now(), "position", group.label, told)


def _after(desk: Desk) -> dict[str, Json]:
    images = desk.after_images()
    return {} if images is NOTHING_CHANGED else {"after": encode(images)}


async def carry_out(floor: TradingFloor, command: Command, decision: Decision) -> None:
    """Make a decision durable where something rests on it, and send what it orders: everything side by side."""
    sends = any(isinstance(action, Send) for action in decision.actions)
    if sends or isinstance(command, EngageKillSwitch) or isinstance(decision.outcome, Confirmed):
        with floor.tracing.span("journal durable"):
            await floor.make_durable()
    works = [_submit(floor, a) if isinstance(a, Send) else _cancel(floor, a) for a in decision.actions]
    if works:
        await floor.timers.together(works)
    if not _is_only_an_answer(decision):
        floor.changed.ring()


def _is_only_an_answer(decision: Decision) -> bool:
    """A refusal, or the first result once more: nothing changed, so nobody who waits for a change has to look."""
    return isinstance(decision.outcome, Refused | Replayed) and not (decision.actions or decision.alerts)


async def _submit(floor: TradingFloor, send: Send) -> None:
    order = send.order
    with floor.tracing.span("broker submit", {"client_order_id": order.client_order_id}):
        place = floor.tracing.place
        if place is not None:
            floor.traces[order.client_order_id] = place
        sending, reason = await _handed_over(floor, order)
    if sending is Sending.RECEIVED:
        _note_tick_to_order(floor, order)
    if sending is not Sending.RECEIVED:
        outcome = SendingOutcome(
            at=floor.clock.now(),
            client_order_id=order.client_order_id,
            sending=sending,
            reason=reason,
        )
        await decide(floor, outcome)


def _note_tick_to_order(floor: TradingFloor, order: ConfirmedOrder) -> None:
    quotes = [floor.board.quote(leg.instrument) for leg in order.legs]
    received = [quote.received_at for quote in quotes if quote is not None]
    if received:
        floor.figures.took(Work.TICK_TO_ORDER, (floor.clock.now() - max(received)).total_seconds())


async def _handed_over(floor: TradingFloor, order: ConfirmedOrder) -> tuple[Sending, str]:
    """The one call of Broker.submit: once, with a time-out, and never again by itself."""
    if order.effect is Effect.CLOSE and not await _caught_up(floor):
        return Sending.NOT_SENT, "the broker has not told what happened while the desk was down"
    if not floor.desk.may_still_send(order.client_order_id):
        return Sending.NOT_SENT, "cancelled before it left"
    if order.effect is Effect.OPEN and floor.stop_signal.requested() is not None:
        return Sending.NOT_SENT, "somebody asked the desk to stop"
    floor.asked.sent[order.client_order_id] = floor.clock.machine_seconds()
    try:
        await floor.timers.within(ANSWERS_WITHIN_S, floor.broker.submit(order))
    except DuplicateOrder as known:
        # The venue has it already, from this request or an earlier one: asking tells which.
        return Sending.UNKNOWN, str(known)
    except (Rejected, InvalidRequest) as refusal:
        return Sending.REFUSED, str(refusal)
    except Unavailable as problem:
        return Sending.NOT_SENT, str(problem)
    except (OutcomeUnknown, TimeoutError) as problem:
        return Sending.UNKNOWN, str(problem) or f"no answer within {ANSWERS_WITHIN_S:g} s"
    return Sending.RECEIVED, ""


async def _caught_up(floor: TradingFloor) -> bool:
    """Whether it is known what happened while the desk was down: what was closed then must not be closed again."""
    until = floor.clock.now() + timedelta(seconds=ANSWERS_WITHIN_S)
    while floor.asked.is_behind and floor.clock.now() < until:
        await floor.changed.wait(until)
    return not floor.asked.is_behind


async def _cancel(floor: TradingFloor, action: CancelAtBroker) -> None:
    """Ask for a cancellation; one that was not taken puts the order back to work, and is asked for again."""
    order_id = action.client_order_id
    try:
        await floor.timers.within(ANSWERS_WITHIN_S, floor.broker.cancel(order_id))
    except (Rejected, Unavailable, OutcomeUnknown, TimeoutError) as problem:
        why = str(problem) or f"no answer within {ANSWERS_WITHIN_S:g} s"
        await take_event(floor, CancelRefused(order_id, floor.clock.now(), why))


async def _insist(floor: TradingFloor, order_id: str) -> None:
    """Cancel an entry nobody wants any more until it has ended; exits are pushed by their own chase."""
    await floor.timers.sleep_until(floor.clock.now() + _ASK_AGAIN_AFTER)
    if floor.desk.entry_escaped(order_id):
        await decide(floor, CancelOrder(at=floor.clock.now(), principal="desk", client_order_id=order_id))
