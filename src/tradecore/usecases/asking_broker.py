"""
Asking the broker what became of our orders: the poll beside the stream.

Both feed the same path, where an execution counts once and an event that was known changes nothing; so a lost frame is
found here, and an order whose outcome is unknown is looked up here until the venue's own evidence ends it.
"""

from collections.abc import Coroutine, Iterator
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from tradecore.desk.commands import NotFound, Sending, SendingOutcome
from tradecore.errors import PortError
from tradecore.model.events import Accepted, BrokerEvent, Canceled, CancelRefused, Expired, Refused
from tradecore.model.orders import Order, OrderState
from tradecore.ports.broker import BrokerOrder, BrokerOrderStatus
from tradecore.usecases.floor import ANSWERS_WITHIN_S, TradingFloor, decide, take_event
from tradecore.usecases.views import fresh_view

T = TypeVar("T")

_OVERLAP: Final = timedelta(seconds=60)
_CANCEL_TAKES: Final = timedelta(seconds=3)
_FIRST_PATIENCE: Final = timedelta(seconds=1)
_LAST_PATIENCE: Final = timedelta(seconds=30)
_ENDS: Final[dict[BrokerOrderStatus, type[Canceled] | type[Expired]]] = {
    BrokerOrderStatus.CANCELED: Canceled,
    BrokerOrderStatus.EXPIRED: Expired,
}


async def ask_broker(floor: TradingFloor) -> bool:
    """Ask once for executions and for every order that may be at the venue; False when it did not answer."""
    now = floor.clock.now()
    asked = floor.asked
    try:
        await _take_executions(floor, asked.executions_since or floor.desk.opened_at)
        if asked.is_behind:
            asked.is_behind = False
            floor.changed.ring()
        reports = {report.client_order_id: report for report in await _answer(floor, floor.broker.open_orders())}
        for order in _of_interest(floor, reports):
            await _ask_for(floor, order.client_order_id, reports.get(_at_venue(order.client_order_id)))
    except (PortError, TimeoutError):
        return False
    asked.executions_since = now - _OVERLAP
    asked.answered_at = now
    return True


def _of_interest(floor: TradingFloor, reports: dict[str, BrokerOrder]) -> list[Order]:
    """Orders that may be at the venue, and those taken for never sent that the venue has all the same."""
    orders = floor.desk.orders
    denied = [orders[i] for i in reports if i in orders and orders[i].state is OrderState.DENIED]
    return [*floor.desk.live_orders, *denied]


async def _take_executions(floor: TradingFloor, since: datetime) -> None:
    for event in await _answer(floor, floor.broker.executions(since)):
        if not floor.desk.knows(event):
            await take_event(floor, event)


async def _ask_for(floor: TradingFloor, order_id: str, report: BrokerOrder | None) -> None:
    if report is None:
        if not _is_due(floor, order_id):
            return
        report = await _answer(floor, floor.broker.order(_at_venue(order_id)))
    if report is None:
        await _not_found(floor, order_id)
        return
    floor.asked.patience.pop(order_id, None)
    floor.asked.again_at.pop(order_id, None)
    # Its executions come first, so that what ends it does not come before what filled it.
    if not await _caught_up(floor, order_id, report) and not report.open:
        return
    for event in _events_of(floor, floor.desk.orders[order_id], report):
        if not floor.desk.knows(event):
            await take_event(floor, event)


async def fills_are_known(floor: TradingFloor, order_id: str) -> bool:
    """
    Whether the venue says that an order has ended, and with exactly the fills that we know; missing ones are fetched.

    Asked before another order takes the place of one that was withdrawn: a fill whose message was lost would be bought
    or sold a second time.
    """
    try:
        report = await _answer(floor, floor.broker.order(order_id))
        return report is not None and not report.open and await _caught_up(floor, order_id, report)
    except (PortError, TimeoutError):
        return False


async def find_missing_legs(floor: TradingFloor) -> None:
    """
    Ask for the other legs of orders of which only some are known to have traded.

    Asked before something is closed: a leg whose message was lost would be left alone, and the known one bought back.
    """
    for group in floor.desk.open_groups:
        orders = [floor.desk.orders[order_id] for order_id in group.order_ids]
        for order in orders:
            if order.begun_quantity != order.cumulative_quantity:
                await fills_are_known(floor, order.client_order_id)


