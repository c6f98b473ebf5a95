# mypy: disable-error-code="comparison-overlap"
"""The kill switch: at any point, at once, and not undone by a stale ticket."""

from decimal import Decimal

import pytest

from tradecore.desk.commands import Halt
from tradecore.desk.decisions import Confirmed, Done, Previewed, Refused
from tradecore.desk.latches import Latch
from tradecore.model.orders import OrderState, Role
from tradecore.risk.picture import TradingState
from tradecore.testing.builders import a_desk, a_proposal, some_limits
from tradecore.testing.desk_driver import DeskDriver, alert_codes, cancels, sends


def code(decision: object) -> str:
    outcome = getattr(decision, "outcome", None)
    assert isinstance(outcome, Refused), outcome
    return outcome.code


def state(desk: DeskDriver) -> TradingState:
    return desk.desk.trading[0]


@pytest.mark.parametrize("moment", ["flat", "previewed", "sent", "accepted", "partly filled", "held", "closing"])
def test_at_any_moment_it_blocks_openings_withdraws_entries_and_keeps_exits(moment: str) -> None:
    desk = DeskDriver()
    entry = "tc-i1-0"
    if moment != "flat":
        desk.preview(a_proposal(contracts="2"))
    if moment not in ("flat", "previewed"):
        desk.confirm(1)
    if moment not in ("flat", "previewed", "sent"):
        desk.accept(entry)
    if moment in ("partly filled", "held", "closing"):
        desk.fill(entry, "1" if moment == "partly filled" else "2")
    if moment == "closing":
        desk.trigger("cut_off")
    exits = {i: o for i, o in desk.desk.orders.items() if o.role is not Role.ENTRY}
    decision = desk.kill()
    assert state(desk) is TradingState.REDUCING
    assert alert_codes(decision) == ["KILL_SWITCH"]
    assert sends(decision) == []
    live = moment in ("sent", "accepted", "partly filled")
    assert cancels(decision) == ([entry] if live else [])
    assert {i: o for i, o in desk.desk.orders.items() if o.role is not Role.ENTRY} == exits
    assert code(desk.preview()) == "RISK_REFUSED"
    if moment == "previewed":
        assert code(desk.confirm(1)) == "RISK_REFUSED"
        assert desk.desk.orders == {}
    assert desk.step_entry().actions == ()


def test_stops_still_fire_and_positions_still_close() -> None:
    desk = DeskDriver()
    desk.hold("2")
    desk.kill()
    desk.preview_close(quantity="1")
    (part,) = sends(desk.confirm())
    desk.fill(part.order.client_order_id, "1", "0.9")
    (rest,) = sends(desk.trigger("stop", "0.5", "0.5"))
    desk.accept(rest.order.client_order_id)
    assert cancels(desk.step_exit("1")) == [rest.order.client_order_id]
    desk.canceled(rest.order.client_order_id)
    assert len(sends(desk.step_exit("5"))) == 1


def test_an_entry_that_fills_while_it_is_being_withdrawn_is_protected() -> None:
    desk = DeskDriver()
    order_id = desk.enter()
    desk.kill()
    desk.fill(order_id)
    assert desk.order(order_id).state is OrderState.FILLED
    assert {o.role for o in desk.desk.orders.values() if o.state is OrderState.EMULATED} == {Role.STOP, Role.TARGET}


def test_flatten_closes_everything_once_per_latch() -> None:
    desk = DeskDriver()
    desk.hold("2")
    (send,) = sends(desk.kill(flatten=True))
    assert send.order.quantity == 2
    assert send.order.authority == "kill switch 1"
    desk.accept(send.order.client_order_id)
    desk.canceled(send.order.client_order_id)
    assert sends(desk.kill(flatten=True)) == [], "the exit under way goes on by itself"
    assert len(sends(desk.step_exit("5"))) == 1


def test_flatten_may_follow_an_engagement_without_it() -> None:
    desk = DeskDriver()
    desk.hold()
    desk.kill()
    assert len(sends(desk.kill(flatten=True))) == 1


