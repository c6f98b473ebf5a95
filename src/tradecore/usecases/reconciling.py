"""Comparing the broker's books with ours, when asked, at start and on a timer."""

from dataclasses import dataclass

from tradecore.desk.commands import Reconcile
from tradecore.desk.decisions import Difference, Reconciled
from tradecore.errors import Unavailable
from tradecore.usecases.asking_broker import ask_broker
from tradecore.usecases.floor import ANSWERS_WITHIN_S, TradingFloor, decide


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileAnswer:
    """What a comparison found; `unknown` are orders whose outcome is still not known, `locked` locked instruments."""

    status: str
    differences: tuple[Difference, ...]
    unknown: tuple[str, ...]
    locked: tuple[str, ...]


async def reconcile(floor: TradingFloor) -> ReconcileAnswer:
    """
    Take in what the broker says of our orders and executions, then compare orders, positions and cash.

    Raises:
        PortError, TimeoutError: The broker did not answer; nothing was compared.
    """
    if not await ask_broker(floor):
        raise Unavailable("the broker does not answer; nothing was compared")
    ask = floor.timers.within
    orders = await ask(ANSWERS_WITHIN_S, floor.broker.open_orders())
    positions = await ask(ANSWERS_WITHIN_S, floor.broker.positions())
    account = await ask(ANSWERS_WITHIN_S, floor.broker.account())
    command = Reconcile(at=floor.clock.now(), orders=tuple(orders), positions=tuple(positions), account=account)
    outcome = (await decide(floor, command)).outcome
    if not isinstance(outcome, Reconciled):
        raise TypeError(f"a reconciliation can't end in {type(outcome).__name__}")
    return ReconcileAnswer(
        status="differs" if outcome.differences else "agrees",
        differences=outcome.differences,
        unknown=tuple(order.client_order_id for order in floor.desk.orders.values() if order.is_unknown),
        locked=floor.desk.locked,
    )