async def _caught_up(floor: TradingFloor, order_id: str, report: BrokerOrder) -> bool:
    if _is_behind(floor.desk.orders[order_id], report):
        await _take_executions(floor, floor.desk.orders[order_id].created_at - _OVERLAP)
    return not _is_behind(floor.desk.orders[order_id], report)


def _at_venue(order_id: str) -> str:
    """The venue's id of an order; one of somebody else's may be shared among several orders here."""
    return order_id.partition("/")[0]


def _is_behind(order: Order, report: BrokerOrder) -> bool:
    if order.quantity != report.quantity:
        # A share of somebody else's order; its executions are asked for anyway.
        return False
    legs = zip(report.legs, report.filled_legs, strict=True)
    return any(filled > order.leg_quantity(leg.instrument) for leg, filled in legs)


def _is_due(floor: TradingFloor, order_id: str) -> bool:
    again_at = floor.asked.again_at.get(order_id)
    return again_at is None or floor.clock.now() >= again_at


async def _not_found(floor: TradingFloor, order_id: str) -> None:
    now, asked = floor.clock.now(), floor.asked
    patience = min(asked.patience.get(order_id, _FIRST_PATIENCE) * 2, _LAST_PATIENCE)
    asked.patience[order_id], asked.again_at[order_id] = patience, now + min(patience, _until_final(floor, order_id))
    if floor.desk.orders[order_id].state is OrderState.SUBMITTED and _answered_long_ago(floor, order_id):
        why = "received, and then not known at the venue"
        await decide(floor, SendingOutcome(at=now, client_order_id=order_id, sending=Sending.UNKNOWN, reason=why))
    if not floor.desk.orders[order_id].is_unknown:
        return
    can = floor.broker.capabilities
    view = await fresh_view(floor, [leg.instrument for leg in floor.desk.orders[order_id].legs])
    command = NotFound(
        at=floor.clock.now(),
        client_order_id=order_id,
        may_send_again=can.unique_ids_for_ever,
        is_final=_is_final(floor, order_id, can.not_found_is_final_after),
        view=view,
    )
    await decide(floor, command)


def _answered_long_ago(floor: TradingFloor, order_id: str) -> bool:
    now = floor.clock.machine_seconds()
    return now - floor.asked.sent.setdefault(order_id, now) > 2 * ANSWERS_WITHIN_S


def _is_final(floor: TradingFloor, order_id: str, bound: timedelta | None) -> bool:
    """
    Whether so long after sending nothing can arrive any more, by the machine's own seconds: a clock can be set.

    An order that an earlier life sent counts from when this one first missed it.
    """
    now = floor.clock.machine_seconds()
    sent = floor.asked.sent.setdefault(order_id, now)
    return bound is not None and now - sent >= bound.total_seconds()


def _until_final(floor: TradingFloor, order_id: str) -> timedelta:
    """Time until "not found" is proof, the longest patience where it is already or never will be."""
    bound = floor.broker.capabilities.not_found_is_final_after
    now = floor.clock.machine_seconds()
    left = 0.0 if bound is None else bound.total_seconds() - (now - floor.asked.sent.setdefault(order_id, now))
    return timedelta(seconds=left) if left > 0 else _LAST_PATIENCE


def _events_of(floor: TradingFloor, order: Order, report: BrokerOrder) -> Iterator[BrokerEvent]:
    now, order_id = floor.clock.now(), order.client_order_id
    if report.status is BrokerOrderStatus.REJECTED:
        yield Refused(order_id, now, "as the venue reports it")
        return
    yield Accepted(order_id, now)
    if report.open:
        yield from _not_cancelled(floor, order, now)
    elif report.status in _ENDS:
        yield _ENDS[report.status](order_id, now)


def _not_cancelled(floor: TradingFloor, order: Order, now: datetime) -> Iterator[BrokerEvent]:
    if order.state is not OrderState.PENDING_CANCEL:
        floor.asked.pending_since.pop(order.client_order_id, None)
        return
    since = floor.asked.pending_since.setdefault(order.client_order_id, now)
    if now - since >= _CANCEL_TAKES:
        del floor.asked.pending_since[order.client_order_id]
        yield CancelRefused(order.client_order_id, now, "it still works, as the venue reports it")


async def _answer(floor: TradingFloor, question: Coroutine[Any, Any, T]) -> T:
    return await floor.timers.within(ANSWERS_WITHIN_S, question)
