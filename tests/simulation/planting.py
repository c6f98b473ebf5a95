"""How a bug is planted: a patch for as long as a session runs."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any
from unittest.mock import patch

from tradecore.errors import IllegalTransition
from tradecore.model import order_lifecycle
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.events import BrokerEvent
from tradecore.model.order_lifecycle import Progress
from tradecore.model.orders import Order

Planted = Callable[[], AbstractContextManager[object]]

apply_event = order_lifecycle.apply_event


def replaced(*targets: str, by: object) -> Planted:
    """Plant one object in place of each of these names."""

    def plant() -> AbstractContextManager[object]:
        stack = ExitStack()
        for target in targets:
            stack.enter_context(patch(target, by))
        return stack

    return plant


def events_applied(by: Callable[[Order, BrokerEvent], Progress]) -> Planted:
    """Plant another way to apply what the venue says; what is known already is told as before."""

    def is_known(state: Any, event: BrokerEvent) -> bool:
        order = state.orders.get(event.client_order_id)
        try:
            return order is not None and apply_event(order, event).repeated
        except IllegalTransition:
            return False

    def plant() -> AbstractContextManager[object]:
        stack = ExitStack()
        stack.enter_context(patch("tradecore.desk.bookings.apply_event", by))
        stack.enter_context(patch("tradecore.desk.bookings.is_known", is_known))
        return stack

    return plant


def renamed(order: ConfirmedOrder) -> ConfirmedOrder:
    """The same order under another id."""
    copy: ConfirmedOrder = object.__new__(ConfirmedOrder)
    for name in order.__dataclass_fields__:
        if name != "seal":
            object.__setattr__(copy, name, getattr(order, name))
    head, intent, number = order.client_order_id.split("-")
    object.__setattr__(copy, "client_order_id", f"{head}-{intent}-{int(number) + 100}")
    return copy
