"""Bugs a trading desk has had somewhere, each planted by a patch and only from here: the simulation must catch them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, Final
from unittest.mock import patch

from tests.simulation.crashing_journal import CrashingJournal
from tests.simulation.witness import Witness

from tradecore.desk import bookings, redemption
from tradecore.desk.commands import Redeem
from tradecore.desk.desk import Desk
from tradecore.desk.state import DeskState
from tradecore.desk.tickets import Ticket, TicketBook
from tradecore.errors import DuplicateOrder, OutcomeUnknown, Rejected
from tradecore.model import order_lifecycle
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.events import Canceled, Filled
from tradecore.model.money import ZERO
from tradecore.model.order_lifecycle import Progress
from tradecore.model.orders import Order
from tradecore.risk.picture import AccountExposure
from tradecore.usecases.floor import TradingFloor

Planted = Callable[[], AbstractContextManager[None]]


@contextmanager
def _blind_retry() -> Iterator[None]:
    """A time-out is answered by sending the order again under a new id."""
    submit = Witness.submit

    async def submits(self: Witness, order: ConfirmedOrder) -> None:
        try:
            await submit(self, order)
        except OutcomeUnknown:
            again = _renamed(order)
            await submit(self, again)

    with patch.object(Witness, "submit", submits):
        yield


@contextmanager
def _duplicate_is_a_refusal() -> Iterator[None]:
    """The venue's "client_order_id must be unique" is read as "this order was refused"."""
    submit = Witness.submit

    async def submits(self: Witness, order: ConfirmedOrder) -> None:
        try:
            await submit(self, order)
        except DuplicateOrder as known:
            raise Rejected(str(known)) from known

    with patch.object(Witness, "submit", submits):
        yield


@contextmanager
def _unknown_is_a_refusal() -> Iterator[None]:
    """An order whose outcome nobody knows is taken as refused."""
    submit = Witness.submit

    async def submits(self: Witness, order: ConfirmedOrder) -> None:
        try:
            await submit(self, order)
        except OutcomeUnknown as unknown:
            raise Rejected(str(unknown)) from unknown

    with patch.object(Witness, "submit", submits):
        yield


@contextmanager
def _nothing_is_made_durable() -> Iterator[None]:
    """Orders leave without waiting for the journal."""

    async def goes_on(_: TradingFloor) -> None:
        return

    with patch.object(TradingFloor, "make_durable", goes_on):
        yield


@contextmanager
def _the_sync_does_nothing() -> Iterator[None]:
    """The journal says it is durable and never asked the device."""

    async def lies(_: CrashingJournal) -> None:
        return

    with patch.object(CrashingJournal, "make_durable", lies):
        yield


@contextmanager
def _cancel_is_final() -> Iterator[None]:
    """Whoever asked for a cancellation takes the order as cancelled and hears nothing of it any more."""
    apply_event = order_lifecycle.apply_event

    def deaf(order: Order, event: Any) -> Progress:
        if isinstance(event, Filled) and order.state is order_lifecycle.S.PENDING_CANCEL:
            return apply_event(order, Canceled(event.client_order_id, event.at))
        return apply_event(order, event)

    with patch.object(bookings, "apply_event", deaf):
        yield


@contextmanager
def _tokens_work_twice() -> Iterator[None]:
    """A redeemed ticket stays open."""

    def forgets(_self: TicketBook, _ticket: Ticket) -> None:
        return

    with patch.object(TicketBook, "redeem", forgets):
        yield


@contextmanager
def _arguments_are_not_compared() -> Iterator[None]:
    """What is repeated beside a token overrides the ticket, unseen."""
    redeem = redemption.redeem

    def trusting(state: DeskState, command: Redeem) -> Any:
        ticket = state.tickets.find(command.token_hash, command.principal)
        asked = dict(command.given).get("contracts")
        if ticket is not None and asked is not None and ticket.orders:
            plan = replace(ticket.orders[0], quantity=type(ticket.orders[0].quantity)(asked))
            state.tickets.issue(replace(ticket, orders=(plan, *ticket.orders[1:])))
        return redeem(state, replace(command, given=()))

    with patch.dict("tradecore.desk.desk._HANDLERS", {Redeem: trusting}):
        yield


