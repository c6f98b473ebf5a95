"""A slice of the campaign of lost frames, and bugs that it must catch."""

from dataclasses import replace
from typing import Any

import pytest
from tests.campaigns import lost_frames

from tradecore.desk import bookings
from tradecore.model import order_lifecycle
from tradecore.model.events import Filled
from tradecore.model.order_lifecycle import Progress
from tradecore.model.orders import Order
from tradecore.usecases import asking_broker
from tradecore.usecases.floor import TradingFloor


def test_every_fill_is_booked_once() -> None:
    share = lost_frames.run(2, 400)
    assert share.failures == []
    assert share.tried >= 400
    assert min(share.kinds[kind] for kind in ("bought", "sold", "frames lost", "frames doubled")) > 50


def books_twice(order: Order, event: Any) -> Progress:
    """An execution that comes again is booked again."""
    if isinstance(event, Filled) and any(fill.exec_id == event.exec_id for fill in order.fills):
        return APPLY(order, replace(event, exec_id=f"{event.exec_id}-again"))
    return APPLY(order, event)


def drops_late_ones(order: Order, event: Any) -> Progress:
    """A fill of an order that has ended is taken for a mistake."""
    if isinstance(event, Filled) and order.is_ended:
        return Progress(order, repeated=True)
    return APPLY(order, event)


async def asks_nothing(_floor: TradingFloor, _since: Any) -> None:
    """What the stream lost is not asked for."""


APPLY = order_lifecycle.apply_event
BUGS: dict[str, tuple[Any, str, Any]] = {
    "a repeated fill is booked again": (bookings, "apply_event", books_twice),
    "a late fill is dropped": (bookings, "apply_event", drops_late_ones),
    "the poll asks for no executions": (asking_broker, "_take_executions", asks_nothing),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, name, broken = BUGS[bug]
    monkeypatch.setattr(where, name, broken)
    assert any(lost_frames.run(seed, 100).failed for seed in range(1, 20))
