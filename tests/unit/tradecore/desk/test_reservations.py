# mypy: disable-error-code="comparison-overlap"
"""What may still be filled counts against every cap, whatever was asked of it."""

from decimal import Decimal

import pytest

from tradecore.desk.decisions import Confirmed, Refused
from tradecore.model.events import CancelRefused, Expired
from tradecore.model.events import Refused as VenueRefused
from tradecore.model.money import usd
from tradecore.model.orders import OrderState
from tradecore.testing.builders import CALL, a_desk, a_proposal, a_quote, a_view, some_limits
from tradecore.testing.desk_driver import DeskDriver, alert_codes, cancels, sends


def a_roomy_desk(**changes: object) -> DeskDriver:
    """No limit but the daily budget binds."""
    free = some_limits(
        delta_cap=Decimal(10_000), delta_cap_after_move=Decimal(10_000), max_open_groups=99,
        max_open_groups_per_strategy=99, max_trades_per_day=99, max_trades_per_day_per_strategy=99,
        duplicate_window_s=Decimal(0), **changes,
    )  # fmt: skip
    return DeskDriver(desk=a_desk(limits=free))


def committed(desk: DeskDriver) -> Decimal:
    """Dollars at risk in what is held and may still be filled, by the desk's books."""
    found = desk.desk.exposure().committed()
    assert found is not None
    return found.amount


def failed_checks(outcome: object) -> set[str]:
    assert isinstance(outcome, Refused), outcome
    assert outcome.preview is not None
    return {check.name for check in outcome.preview.verdict.failed}


def test_a_confirmed_order_is_reserved_at_its_worst_price_with_round_trip_fees() -> None:
    """2 x 102 + 2 x 0.10279, although it is sent at 1.01."""
    desk = a_roomy_desk()
    desk.enter(contracts="2")
    assert committed(desk) == Decimal("204.20558")


def test_a_partial_fill_moves_its_share_from_the_reservation_to_the_holding() -> None:
    """Held: 1 x 100 + closing fee 0.05279; working: 1 x 102.10279."""
    desk = a_roomy_desk()
    order_id = desk.enter(contracts="2")
    desk.fill(order_id, "1", "1.00")
    assert committed(desk) == Decimal("100.05279") + Decimal("102.10279")


@pytest.mark.parametrize("state", ["cancelled on request", "given up", "killed", "cancel refused"])
def test_an_entry_that_is_being_cancelled_may_still_be_filled_and_stays_reserved(state: str) -> None:
    desk = a_roomy_desk()
    order_id = desk.enter()
    if state == "killed":
        desk.kill()
    elif state == "given up":
        for _ in range(3):
            desk.step_entry(view=a_view(a_quote(CALL, "1.01", "1.01")))
    else:
        desk.cancel(order_id)
    if state == "cancel refused":
        desk.desk.apply(CancelRefused(order_id, desk.now, "too late"))
    assert desk.order(order_id).may_be_at_venue
    assert committed(desk) == Decimal("102.10279")
    assert order_id in {working.client_order_id for working in desk.desk.exposure().working}


def test_headroom_under_a_pending_cancel_cannot_be_spent_again() -> None:
    """A budget of 150 holds one contract; the cancel of the first may lose its race."""
    desk = a_roomy_desk(max_daily_loss=Decimal(150))
    order_id = desk.enter()
    desk.cancel(order_id)
    assert "daily_loss_budget" in failed_checks(desk.preview(a_proposal(strategy="two")).outcome)
    desk.canceled(order_id)
    assert committed(desk) == 0
    desk.preview(a_proposal(strategy="two"))
    assert isinstance(desk.confirm().outcome, Confirmed)


@pytest.mark.parametrize("end", ["canceled", "expired", "refused", "not sent"])
def test_an_ended_order_gives_its_reservation_back(end: str) -> None:
    desk = a_roomy_desk()
    desk.preview()
    order_id = sends(desk.confirm())[0].order.client_order_id
    if end == "not sent":
        desk.sent(order_id, "not_sent")
    elif end == "refused":
        desk.desk.apply(VenueRefused(order_id, desk.now, "no"))
    elif end == "expired":
        desk.desk.apply(Expired(order_id, desk.now))
    else:
        desk.canceled(order_id)
    assert desk.order(order_id).is_ended
    assert committed(desk) == 0
    assert not desk.desk.entry_is_running("i1")


def test_an_unknown_order_keeps_its_reservation_and_blocks_its_underlying() -> None:
    desk = a_roomy_desk()
    desk.preview()
    order_id = sends(desk.confirm())[0].order.client_order_id
    decision = desk.sent(order_id, "unknown")
    assert alert_codes(decision) == ["SENDING_UNKNOWN"]
    assert committed(desk) == Decimal("102.10279")
    assert "unknown_orders" in failed_checks(desk.preview(a_proposal(strategy="two")).outcome)
    desk.accept(order_id)
    assert isinstance(desk.preview(a_proposal(strategy="two")).outcome, type(desk.preview().outcome))
    assert committed(desk) == Decimal("102.10279")


@pytest.mark.parametrize("how", ["cancel", "kill"])
def test_asking_to_cancel_an_unknown_order_does_not_make_it_known(how: str) -> None:
    desk = a_roomy_desk()
    desk.preview()
    order_id = sends(desk.confirm())[0].order.client_order_id
    desk.sent(order_id, "unknown")
    desk.cancel(order_id) if how == "cancel" else desk.kill()
    assert "unknown_orders" in failed_checks(desk.preview(a_proposal(strategy="two")).outcome)
    assert committed(desk) == Decimal("102.10279")
    desk.desk.apply(CancelRefused(order_id, desk.now, "never heard of it"))
    assert desk.order(order_id).state is OrderState.UNKNOWN
    assert "unknown_orders" in failed_checks(desk.preview(a_proposal(strategy="two")).outcome)


