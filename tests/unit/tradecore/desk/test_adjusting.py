# mypy: disable-error-code="comparison-overlap"
"""A way out is tightened at once and loosened only by a confirmed ticket."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.tradecore.desk.test_protection import a_market, armed, code

from tradecore.desk.commands import AdjustProtection, PreviewAdjustment
from tradecore.desk.decisions import Confirmed, Decision, Done, Previewed
from tradecore.desk.folding import Folding
from tradecore.model.encoding import encode
from tradecore.model.instruments import Price
from tradecore.model.orders import Role
from tradecore.model.plans import Protection
from tradecore.model.terms import Limit, Stop
from tradecore.testing.builders import a_ticket
from tradecore.testing.desk_driver import DeskDriver


def changed(desk: DeskDriver, **levels: str | None) -> Protection:
    protection = desk.group().protection
    assert protection is not None
    return replace(protection, **{name: None if v is None else Decimal(v) for name, v in levels.items()})  # type: ignore[arg-type]


def adjust(desk: DeskDriver, bid: str = "1.00", **levels: str | None) -> Decision:
    command = AdjustProtection(
        at=desk.now, principal="model", group="ORB-1", protection=changed(desk, **levels), why="asked",
        view=a_market(bid),
    )  # fmt: skip
    return desk.desk.handle(command)


def preview(desk: DeskDriver, bid: str = "1.00", **levels: str | None) -> Decision:
    desk.tickets += 1
    command = PreviewAdjustment(
        at=desk.now, principal="model", ticket=a_ticket(desk.tickets), group="ORB-1",
        protection=changed(desk, **levels), view=a_market(bid),
    )  # fmt: skip
    return desk.desk.handle(command)


def stop_of(desk: DeskDriver) -> Decimal | None:
    order = armed(desk, Role.STOP)
    if order is None:
        return None
    assert isinstance(order.terms, Stop)
    return Decimal(order.terms.trigger)


def held() -> DeskDriver:
    """One call bought at 1.00, with a stop at 0.50 and a target at 2.00."""
    desk = DeskDriver()
    desk.hold("1")
    return desk


def test_a_higher_stop_and_a_nearer_target_work_at_once() -> None:
    desk = held()
    decision = adjust(desk, stop_level="0.80", target_level="1.50")
    assert isinstance(decision.outcome, Done)
    assert "stop 0.50 -> 0.80" in decision.outcome.what
    assert "target 2.00 -> 1.50" in decision.outcome.what
    target = armed(desk, Role.TARGET)
    assert stop_of(desk) == Decimal("0.80")
    assert target is not None
    assert target.terms == Limit(Price(Decimal("1.50")))
    assert decision.actions == (), "emulated exits never leave the house"


@pytest.mark.parametrize(
    "levels",
    [
        {"stop_level": "0.49"},
        {"target_level": "2.01"},
        {"stop_pct": None},
        {"target_pct": None},
        {"stop_level": "0.80", "target_level": "3.00"},
    ],
)
def test_what_leaves_later_in_any_respect_needs_a_ticket(levels: dict[str, Any]) -> None:
    desk = held()
    assert code(adjust(desk, **levels)) == "LOOSER"
    assert stop_of(desk) == Decimal("0.50")


def test_a_confirmed_ticket_loosens() -> None:
    desk = held()
    shown = preview(desk, stop_level="0.30")
    assert isinstance(shown.outcome, Previewed)
    assert "stop 0.50 -> 0.30" in shown.outcome.adjusts
    assert stop_of(desk) == Decimal("0.50"), "a preview changes nothing"
    done = desk.confirm(view=a_market("1.00"))
    assert isinstance(done.outcome, Confirmed)
    assert (done.outcome.groups, done.actions, stop_of(desk)) == (("ORB-1",), (), Decimal("0.30"))


def test_a_ticket_changes_only_what_it_was_previewed_to_change() -> None:
    desk = held()
    preview(desk, target_level="3.00")
    adjust(desk, stop_level="0.80")
    done = desk.confirm(view=a_market("1.00"))
    assert isinstance(done.outcome, Confirmed)
    assert desk.group().exit_levels() == (Decimal("0.80"), Decimal("3.00")), "the stop was raised meanwhile and stays"


def test_what_was_tightened_meanwhile_is_loosened_only_by_a_new_yes() -> None:
    desk = held()
    preview(desk, stop_level="0.30")
    adjust(desk, stop_level="0.80", target_level="1.50")
    shown = desk.confirm(view=a_market("1.00"))
    assert isinstance(shown.outcome, Previewed)
    assert shown.outcome.adjusts == "ORB-1: stop 0.80 -> 0.30"
    assert desk.group().exit_levels() == (Decimal("0.80"), Decimal("1.50"))


def test_a_level_that_the_market_passed_is_refused_also_when_it_is_confirmed() -> None:
    desk = held()
    assert code(adjust(desk, bid="0.90", stop_level="0.90")) == "WOULD_FIRE_NOW"
    assert code(adjust(desk, bid="1.60", target_level="1.60")) == "WOULD_FIRE_NOW"
    assert code(adjust(desk, stop_level="1.60", target_level="1.50")) == "LEVELS_CROSSED"
    preview(desk, bid="1.00", stop_level="0.40")
    assert code(desk.confirm(view=a_market("0.39"))) == "WOULD_FIRE_NOW"
    assert stop_of(desk) == Decimal("0.50")


def test_while_the_desk_only_reduces_a_stop_may_be_raised_and_not_lowered() -> None:
    desk = held()
    preview(desk, stop_level="0.30")
    before = desk.tickets
    desk.kill()
    assert code(preview(desk, stop_level="0.30")) == "REDUCING"
    assert code(desk.confirm(before, view=a_market("1.00"))) == "REDUCING"
    assert isinstance(adjust(desk, stop_level="0.70").outcome, Done)


def test_a_group_that_is_being_closed_or_is_closed_can_not_be_managed() -> None:
    desk = held()
    desk.trigger("cut_off")
    assert code(adjust(desk, stop_level="0.80")) == "EXIT_WORKING"
    desk.fill(desk.order(desk.group().order_ids[-1]).client_order_id, "1", "1.00")
    assert code(adjust(desk, stop_level="0.80")) == "NOTHING_TO_MANAGE"


def test_the_new_levels_fire_and_the_old_ones_do_not() -> None:
    desk = held()
    adjust(desk, stop_level="0.80")
    fired = desk.trigger("stop", "0.80", "0.79")
    assert isinstance(fired.outcome, Done)
    assert len(fired.actions) == 1


def test_a_removed_target_is_taken_down_and_a_restart_keeps_what_was_put_in_place() -> None:
    desk = held()
    folding = Folding(desk.desk.opening)
    folding.take(encode(desk.desk.after_images()))
    preview(desk, target_pct=None, stop_level="0.60")
    desk.confirm(view=a_market("1.00"))
    assert armed(desk, Role.TARGET) is None
    folding.take(encode(desk.desk.after_images()))
    (group,) = folding.state().open_groups
    assert group.exit_levels() == (Decimal("0.60"), None)
