"""Planted bugs of orders on their way out: retries, refusals, write-offs, durability, cancellations."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final
from unittest.mock import patch

from tests.simulation.planting import Planted, renamed, replaced

from tradecore.desk import bookings, unknowns
from tradecore.desk.commands import NotFound, Sending, SendingOutcome
from tradecore.desk.decisions import Action, Decision
from tradecore.desk.groups import Group
from tradecore.desk.state import DeskState
from tradecore.errors import PortError
from tradecore.model.alerts import Alert
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.events import Accepted, BrokerEvent
from tradecore.model.order_lifecycle import Progress, Step, take
from tradecore.model.orders import Order, OrderState, Role
from tradecore.ports.broker import BrokerOrder
from tradecore.risk.gate import judge_opening
from tradecore.usecases import asking_broker, floor
from tradecore.usecases.floor import TradingFloor

_handed_over = floor._handed_over
_events_of = asking_broker._events_of
_is_wanted = unknowns._is_wanted
_found = bookings._found
_note_sending = bookings.note_sending


async def _tries_again(desk: TradingFloor, order: ConfirmedOrder) -> tuple[Sending, str]:
    outcome = await _handed_over(desk, order)
    if outcome[0] is Sending.UNKNOWN:
        with contextlib.suppress(PortError):
            await desk.broker.submit(renamed(order))
            return Sending.RECEIVED, ""
    return outcome


async def _reads_duplicate_as_refusal(desk: TradingFloor, order: ConfirmedOrder) -> tuple[Sending, str]:
    sending, why = await _handed_over(desk, order)
    return (Sending.REFUSED, why) if "must be unique" in why else (sending, why)


def _believes_every_refusal(state: DeskState, command: SendingOutcome) -> Decision:
    order = state.orders.get(command.client_order_id)
    if order is not None and command.sending is Sending.REFUSED:
        state.keep(replace(order, attempts=1))
    return _note_sending(state, command)


@contextlib.contextmanager
def _takes_duplicates_for_refused() -> Iterator[None]:
    # Both together: the desk does not believe the refusal of what it sent again.
    believing = {SendingOutcome: _believes_every_refusal}
    with patch.dict("tradecore.desk.desk._HANDLERS", believing), replaced(_HAND, by=_reads_duplicate_as_refusal)():
        yield


async def _reads_unknown_as_refusal(desk: TradingFloor, order: ConfirmedOrder) -> tuple[Sending, str]:
    sending, why = await _handed_over(desk, order)
    return (Sending.REFUSED, why) if sending is Sending.UNKNOWN else (sending, why)


async def _reads_unknown_as_received(desk: TradingFloor, order: ConfirmedOrder) -> tuple[Sending, str]:
    sending, why = await _handed_over(desk, order)
    return (Sending.RECEIVED, "") if sending is Sending.UNKNOWN else (sending, why)


def _wants_it_for_ever(state: DeskState, group: Group, order: Order, command: NotFound) -> bool:
    """The gate is asked again, the ticket is not."""
    if order.role is not Role.ENTRY:
        return _is_wanted(state, group, order, command)
    plan = replace(group.plan, quantity=order.quantity, terms=order.terms, group=group.label)
    return judge_opening(state.picture(plan, command.view, command.at, without=group.label)).approved


def _leaves_what_is_found(state: DeskState, group: Group, progress: Progress) -> tuple[list[Action], list[Alert]]:
    _, alerts = _found(state, group, replace(progress, order=progress.order.with_state(OrderState.FILLED)))
    state.keep(progress.order)
    return [], alerts


def _cancels_at_once(order: Order, step: Step) -> Order:
    moved = take(order, step)
    return take(moved, Step.CANCEL) if step is Step.ASK_CANCEL else moved


def _hears_no_acceptance(desk: TradingFloor, order: Order, report: BrokerOrder) -> Iterator[BrokerEvent]:
    for event in _events_of(desk, order, report):
        if not (isinstance(event, Accepted) and order.state is OrderState.SUBMITTED):
            yield event


async def _does_nothing(*_: Any) -> None:
    return


async def _is_sure(*_: Any) -> bool:
    return True


def _says_yes(*_: Any) -> bool:
    return True


_TAKES: Final = tuple(f"tradecore.desk.{module}.take" for module in ("entries", "exits", "bookings", "recovery"))
_CHASERS: Final = ("confirming", "protecting", "kill_switch", "recovering")
_HAND: Final = "tradecore.usecases.floor._handed_over"

SENDING: Final[dict[str, Planted]] = {
    "blind retry under a new id": replaced(_HAND, by=_tries_again),
    "duplicate id read as refusal": _takes_duplicates_for_refused,
    "unknown outcome read as refusal": replaced(_HAND, by=_reads_unknown_as_refusal),
    "unknown outcome read as received": replaced(_HAND, by=_reads_unknown_as_received),
    "sent again after the ticket expired": replaced("tradecore.desk.unknowns._is_wanted", by=_wants_it_for_ever),
    'the first "not found" ends an order': replaced("tradecore.usecases.asking_broker._is_final", by=_says_yes),
    "order leaves before its intent is durable": replaced(
        "tradecore.usecases.floor.TradingFloor.make_durable", by=_does_nothing
    ),
    "sync does nothing": replaced("tests.simulation.crashing_journal.CrashingJournal.make_durable", by=_does_nothing),
    "entry found late works on": replaced("tradecore.desk.bookings._found", by=_leaves_what_is_found),
    "cancel treated as final": replaced(*_TAKES, by=_cancels_at_once),
    "refused cancel never repeated": replaced("tradecore.usecases.floor._insist", by=_does_nothing),
    "a lost acceptance is never found": replaced(
        "tradecore.usecases.asking_broker._events_of", by=_hears_no_acceptance
    ),
    "next price before the last one's fills are known": replaced(
        "tradecore.usecases.working.fills_are_known", by=_is_sure
    ),
    "exits give up after one try": replaced(
        *(f"tradecore.usecases.{module}.chase_exit" for module in _CHASERS), by=_does_nothing
    ),
}