@contextmanager
def _tickets_never_expire() -> Iterator[None]:
    """An old price is as good as a new one."""
    redeem = redemption.redeem

    def patient(state: DeskState, command: Redeem) -> Any:
        ticket = state.tickets.find(command.token_hash, command.principal)
        if ticket is not None and command.at >= ticket.expires_at:
            state.tickets.show(ticket, command.at.replace(year=command.at.year + 1))
        return redeem(state, command)

    with patch.dict("tradecore.desk.desk._HANDLERS", {Redeem: patient}):
        yield


@contextmanager
def _the_cap_is_stale() -> Iterator[None]:
    """Losses of the day are not looked up again."""
    exposure = DeskState.exposure

    def of_the_morning(self: DeskState) -> AccountExposure:
        return replace(exposure(self), realised_today=ZERO, fees_today=ZERO)

    with patch.object(DeskState, "exposure", of_the_morning):
        yield


@contextmanager
def _working_orders_do_not_count() -> Iterator[None]:
    """Only what is filled counts toward the cap."""
    exposure = DeskState.exposure

    def only_filled(self: DeskState) -> AccountExposure:
        return replace(exposure(self), working=())

    with patch.object(DeskState, "exposure", only_filled):
        yield


@contextmanager
def _fills_count_twice() -> Iterator[None]:
    """An execution heard twice is booked twice."""
    apply_event = order_lifecycle.apply_event

    def forgetful(order: Order, event: Any) -> Progress:
        if isinstance(event, Filled) and any(fill.exec_id == event.exec_id for fill in order.fills):
            return apply_event(order, replace(event, exec_id=f"{event.exec_id}-again"))
        return apply_event(order, event)

    with patch.object(bookings, "apply_event", forgetful):
        yield


@contextmanager
def _the_last_hop_does_not_look() -> Iterator[None]:
    """An entry that was withdrawn while the journal was synced leaves all the same."""

    def always(_self: Desk, _order_id: str) -> bool:
        return True

    with patch.object(Desk, "may_still_send", always):
        yield


@contextmanager
def _excess_is_not_withdrawn() -> Iterator[None]:
    """Two exits of one holding work on, and a late fill withdraws nothing."""

    def nothing(_state: DeskState, _group: Any) -> list[Any]:
        return []

    with patch.object(bookings, "_withdraw_excess", nothing):
        yield


@contextmanager
def _late_fills_are_dropped() -> Iterator[None]:
    """A fill of an ended order is taken as a mistake of the venue."""
    apply_event = order_lifecycle.apply_event

    def strict(order: Order, event: Any) -> Progress:
        if isinstance(event, Filled) and order.is_ended:
            return Progress(order, repeated=True)
        return apply_event(order, event)

    with patch.object(bookings, "apply_event", strict):
        yield


def _renamed(order: ConfirmedOrder) -> ConfirmedOrder:
    renamed: ConfirmedOrder = object.__new__(ConfirmedOrder)
    for name in order.__dataclass_fields__:
        if name != "seal":
            object.__setattr__(renamed, name, getattr(order, name))
    head, intent, number = order.client_order_id.split("-")
    object.__setattr__(renamed, "client_order_id", f"{head}-{intent}-{int(number) + 100}")
    return renamed


PLANTED: Final[dict[str, Planted]] = {
    "blind retry under a new id": _blind_retry,
    "duplicate id read as refusal": _duplicate_is_a_refusal,
    "unknown outcome read as refusal": _unknown_is_a_refusal,
    "order leaves before its intent is durable": _nothing_is_made_durable,
    "sync does nothing": _the_sync_does_nothing,
    "cancel treated as final": _cancel_is_final,
    "token works twice": _tokens_work_twice,
    "arguments not bound to the token": _arguments_are_not_compared,
    "tickets never expire": _tickets_never_expire,
    "stale cap": _the_cap_is_stale,
    "working orders do not count": _working_orders_do_not_count,
    "fills counted twice": _fills_count_twice,
    "kill switch ignored at the last hop": _the_last_hop_does_not_look,
    "excess not withdrawn": _excess_is_not_withdrawn,
    "late fills dropped": _late_fills_are_dropped,
}