def test_an_outcome_that_is_lost_while_a_cancel_is_pending_is_unknown_too() -> None:
    """The kill switch was engaged while the order was on its way, then the answer never came."""
    desk = a_roomy_desk()
    desk.preview()
    order_id = sends(desk.confirm())[0].order.client_order_id
    desk.kill()
    decision = desk.sent(order_id, "unknown")
    assert alert_codes(decision) == ["SENDING_UNKNOWN"]
    assert desk.order(order_id).is_unknown


def test_a_refusal_ends_an_order_whose_cancel_is_pending() -> None:
    desk = a_roomy_desk()
    desk.preview()
    order_id = sends(desk.confirm())[0].order.client_order_id
    desk.kill()
    desk.sent(order_id, "refused")
    assert desk.order(order_id).state is OrderState.REJECTED
    assert committed(desk) == 0


def test_a_cancel_before_the_order_left_keeps_it_at_home() -> None:
    desk = a_roomy_desk()
    desk.preview()
    order_id = sends(desk.confirm())[0].order.client_order_id
    assert desk.desk.may_still_send(order_id)
    desk.kill()
    assert not desk.desk.may_still_send(order_id)
    desk.sent(order_id, "not_sent")
    assert desk.order(order_id).state is OrderState.CANCELED


def test_an_outcome_that_arrives_after_the_venue_s_own_word_changes_nothing() -> None:
    desk = a_roomy_desk()
    order_id = desk.enter()
    before = desk.order(order_id)
    assert desk.sent(order_id, "unknown").alerts == ()
    assert desk.order(order_id) == before


def test_an_unknown_exit_blocks_new_exposure_in_its_underlying() -> None:
    desk = a_roomy_desk()
    desk.hold()
    (exit_,) = sends(desk.trigger("cut_off"))
    desk.sent(exit_.order.client_order_id, "unknown")
    assert "unknown_orders" in failed_checks(desk.preview(a_proposal(strategy="two")).outcome)


def test_a_late_fill_of_an_earlier_price_step_withdraws_the_one_that_works() -> None:
    """Step 1 was cancelled and step 2 works; a late fill of step 1 uses up the ticket's one contract."""
    desk = a_roomy_desk()
    first = desk.enter()
    market = a_view(a_quote(CALL, "1.01", "1.03", now=desk.now), now=desk.now)
    assert cancels(desk.step_entry(view=market)) == [first]
    desk.canceled(first)
    (second,) = sends(desk.step_entry(view=market))
    desk.accept(second.order.client_order_id)
    late = desk.fill(first)
    assert "LATE_FILL" in alert_codes(late)
    assert cancels(late) == [second.order.client_order_id]
    assert desk.order(second.order.client_order_id).state is OrderState.PENDING_CANCEL
    assert committed(desk) >= Decimal("100.05279")


def test_an_entry_gives_up_after_its_steps_and_never_passes_its_worst_price() -> None:
    """1.00 x 1.20: from 1.10 by 1.125 (1.12 on the tick) to 1.15, then no more."""
    desk = a_roomy_desk(max_spread_pct=Decimal(50))
    wide = a_view(a_quote(CALL, "1.00", "1.20"))
    desk.preview(view=wide)
    order_id = sends(desk.confirm(view=wide))[0].order.client_order_id
    prices = [getattr(desk.order(order_id).terms, "price", None)]
    desk.accept(order_id)
    for _ in range(2):
        assert cancels(desk.step_entry(view=wide)) == [order_id]
        desk.canceled(order_id)
        (send,) = sends(desk.step_entry(view=wide))
        order_id = send.order.client_order_id
        desk.accept(order_id)
        prices.append(getattr(send.order.terms, "price", None))
    assert prices == [Decimal("1.10"), Decimal("1.12"), Decimal("1.15")]
    assert cancels(desk.step_entry(view=wide)) == [order_id]
    desk.canceled(order_id)
    assert desk.step_entry(view=wide).actions == ()
    assert not desk.desk.entry_is_running("i1")
    assert len(desk.desk.orders) == 3


def test_a_repriced_entry_asks_for_the_rest_only() -> None:
    desk = a_roomy_desk(max_spread_pct=Decimal(50))
    wide = a_view(a_quote(CALL, "1.00", "1.20"))
    desk.preview(a_proposal(contracts="2"), view=wide)
    order_id = sends(desk.confirm(view=wide))[0].order.client_order_id
    desk.accept(order_id)
    desk.fill(order_id, "1", "1.10")
    desk.step_entry(view=wide)
    desk.canceled(order_id)
    (send,) = sends(desk.step_entry(view=wide))
    assert send.order.quantity == 1


def test_a_market_that_ran_away_ends_the_entry() -> None:
    desk = a_roomy_desk()
    order_id = desk.enter()
    far = a_view(a_quote(CALL, "1.10", "1.12"))
    desk.step_entry(view=far)
    desk.canceled(order_id)
    assert sends(desk.step_entry(view=far)) == []
    assert not desk.desk.entry_is_running("i1")


def test_the_daily_budget_falls_by_losses_and_fees_and_not_by_gains() -> None:
    """Bought at 1.00, sold at 0.60: 40 lost, fees 0.05 + 0.05279; a gain afterwards gives nothing back."""
    desk = a_roomy_desk()
    desk.hold(price="1.00")
    (exit_,) = sends(desk.trigger("cut_off"))
    desk.fill(exit_.order.client_order_id, "1", "0.60")
    assert desk.desk.exposure().loss_today == usd("40.10279")
