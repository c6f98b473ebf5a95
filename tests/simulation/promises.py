"""What previews offered, and whether an order that leaves keeps to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.plans import PlannedOrder
from tradecore.model.terms import Limit


@dataclass(slots=True)
class Promise:
    """
    What one preview offered: so many units, until then; `given` once its exact token came back in time.

    `plan` is the order of an opening ticket, None for one that only closes or lifts.
    """

    quantity: Decimal
    expires_at: datetime
    plan: PlannedOrder | None = None
    given: bool = False


def departures(order: ConfirmedOrder, promise: Promise | None, *, again: bool) -> Iterator[str]:
    """Where an order that takes risk departs from what was confirmed; `again` when this id left before."""
    order_id = order.client_order_id
    if promise is None or not promise.given or promise.plan is None:
        yield f"{order_id} takes risk that nobody confirmed"
        return
    first = order_id.endswith("-0")
    if first and not again and order.confirmed_at >= promise.expires_at:
        yield f"{order_id} was confirmed when its ticket had expired"
    if again and order.confirmed_at >= promise.expires_at:
        yield f"{order_id} was sent again when its ticket had expired"
    worst = promise.plan.worst_price
    if isinstance(order.terms, Limit) and worst is not None and order.terms.price > worst:
        yield f"{order_id} asks for {order.terms.price}, worse than the {worst} of its ticket"
    if order.legs != promise.plan.legs:
        yield f"{order_id} has other legs than its ticket"
