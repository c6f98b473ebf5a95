"""The trading floor: one desk with the ports it acts through, and the one way from a decision to the world."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from tradecore.desk.commands import CancelOrder, Command, EngageKillSwitch, Sending, SendingOutcome
from tradecore.desk.decisions import CancelAtBroker, Confirmed, Decision, Refused, Send
from tradecore.desk.desk import Desk
from tradecore.errors import (
    DeskHalted,
    InvalidRequest,
    JournalUnavailable,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from tradecore.market_board import MarketBoard
from tradecore.model.encoding import Json, encode
from tradecore.model.events import BrokerEvent, CancelRefused
from tradecore.model.instruments import Equity
from tradecore.ports.broker import Broker
from tradecore.ports.clock import Clock
from tradecore.ports.ids import IdSource
from tradecore.ports.journal import Journal
from tradecore.ports.market_data import MarketData
from tradecore.ports.timers import Bell, Timers
from tradecore.strategies.strategy import Strategy
from tradecore.usecases.answers import ConfirmAnswer, PendingApproval
from tradecore.usecases.trace import TraceDigest
from tradecore.usecases.updates import UpdateLog

COMMAND: Final = "command"
EVENT: Final = "event"
NOTE: Final = "note"
_ASK_AGAIN_AFTER: Final = timedelta(seconds=1)

Listener = Callable[[datetime, str, object, Decision | None], None]


@dataclass(frozen=True, slots=True)
class Note:
    """Something recorded that no decision rests on."""

    what: str
    facts: Mapping[str, Json]


@dataclass(slots=True, kw_only=True)
class TradingFloor:
    """
    One account's desk and everything it needs to act.

    `listener` sees each record as it is made (a terminal, a metrics sink); it decides nothing.
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
    confirmed: dict[str, Confirmed] = field(default_factory=dict)
    answers: dict[str, ConfirmAnswer] = field(default_factory=dict)
    updates: UpdateLog = field(default_factory=UpdateLog)
    headlines: dict[str, str] = field(default_factory=dict)
    approvals: dict[str, PendingApproval] = field(default_factory=dict)
    halted: str | None = None

    def __post_init__(self) -> None:
        """Make the bell that rings after every change."""
        self.changed = self.timers.bell()

    def record(self, at: datetime, kind: str, body: Json, seen: object, decision: Decision | None) -> None:
        """
        Append one entry and show it to the listener.

        Raises:
            DeskHalted: The journal can't be written; from here on nothing is sent.
        """
        if self.halted:
            raise DeskHalted(self.halted)
        try:
            self.journal.append(at, kind, body)
        except JournalUnavailable as problem:
            self._halt(problem)
        self.trace.add(at, kind, body)
        if decision is not None:
            self.updates.take(at, seen, decision)
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

    def refuse(self, refusal: Refused, **facts: Json) -> None:
        """Record a refusal that needed no decision of the desk."""
        self.note("refused", code=refusal.code, **facts)
        self.updates.refuse(self.clock.now(), refusal)

    def _halt(self, problem: JournalUnavailable) -> None:
        self.halted = f"the desk stopped: {problem}"
        raise DeskHalted(self.halted) from problem


def hash_token(token: str) -> str:
    """SHA-256 (hex) of a confirm token; the token itself is never stored."""
    return hashlib.sha256(token.encode()).hexdigest()


async def decide(floor: TradingFloor, command: Command) -> Decision:
    """
    Ask the desk, record the decision, carry it out.

    Nothing is awaited between the decision and its record, and an order leaves only once the record is durable.
    """
    if floor.halted:
        raise DeskHalted(floor.halted)
    decision = floor.desk.handle(command)
    body = {"command": encode(command), "decision": encode(decision)}
    floor.record(command.at, COMMAND, body, command, decision)
    await _carry_out(floor, command, decision)
    return decision


async def take_event(floor: TradingFloor, event: BrokerEvent) -> Decision:
    """Feed one broker event to the desk and record what it changed."""
    decision = floor.desk.apply(event)
    body = {"event": encode(event), "decision": encode(decision)}
    floor.record(floor.clock.now(), EVENT, body, event, decision)
    for action in decision.actions:
        # An event only ever withdraws; it sends nothing, so nothing has to be durable first.
        if isinstance(action, CancelAtBroker):
            await _cancel(floor, action)
    floor.changed.ring()
    return decision


async def _carry_out(floor: TradingFloor, command: Command, decision: Decision) -> None:
    sends = any(isinstance(action, Send) for action in decision.actions)
    if sends or isinstance(command, EngageKillSwitch) or isinstance(decision.outcome, Confirmed):
        await floor.make_durable()
    for action in decision.actions:
        if isinstance(action, Send):
            await _submit(floor, action)
        else:
            await _cancel(floor, action)
    floor.changed.ring()


async def _submit(floor: TradingFloor, send: Send) -> None:
    """The one call of Broker.submit."""
    order = send.order
    sending, reason = Sending.RECEIVED, ""
    if not floor.desk.may_still_send(order.client_order_id):
        sending, reason = Sending.NOT_SENT, "cancelled before it left"
    else:
        try:
            await floor.broker.submit(order)
        except (Rejected, InvalidRequest) as refusal:
            sending, reason = Sending.REFUSED, str(refusal)
        except Unavailable as problem:
            sending, reason = Sending.NOT_SENT, str(problem)
        except OutcomeUnknown as problem:
            sending, reason = Sending.UNKNOWN, str(problem)
    if sending is not Sending.RECEIVED:
        outcome = SendingOutcome(
            at=floor.clock.now(),
            client_order_id=order.client_order_id,
            sending=sending,
            reason=reason,
        )
        await decide(floor, outcome)


async def _cancel(floor: TradingFloor, action: CancelAtBroker) -> None:
    """Ask for a cancellation; one that was not taken puts the order back to work, and is asked for again."""
    order_id = action.client_order_id
    try:
        await floor.broker.cancel(order_id)
    except (Rejected, Unavailable, OutcomeUnknown) as problem:
        await take_event(floor, CancelRefused(order_id, floor.clock.now(), str(problem)))
        if floor.desk.entry_escaped(order_id):
            floor.timers.beside(_insist(floor, order_id))


async def _insist(floor: TradingFloor, order_id: str) -> None:
    """Cancel an entry nobody wants any more until it has ended; exits are pushed by their own chase."""
    await floor.timers.sleep_until(floor.clock.now() + _ASK_AGAIN_AFTER)
    if floor.desk.entry_escaped(order_id):
        await decide(floor, CancelOrder(at=floor.clock.now(), principal="desk", client_order_id=order_id))
