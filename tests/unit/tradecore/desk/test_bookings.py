# mypy: disable-error-code="comparison-overlap"
"""Venue events: booked, or quarantined and alerted; results by day and by group."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tradecore.desk.commands import OpenDay
from tradecore.desk.decisions import Applied, Previewed, Refused
from tradecore.model.events import Accepted, BrokerEvent, Busted, Canceled, Replaced, Triggered
from tradecore.model.instruments import Right
from tradecore.model.money import usd
from tradecore.model.terms import Side
from tradecore.risk.picture import TradingState
from tradecore.testing.builders import (
    CALL,
    SPY,
    TEN,
    a_contract,
    a_desk,
    a_fill,
    a_leg,
    a_proposal,
    a_quote,
    a_view,
    at,
    some_greeks,
    some_limits,
)
from tradecore.testing.desk_driver import DeskDriver, alert_codes, cancels, sends

ID = "tc-i1-0"


def snapshot(desk: DeskDriver) -> tuple[object, ...]:
    """All that an event may change."""
    books = [(g.label, g.holdings, g.realised, g.fees, g.closing, dict(g.armed)) for g in desk.desk.groups]
    return dict(desk.desk.orders), books, desk.desk.exposure(), desk.desk.trading


@pytest.mark.parametrize(
    "event",
    [
        a_fill("3", order_id=ID),
        a_fill(order_id=ID, side=Side.SELL),
        a_fill(order_id=ID, instrument=SPY),
        a_fill("NaN", order_id=ID, fee="0"),
        Replaced(ID, TEN, Decimal(0), None),
    ],
    ids=["too much", "wrong side", "wrong instrument", "nan", "replaced by 0"],
)
def test_an_event_that_can_not_be_true_is_quarantined_and_alerted(event: BrokerEvent) -> None:
    desk = DeskDriver()
    desk.enter(contracts="2")
    before = snapshot(desk)
    decision = desk.desk.apply(event)
    assert alert_codes(decision) == ["ILLEGAL_EVENT"]
    assert isinstance(decision.outcome, Applied)
    assert decision.outcome.note.startswith("quarantined")
    assert decision.actions == ()
    assert snapshot(desk) == before


@pytest.mark.parametrize("event", [Accepted("x", TEN), Busted("x", TEN, "e1"), Canceled("\n" * 500, TEN)])
def test_an_event_of_an_order_we_did_not_send_is_quarantined(event: BrokerEvent) -> None:
    desk = DeskDriver()
    desk.hold()
    before = snapshot(desk)
    decision = desk.desk.apply(event)
    assert alert_codes(decision) == ["EXTERNAL_ORDER"]
    assert len(decision.alerts[0].message) < 300
    assert snapshot(desk) == before


def test_the_same_fill_again_changes_nothing_and_says_so() -> None:
    desk = DeskDriver()
    order_id = desk.enter(contracts="2")
    desk.fill(order_id, exec_id="x")
    before = snapshot(desk)
    again = desk.fill(order_id, exec_id="x")
    assert isinstance(again.outcome, Applied)
    assert again.outcome.note == "repeated"
    assert again.alerts == ()
    assert snapshot(desk) == before


def test_a_trigger_event_is_applied() -> None:
    desk = DeskDriver()
    desk.enter()
    assert desk.desk.apply(Triggered(ID, TEN)).alerts == ()


def a_free_desk(**changes: object) -> DeskDriver:
    return DeskDriver(
        desk=a_desk(limits=some_limits(max_open_groups_per_strategy=9, max_trades_per_day_per_strategy=9, **changes))
    )


def round_trip(desk: DeskDriver, price: str, *, cause: str = "cut_off", strategy: str = "orb_long_call") -> None:
    """Buy one at 1.00 and sell it at `price`, a minute later."""
    desk.wait(60)
    label = desk.hold(price="1.00", strategy=strategy)
    seen = (price, price) if cause == "stop" else ()
    (send,) = sends(desk.trigger(cause, *seen, group=label))
    desk.fill(send.order.client_order_id, "1", price)


def failed(desk: DeskDriver, **proposed: object) -> set[str]:
    outcome = desk.preview(a_proposal(**proposed)).outcome  # type: ignore[arg-type]
    if isinstance(outcome, Previewed):
        return set()
    assert isinstance(outcome, Refused)
    assert outcome.preview is not None
    return {check.name for check in outcome.preview.verdict.failed}


def test_the_day_s_result_is_the_cash_that_came_and_went() -> None:
    """-100 - 0.05 + 130 - 0.05279: 30 realised, 0.10279 of fees."""
    desk = a_free_desk()
    round_trip(desk, "1.30")
    result = desk.desk.day.result(desk.desk.day.today)
    assert (result.realised, result.fees, result.wins, result.losses) == (usd(30), usd("0.10279"), 1, 0)


def test_a_gain_smaller_than_the_fees_is_a_loss() -> None:
    desk = a_free_desk()
    round_trip(desk, "1.00")
    assert desk.desk.day.consecutive_losses == 1


def test_two_losses_pause_and_three_end_the_day() -> None:
    desk = a_free_desk()
    round_trip(desk, "0.90")
    desk.wait(31)
    assert failed(desk) == set()
    round_trip(desk, "0.90")
    assert "consecutive_losses" in failed(desk)
    desk.wait(19 * 60)
    assert "consecutive_losses" in failed(desk)
    desk.wait(60)
    assert failed(desk) == set()
    round_trip(desk, "0.90")
    desk.wait(3600)
    assert failed(desk) == {"consecutive_losses"}


def test_a_gain_ends_a_losing_streak() -> None:
    desk = a_free_desk()
    round_trip(desk, "0.90")
    round_trip(desk, "1.50")
    round_trip(desk, "0.90")
    assert desk.desk.day.consecutive_losses == 1


def test_after_a_stop_the_strategy_waits_ten_minutes_and_the_others_do_not() -> None:
    desk = a_free_desk()
    round_trip(desk, "0.50", cause="stop")
    desk.wait(31)
    assert failed(desk) == {"reentry_cooldown"}
    assert failed(desk, strategy="other") == set()
    desk.wait(10 * 60 - 31)
    assert failed(desk) == set()


def test_trades_count_when_they_fill_and_not_when_they_are_tried() -> None:
    desk = DeskDriver()
    for _ in range(3):
        desk.wait(60)
        desk.canceled(desk.enter())
    assert desk.desk.day.trades == {}
    round_trip(desk, "1.50")
    round_trip(desk, "1.50")
    assert desk.desk.day.trades == {"orb_long_call": 2}
    desk.wait(60)
    assert failed(desk) == {"trades_per_day_of_strategy"}
    assert failed(desk, strategy="other") == set()


def test_a_fill_in_parts_is_one_trade() -> None:
    desk = DeskDriver()
    order_id = desk.enter(contracts="2")
    desk.fill(order_id)
    desk.fill(order_id)
    assert desk.desk.day.trades == {"orb_long_call": 1}


def test_the_loss_cap_reached_turns_the_desk_to_reducing() -> None:
    """100 lost and 0.10279 of fees against a cap of 100.10279; then against one of a cent more."""
    for cap, state in (("100.10279", TradingState.REDUCING), ("100.11", TradingState.ACTIVE)):
        desk = DeskDriver()
        desk.hold()
        # The cap is tightened after the entry, which would not have passed it.
        desk.desk._state.opening = a_desk(limits=some_limits(max_daily_loss=Decimal(cap))).opening
        (send,) = sends(desk.trigger("cut_off"))
        decision = desk.fill(send.order.client_order_id, "1", "0.00")
        assert desk.desk.trading[0] is state
        assert ("DAILY_LOSS" in alert_codes(decision)) == (state is TradingState.REDUCING)


def test_a_new_day_begins_with_fresh_counters_and_the_week_goes_on() -> None:
    """Friday loses 50 and fees; on the Monday after, the week is new; the high-water mark stays."""
    desk = a_free_desk()
    round_trip(desk, "0.50", cause="stop")
    lost = usd("-50.10279")
    assert desk.desk.exposure().realised_this_week == lost
    monday = date(2026, 11, 23)
    desk.now = at("10:00", monday)
    desk.desk.handle(OpenDay(at=desk.now, day=monday, equity=usd(9_949)))
    exposure = desk.desk.exposure()
    assert (exposure.consecutive_losses, exposure.trades_today, exposure.loss_today) == (0, {}, usd(0))
    assert exposure.realised_this_week == usd(0)
    assert (exposure.equity_at_open, exposure.high_water) == (usd(9_949), usd(10_000))


def test_a_loss_on_monday_counts_on_friday_of_the_same_week() -> None:
    monday = date(2026, 11, 16)
    desk = a_free_desk()
    desk.desk.handle(OpenDay(at=at("09:00", monday), day=monday, equity=usd(10_000)))
    desk.now = at("10:00", monday)
    call = a_contract(expiry=monday)

    def view() -> object:
        return a_view(a_quote(call, now=desk.now), now=desk.now)

    desk.preview(a_proposal(a_leg(call)), view=view())  # type: ignore[arg-type]
    (send,) = sends(desk.confirm(view=view()))  # type: ignore[arg-type]
    desk.fill(send.order.client_order_id, "1", "1.00")
    (out,) = sends(desk.trigger("cut_off", view=view()))  # type: ignore[arg-type]
    desk.fill(out.order.client_order_id, "1", "0.40")
    friday = monday + timedelta(days=4)
    desk.desk.handle(OpenDay(at=at("09:00", friday), day=friday, equity=usd(9_940)))
    assert desk.desk.exposure().realised_this_week == usd("-60.10279")
    assert desk.desk.exposure().loss_today == usd(0)


def test_two_groups_in_one_contract_keep_their_own_books() -> None:
    """1 at 1.00 and 2 at 1.10: the broker holds 3; closing the first realises its own 30 and leaves 2 at 1.10."""
    desk = DeskDriver(desk=a_desk(limits=some_limits(delta_cap=Decimal(500), delta_cap_after_move=Decimal(500))))
    first = desk.hold(price="1.00")
    desk.wait(60)
    second = desk.hold("2", price="1.01", strategy="other")
    assert (first, second) == ("ORB-1", "ORB-2")
    held = [position for group in desk.desk.groups for position in group.holdings]
    assert sum(position.quantity for position in held) == 3
    (send,) = sends(desk.trigger("cut_off", group=first))
    desk.fill(send.order.client_order_id, "1", "1.30")
    assert desk.group(first).realised == usd(30)
    assert not desk.group(first).is_open
    assert [(p.quantity, p.average_price) for p in desk.group(second).holdings] == [(2, Decimal("1.01"))]
    assert desk.group(second).realised == usd(0)


def test_a_leg_against_another_group_s_holding_is_refused_and_said() -> None:
    """Selling the 674 call in a spread would net the long one of ORB-1."""
    desk = DeskDriver(desk=a_desk(limits=some_limits(delta_cap=Decimal(500), delta_cap_after_move=Decimal(500))))
    desk.hold()
    desk.wait(60)
    higher = a_contract("676")
    spread = a_proposal(a_leg(side=Side.SELL), a_leg(higher), strategy="other")
    view = a_view(a_quote(higher, "0.50", "0.52", now=desk.now), now=desk.now)
    outcome = desk.preview(spread, view=view).outcome
    assert isinstance(outcome, Refused)
    assert "ORB-1 holds 1" in outcome.message


def test_greeks_of_a_put_count_against_those_of_a_call() -> None:
    """Held 20 share-equivalents of calls; a put of -0.60 makes 40, below the cap of 50, alone it would be 60."""
    put = a_contract("666", Right.PUT)
    desk = DeskDriver()
    greeks = {CALL.symbol: some_greeks(), put.symbol: some_greeks(put, -0.60, rise=-0.3, fall=-0.9)}
    view = a_view(a_quote(put), greeks=greeks)
    proposal = a_proposal(a_leg(put), strategy="other")
    assert isinstance(desk.preview(proposal, view=view).outcome, Refused)
    desk.hold()
    view = a_view(a_quote(put, now=desk.now), greeks=greeks, now=desk.now)
    assert isinstance(desk.preview(proposal, view=view).outcome, Previewed)


def test_of_two_exits_that_work_after_a_bust_only_the_newest_stays() -> None:
    """Two bought; one sold by a first exit, the other being sold by a second; then the first sale is busted."""
    desk = DeskDriver()
    desk.fill(desk.enter(contracts="2"), "2", "1.00")
    desk.preview_close("ORB-1", "1")
    first = sends(desk.confirm())[0].order.client_order_id
    desk.fill(first, "1", "1.10")
    desk.preview_close("ORB-1")
    second = sends(desk.confirm())[0].order.client_order_id
    desk.accept(second)
    busted = Busted(first, desk.now, desk.order(first).fills[0].exec_id)
    assert cancels(desk.desk.apply(busted)) == [first]
    assert desk.order(first).state.value == "pending_cancel"
    assert desk.order(second).state.value == "accepted"
