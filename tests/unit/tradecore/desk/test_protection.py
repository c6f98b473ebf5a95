# mypy: disable-error-code="comparison-overlap"
"""Exits cover what is held, follow each other, and never give up until the group is flat."""

from decimal import Decimal
from typing import Any

import pytest

from tradecore.desk.decisions import Confirmed, Decision, Done, Refused
from tradecore.model.events import Busted, Corrected
from tradecore.model.instruments import Price
from tradecore.model.money import usd
from tradecore.model.orders import Order, OrderState, Role
from tradecore.model.terms import Effect, Limit, Market, Side, Stop
from tradecore.testing.builders import CALL, a_quote, a_view, some_protection, without
from tradecore.testing.desk_driver import DeskDriver, alert_codes, cancels, sends


def armed(desk: DeskDriver, role: Role, label: str = "ORB-1") -> Order | None:
    """The group's emulated exit of this role."""
    found = [o for o in desk.desk.orders.values() if o.group == label and o.role is role]
    standing = [order for order in found if order.state is OrderState.EMULATED]
    assert len(standing) <= 1
    return standing[0] if standing else None


def a_market(bid: str | None, ask: str | None = None) -> Any:
    return a_view(a_quote(CALL, bid, ask or (None if bid is None else str(Decimal(bid) + Decimal("0.02")))))


def code(decision: Decision) -> str:
    assert isinstance(decision.outcome, Refused), decision.outcome
    assert decision.actions == ()
    return decision.outcome.code


def test_the_first_fill_arms_stop_and_target_for_what_is_filled() -> None:
    """One of two filled at 1.00: stop at 0.50, target at 2.00, one unit each."""
    desk = DeskDriver()
    desk.fill(desk.enter(contracts="2"), "1", "1.00")
    stop, target = armed(desk, Role.STOP), armed(desk, Role.TARGET)
    assert stop is not None
    assert target is not None
    assert (stop.quantity, stop.terms, stop.legs[0].side) == (1, Stop(Price(Decimal("0.50"))), Side.SELL)
    assert (target.quantity, target.terms) == (1, Limit(Price(Decimal("2.00"))))
    assert stop.effect is target.effect is Effect.CLOSE


def test_more_fills_resize_the_exits_to_the_new_average() -> None:
    """1 at 1.00 and 1 at 1.02: average 1.01; half of it is 0.505, on the cent 0.50; target 2.02."""
    desk = DeskDriver()
    order_id = desk.enter(contracts="2")
    desk.fill(order_id, "1", "1.00")
    desk.fill(order_id, "1", "1.02")
    stop, target = armed(desk, Role.STOP), armed(desk, Role.TARGET)
    assert stop is not None
    assert target is not None
    assert (stop.quantity, stop.terms) == (2, Stop(Price(Decimal("0.50"))))
    assert (target.quantity, target.terms) == (2, Limit(Price(Decimal("2.02"))))


def test_a_stop_is_at_least_one_tick_away() -> None:
    """Half of 0.01 is less than a tick: the stop of a one-cent option is at zero."""
    desk = DeskDriver()
    order_id = desk.enter()
    desk.fill(order_id, "1", "0.01")
    assert desk.group().exit_levels() == (Decimal("0.00"), Decimal("0.02"))


@pytest.mark.parametrize(("stop", "target"), [("50", None), (None, "100"), (None, None)])
def test_only_the_wanted_exits_are_armed(stop: str | None, target: str | None) -> None:
    desk = DeskDriver()
    desk.hold(protection=some_protection(stop, target))
    assert (armed(desk, Role.STOP) is None) == (stop is None)
    assert (armed(desk, Role.TARGET) is None) == (target is None)


@pytest.mark.parametrize(
    ("cause", "seen", "fires"),
    [
        ("stop", ("0.50", "0.50"), True),
        ("stop", ("0.49", "0.50"), True),
        ("stop", ("0.50",), False),
        ("stop", ("0.50", "0.51"), False),
        ("stop", ("0.51", "0.49"), False),
        ("stop", (), False),
        ("target", ("2.00",), True),
        ("target", ("1.99",), False),
        ("target", (), False),
        ("cut_off", (), True),
    ],
)
def test_a_trigger_is_believed_only_with_the_prices_that_fire_it(
    cause: str, seen: tuple[str, ...], fires: bool
) -> None:
    desk = DeskDriver()
    desk.hold()
    decision = desk.trigger(cause, *seen, view=a_market("0.50"))
    assert bool(sends(decision)) == fires
    if not fires:
        assert code(decision) == "NOT_TRIGGERED"