def test_flatten_widens_a_closing_of_part() -> None:
    """One of two is being sold when everything has to go: the second follows the first."""
    desk = DeskDriver()
    desk.hold("2")
    desk.preview_close(quantity="1")
    (part,) = sends(desk.confirm())
    desk.kill(flatten=True)
    desk.accept(part.order.client_order_id)
    desk.fill(part.order.client_order_id, "1", "0.9")
    assert desk.desk.exit_needs_push("ORB-1", desk.view(), Decimal(1))
    (rest,) = sends(desk.step_exit("1"))
    assert rest.order.quantity == 1
    desk.fill(rest.order.client_order_id, "1", "0.9")
    assert not desk.group().is_open


def test_a_new_latch_may_flatten_again() -> None:
    desk = DeskDriver()
    desk.kill(flatten=True)
    desk.preview_lift()
    desk.confirm()
    desk.hold()
    assert sends(desk.kill(flatten=True))[0].order.authority == "kill switch 2"


def test_lifting_takes_a_ticket() -> None:
    desk = DeskDriver()
    desk.kill()
    assert isinstance(desk.preview_lift().outcome, Previewed)
    assert state(desk) is TradingState.REDUCING
    lifted = desk.confirm()
    assert isinstance(lifted.outcome, Confirmed)
    assert alert_codes(lifted) == ["KILL_SWITCH_LIFTED"]
    assert state(desk) is TradingState.ACTIVE
    assert isinstance(desk.preview().outcome, Previewed)


def test_a_lift_ticket_expires_and_is_single_use() -> None:
    desk = DeskDriver()
    desk.kill()
    desk.preview_lift()
    number = desk.tickets
    desk.wait(30)
    assert isinstance(desk.confirm(number).outcome, Previewed)
    assert state(desk) is TradingState.REDUCING
    desk.confirm(desk.tickets)
    assert state(desk) is TradingState.ACTIVE


@pytest.mark.parametrize("lifted_between", [False, True])
def test_a_lift_ticket_from_before_a_re_engagement_is_dead(lifted_between: bool) -> None:
    desk = DeskDriver()
    desk.kill()
    desk.preview_lift()
    old = desk.tickets
    if lifted_between:
        desk.preview_lift()
        desk.confirm(desk.tickets)
    desk.kill()
    assert code(desk.confirm(old)) == "TOKEN_SUPERSEDED"
    assert state(desk) is TradingState.REDUCING


def test_live_mode_never_lifts_here() -> None:
    desk = DeskDriver(desk=a_desk(mode="live"))
    desk.kill()
    assert code(desk.preview_lift()) == "OPERATOR_ONLY"


def test_there_is_nothing_to_lift_while_trading() -> None:
    assert code(DeskDriver().preview_lift()) == "NOT_ENGAGED"


def test_lifting_the_kill_switch_does_not_lift_the_loss_latch() -> None:
    """Two contracts from 1.00 to nothing lose $200 of 200."""
    desk = DeskDriver(desk=a_desk(limits=some_limits(max_daily_loss=Decimal(205))))
    desk.hold("2")
    (send,) = sends(desk.trigger("cut_off"))
    desk.fill(send.order.client_order_id, "2", "0.00", fee="5")
    assert state(desk) is TradingState.REDUCING
    desk.kill()
    desk.preview_lift()
    desk.confirm()
    assert set(desk.desk.latches) == {Latch.DAILY_LOSS}
    assert state(desk) is TradingState.REDUCING


def test_a_halted_desk_closes_nothing_and_still_cancels() -> None:
    desk = DeskDriver()
    desk.hold()
    desk.wait(60)
    entry = desk.enter(strategy="other")
    desk.preview_close("ORB-1")
    number = desk.tickets
    assert "ORB-1 1" in desk.desk.handle(Halt(at=desk.now, principal="op", reason="a drill")).alerts[0].message
    assert code(desk.preview_close("ORB-1")) == "HALTED"
    assert code(desk.confirm(number)) == "HALTED"
    assert code(desk.trigger("cut_off")) == "HALTED"
    assert code(desk.preview()) == "RISK_REFUSED"
    decision = desk.kill(flatten=True)
    assert isinstance(decision.outcome, Done)
    assert cancels(decision) == [entry]
    assert sends(decision) == []
    assert state(desk) is TradingState.HALTED
