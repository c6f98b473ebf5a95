"""Planted bugs of what the venue says: fills, busts, corrections, what others did, what is asked for."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from tests.simulation.planting import Planted, apply_event, events_applied, replaced

from tradecore.desk import bookings, external
from tradecore.desk.decisions import Applied, Decision
from tradecore.desk.opening import DeskOpening
from tradecore.desk.state import DeskState
from tradecore.model.events import BrokerEvent, Busted, Corrected, Filled
from tradecore.model.order_lifecycle import Progress
from tradecore.model.orders import Order, OrderState
from tradecore.model.terms import Side
from tradecore.usecases import recovering
from tradecore.usecases.floor import TradingFloor

_apply_external = bookings._apply_external
_recover = recovering.recover


def _drops_late_fills(order: Order, event: BrokerEvent) -> Progress:
    return Progress(order, repeated=True) if isinstance(event, Filled) and order.is_ended else apply_event(order, event)


def _books_again(order: Order, event: BrokerEvent) -> Progress:
    if isinstance(event, Filled) and any(fill.exec_id == event.exec_id for fill in order.fills):
        again = replace(event, exec_id=f"{event.exec_id}-again{len(order.fills)}")
        return Progress(replace(order, fills=(*order.fills, again)), booked=again)
    return apply_event(order, event)


def _ignores_busts(order: Order, event: BrokerEvent) -> Progress:
    return Progress(order, repeated=True) if isinstance(event, Busted) else apply_event(order, event)


def _ignores_corrections(order: Order, event: BrokerEvent) -> Progress:
    return Progress(order, repeated=True) if isinstance(event, Corrected) else apply_event(order, event)


def _takes_any_fill_for_the_last(order: Order, event: BrokerEvent) -> Progress:
    progress = apply_event(order, event)
    if isinstance(event, Filled) and progress.order.state is OrderState.PARTIALLY_FILLED:
        return replace(progress, order=progress.order.with_state(OrderState.FILLED))
    return progress


def _ignores_others(_: DeskState, event: BrokerEvent) -> Decision:
    return Decision(outcome=Applied(client_order_id=event.client_order_id, state=None, filled_quantity=None))


def _ignores_liquidations(state: DeskState, event: BrokerEvent) -> Decision:
    sold = isinstance(event, Filled) and any(
        external._reducible(group, event.instrument, event.side) for group in state.open_groups
    )
    return _ignores_others(state, event) if sold else _apply_external(state, event)


async def _asks_nothing(*_: Any) -> bool:
    return True


async def _looks_back_no_further_than_now(desk: TradingFloor, opening: DeskOpening) -> None:
    desk.asked.executions_since = desk.clock.now()
    await _recover(desk, opening)


def _hears_sales_only_once(order: Order, event: BrokerEvent) -> Progress:
    """One sale an order: the next is taken for a repetition."""
    sale = isinstance(event, Filled) and event.side is Side.SELL
    if sale and any(fill.side is Side.SELL for fill in order.fills):
        return Progress(order, repeated=True)
    return apply_event(order, event)


HEARING: Final[dict[str, Planted]] = {
    "late fills dropped": events_applied(_drops_late_fills),
    "fills counted twice": events_applied(_books_again),
    "busts ignored": events_applied(_ignores_busts),
    "corrections ignored": events_applied(_ignores_corrections),
    "any fill taken for the last": events_applied(_takes_any_fill_for_the_last),
    "the second sale taken for a repetition": events_applied(_hears_sales_only_once),
    "fills of others ignored": replaced("tradecore.desk.bookings._apply_external", by=_ignores_others),
    "liquidation ignored": replaced("tradecore.desk.bookings._apply_external", by=_ignores_liquidations),
    "nobody asks the venue": replaced(
        "tradecore.usecases.keeping.ask_broker", "tradecore.usecases.reconciling.ask_broker", by=_asks_nothing
    ),
    "fills of the time before a restart are not asked for": replaced(
        "tests.simulation.start_desk.recover", by=_looks_back_no_further_than_now
    ),
    "executions asked for without overlap": replaced("tradecore.usecases.asking_broker._OVERLAP", by=timedelta(0)),
}