def test_a_fired_stop_sells_all_at_the_touch_on_the_ticket_s_authority() -> None:
    desk = DeskDriver()
    desk.hold("2")
    (send,) = sends(desk.trigger("stop", "0.50", "0.48", view=a_market("0.48")))
    assert (send.order.quantity, send.order.effect, send.order.legs[0].side) == (2, Effect.CLOSE, Side.SELL)
    assert send.order.terms == Limit(Price(Decimal("0.48")))
    assert send.order.authority == "ticket i1"


def test_one_exit_at_a_time() -> None:
    desk = DeskDriver()
    desk.hold()
    desk.trigger("stop", "0.50", "0.50")
    for again in (desk.trigger("target", "2.00"), desk.trigger("cut_off"), desk.trigger("stop", "0.5", "0.5")):
        assert isinstance(again.outcome, Done)
        assert again.actions == ()
    assert code(desk.preview_close()) == "EXIT_WORKING"
    live = [o for o in desk.desk.orders.values() if o.effect is Effect.CLOSE and o.may_be_at_venue]
    assert len(live) == 1


def test_an_exit_that_rests_is_withdrawn_and_the_next_goes_through_the_touch_then_to_market() -> None:
    """Bid 1.00: at 1.00, then 5 % through it at 0.95, from five seconds on at market."""
    desk = DeskDriver()
    desk.hold()
    terms = []
    (send,) = sends(desk.trigger("cut_off", view=a_market("1.00")))
    for waited in ("1", "5"):
        order_id = send.order.client_order_id
        terms.append(send.order.terms)
        assert desk.step_exit(waited).actions == (), "it is on its way"
        desk.accept(order_id)
        assert cancels(desk.step_exit(waited)) == [order_id]
        assert desk.step_exit(waited).actions == (), "its cancel is pending"
        desk.canceled(order_id)
        (send,) = sends(desk.step_exit(waited, view=a_market("1.00")))
    terms.append(send.order.terms)
    assert terms == [Limit(Price(Decimal("1.00"))), Limit(Price(Decimal("0.95"))), Market()]
    desk.accept(send.order.client_order_id)
    assert desk.step_exit("9").actions == (), "a market order is left alone"


@pytest.mark.parametrize("end", ["rejected", "not sent", "canceled"])
def test_an_exit_that_ends_unfilled_is_followed_by_the_next(end: str) -> None:
    desk = DeskDriver()
    desk.hold()
    (send,) = sends(desk.trigger("cut_off"))
    for _ in range(5):
        order_id = send.order.client_order_id
        if end == "canceled":
            desk.accept(order_id)
            desk.canceled(order_id)
        else:
            desk.sent(order_id, "refused" if end == "rejected" else "not_sent")
        assert desk.desk.exit_needs_push("ORB-1", desk.view(), Decimal(1))
        (send,) = sends(desk.step_exit("2"))
        assert send.order.client_order_id != order_id
    desk.accept(send.order.client_order_id)
    desk.fill(send.order.client_order_id, "1", "0.9")
    assert desk.desk.exit_is_over("ORB-1")
    assert not desk.group().is_open


def test_an_unknown_exit_is_not_sent_twice() -> None:
    desk = DeskDriver()
    desk.hold()
    (send,) = sends(desk.trigger("cut_off"))
    desk.sent(send.order.client_order_id, "unknown")
    assert desk.step_exit("9").actions == ()


def test_a_partly_filled_exit_is_followed_for_the_rest() -> None:
    desk = DeskDriver()
    desk.hold("2")
    (send,) = sends(desk.trigger("cut_off"))
    desk.accept(send.order.client_order_id)
    desk.fill(send.order.client_order_id, "1", "1.0")
    desk.canceled(send.order.client_order_id)
    (rest,) = sends(desk.step_exit("1"))
    assert rest.order.quantity == 1


@pytest.mark.parametrize(
    ("view", "terms"),
    [
        (a_market(None, "0.02"), Limit(Price(Decimal("0.01")))),
        (without(a_view(), CALL), Limit(Price(Decimal("0.01")))),
        (a_market("NaN", "1"), Limit(Price(Decimal("0.01")))),
        (a_market("0", "0.01"), Limit(Price(Decimal("0.01")))),
        (a_view(a_quote(CALL, "0.90", "0.80", age_s=999)), Limit(Price(Decimal("0.90")))),
    ],
    ids=["no bid", "no quote", "nan", "zero", "crossed and stale"],
)
def test_an_exit_goes_whatever_the_quote(view: Any, terms: Any) -> None:
    desk = DeskDriver()
    desk.hold()
    (send,) = sends(desk.trigger("cut_off", view=view))
    assert send.order.terms == terms


def test_flat_means_no_exit_is_left() -> None:
    desk = DeskDriver()
    desk.hold()
    (send,) = sends(desk.trigger("target", "2.00"))
    decision = desk.fill(send.order.client_order_id, "1", "2.00")
    assert alert_codes(decision) == ["GROUP_CLOSED"]
    assert armed(desk, Role.STOP) is None
    assert armed(desk, Role.TARGET) is None
    assert desk.group().closed_at == desk.now
    # 100 gained, fees 0.05 and 0.05279.
    assert (desk.group().realised, desk.group().fees) == (usd(100), usd("0.10279"))
    assert desk.trigger("stop", "0.1", "0.1").actions == ()


def test_closing_a_group_withdraws_its_entry_first() -> None:
    desk = DeskDriver()
    order_id = desk.enter(contracts="2")
    desk.fill(order_id, "1")
    decision = desk.trigger("stop", "0.50", "0.50")
    assert cancels(decision) == [order_id]
    assert sends(decision)[0].order.quantity == 1
    assert not desk.desk.entry_is_running("i1")


def test_a_late_entry_fill_after_the_exit_is_protected_again() -> None:
    desk = DeskDriver()
    order_id = desk.enter(contracts="2")
    desk.fill(order_id, "1")
    (send,) = sends(desk.trigger("stop", "0.50", "0.50"))
    desk.fill(send.order.client_order_id, "1", "0.50")
    assert not desk.group().is_open
    desk.canceled(order_id)
    late = desk.fill(order_id, "1", "1.00")
    assert "LATE_FILL" in alert_codes(late)
    stop = armed(desk, Role.STOP)
    assert stop is not None
    assert (stop.quantity, stop.terms) == (1, Stop(Price(Decimal("0.50"))))
    assert desk.group().closed_at is None
    assert sends(desk.trigger("stop", "0.50", "0.50"))[0].order.quantity == 1


def test_a_late_fill_of_an_exit_withdraws_the_exit_that_followed_it() -> None:
    """Otherwise the second one would sell what is no longer held: a naked short call."""
    desk = DeskDriver()
    desk.hold()
    (first,) = sends(desk.trigger("cut_off"))
    desk.accept(first.order.client_order_id)
    desk.step_exit("1")
    desk.canceled(first.order.client_order_id)
    (second,) = sends(desk.step_exit("1"))
    desk.accept(second.order.client_order_id)
    late = desk.fill(first.order.client_order_id, "1", "1.0")
    assert "LATE_FILL" in alert_codes(late)
    assert cancels(late) == [second.order.client_order_id]


def test_a_late_part_of_an_exit_withdraws_the_exit_that_is_too_large_now() -> None:
    desk = DeskDriver()
    desk.hold("2")
    (first,) = sends(desk.trigger("cut_off"))
    desk.accept(first.order.client_order_id)
    desk.step_exit("1")
    desk.canceled(first.order.client_order_id)
    (second,) = sends(desk.step_exit("1"))
    desk.accept(second.order.client_order_id)
    late = desk.fill(first.order.client_order_id, "1", "1.0")
    assert cancels(late) == [second.order.client_order_id]
    desk.canceled(second.order.client_order_id)
    (third,) = sends(desk.step_exit("2"))
    assert third.order.quantity == 1


def test_closing_part_leaves_the_rest_protected() -> None:
    desk = DeskDriver()
    desk.hold("2")
    desk.preview_close(quantity="1")
    (send,) = sends(desk.confirm())
    desk.accept(send.order.client_order_id)
    desk.fill(send.order.client_order_id, "1", "1.5")
    assert desk.desk.exit_is_over("ORB-1")
    stop = armed(desk, Role.STOP)
    assert stop is not None
    assert stop.quantity == 1
    assert sends(desk.trigger("stop", "0.5", "0.5"))[0].order.quantity == 1


def test_flatten_all_closes_every_group() -> None:
    desk = DeskDriver()
    desk.hold()
    desk.wait(60)
    desk.hold(strategy="other")
    desk.preview_close(None)
    decision = desk.confirm()
    assert isinstance(decision.outcome, Confirmed)
    assert decision.outcome.groups == ("ORB-1", "ORB-2")
    assert [send.order.quantity for send in sends(decision)] == [1, 1]


def test_a_bust_of_an_exit_brings_the_holding_back_at_its_own_cost() -> None:
    """Bought at 1.00, sold at 2.00, taken back: held at 1.00 again with nothing realised, stop at 0.50."""
    desk = DeskDriver()
    desk.hold(price="1.00")
    (send,) = sends(desk.trigger("target", "2.00"))
    desk.fill(send.order.client_order_id, "1", "2.00", exec_id="x")
    decision = desk.desk.apply(Busted(send.order.client_order_id, desk.now, "x"))
    assert "FILL_BUSTED" in alert_codes(decision)
    group = desk.group()
    assert (group.realised, group.fees, group.unit_cost()) == (usd(0), usd("0.05"), Decimal("1.00"))
    assert desk.desk.day.result(desk.desk.day.today).realised == usd(0)
    stop = armed(desk, Role.STOP)
    assert stop is not None
    assert stop.terms == Stop(Price(Decimal("0.50")))


def test_a_correction_restates_cost_profit_and_stop() -> None:
    """Bought 2 at 1.00, sold 1 at 1.50, purchase corrected to 1.10: 40 realised, stop at 0.55."""
    desk = DeskDriver()
    order_id = desk.enter(contracts="2")
    desk.fill(order_id, "2", "1.00", exec_id="buy")
    desk.preview_close(quantity="1")
    (send,) = sends(desk.confirm())
    desk.fill(send.order.client_order_id, "1", "1.50")
    desk.desk.apply(Corrected(order_id, desk.now, "buy", Decimal(2), Decimal("1.10")))
    group = desk.group()
    assert (group.realised, group.unit_cost()) == (usd(40), Decimal("1.10"))
    assert group.exit_levels()[0] == Decimal("0.55")
    assert desk.desk.day.result(desk.desk.day.today).realised == usd(40)
    # 2 x 0.05 bought, 0.05279 sold.
    assert desk.desk.day.result(desk.desk.day.today).fees == usd("0.15279")


def test_exits_can_not_be_cancelled() -> None:
    desk = DeskDriver()
    desk.hold()
    stop = armed(desk, Role.STOP)
    assert stop is not None
    assert code(desk.cancel(stop.client_order_id)) == "PROTECTIVE_ORDER"
    (send,) = sends(desk.trigger("cut_off"))
    assert code(desk.cancel(send.order.client_order_id)) == "PROTECTIVE_ORDER"
    assert code(desk.cancel("tc-i1-0")) == "ORDER_ENDED"
    assert code(desk.cancel("nonsense")) == "ORDER_UNKNOWN"


def test_an_exit_that_lives_again_after_a_bust_is_withdrawn_before_the_next_one_goes() -> None:
    desk = DeskDriver()
    desk.hold()
    (first,) = sends(desk.trigger("cut_off"))
    desk.fill(first.order.client_order_id, "1", "1.0", exec_id="x")
    desk.desk.apply(Busted(first.order.client_order_id, desk.now, "x"))
    decision = desk.trigger("cut_off")
    assert cancels(decision) == [first.order.client_order_id]
    assert [send.order.quantity for send in sends(decision)] == [1]
