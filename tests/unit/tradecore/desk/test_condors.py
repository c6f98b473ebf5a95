"""A condor at the desk: one order in, protected as a whole, one order out, results to the cent."""

from decimal import Decimal

import pytest

from tradecore.desk.decisions import Confirmed, Done, Previewed
from tradecore.model.instruments import OptionContract, Price, Right
from tradecore.model.market import MarketView
from tradecore.model.orders import OrderState, Role
from tradecore.model.terms import Leg, Limit, Side
from tradecore.testing.builders import (
    a_contract,
    a_desk,
    a_fill,
    a_leg,
    a_proposal,
    a_quote,
    a_view,
    some_greeks,
    some_limits,
    some_protection,
)
from tradecore.testing.desk_driver import DeskDriver, alert_codes, sends

WINGS = (a_contract("665", Right.PUT), a_contract("674"))
SOLD = (a_contract("667", Right.PUT), a_contract("672"))
LEGS = (a_leg(WINGS[0]), a_leg(SOLD[0], Side.SELL), a_leg(SOLD[1], Side.SELL), a_leg(WINGS[1]))
CONDOR = a_proposal(
    *LEGS, contracts="1", strategy="iron_condor_30_delta", label="IC", protection=some_protection("100", "50")
)


def market(desk: DeskDriver, *quotes: str) -> MarketView:
    """The legs quoted `bid/ask` in the plan's order, a dash for a side that is missing; deltas that cancel out."""
    pairs = [[None if side == "-" else side for side in quote.split("/")] for quote in quotes]
    shown = [a_quote(leg.instrument, bid, ask, now=desk.now) for leg, (bid, ask) in zip(LEGS, pairs, strict=True)]
    deltas = (-0.18, -0.26, 0.34, 0.18)
    greeks = {
        leg.instrument.symbol: some_greeks(leg.instrument, delta, rise=delta, fall=delta)
        for leg, delta in zip(LEGS, deltas, strict=True)
    }
    return a_view(*shown, greeks=greeks, now=desk.now)


def at_entry(desk: DeskDriver) -> MarketView:
    """Mids 0.39, 0.71, 0.93, 0.53: a credit of 0.72, one of 0.68 at the touch."""
    return market(desk, "0.38/0.40", "0.70/0.72", "0.92/0.94", "0.52/0.54")


def fill_legs(desk: DeskDriver, order_id: str, *prices: str) -> None:
    for leg, price in zip(desk.order(order_id).legs, prices, strict=True):
        desk.fill(
            order_id, str(leg.ratio * desk.order(order_id).quantity), price, instrument=leg.instrument, side=leg.side
        )


def sold(desk: DeskDriver) -> str:
    """A condor sold for 0.72: +39 -71 -93 +53 cents."""
    desk.preview(CONDOR, at_entry(desk))
    order_id = sends(desk.confirm(view=at_entry(desk)))[0].order.client_order_id
    desk.accept(order_id)
    fill_legs(desk, order_id, "0.39", "0.71", "0.93", "0.53")
    return order_id


def test_a_preview_of_a_condor_says_what_it_brings_and_what_it_can_lose() -> None:
    """
    Worst price 0.72 - max(1 tick, a quarter of 0.08, 3 % of 0.72) = 0.72 - 0.0216, on the cent in our favour 0.70.

    Fees 4 x 0.10279. It can lose 200 - 70 + 0.41116 and win 70 - 0.41116; it breaks even 0.6959 beyond the sold
    strikes. Stop at twice 0.70, target at half of it.
    """
    desk = DeskDriver()
    outcome = desk.preview(CONDOR, at_entry(desk)).outcome
    assert isinstance(outcome, Previewed)
    plan, figures = outcome.previews[0].plan, outcome.previews[0].figures
    assert (plan.first_price, plan.worst_price) == (Decimal("-0.72"), Decimal("-0.70"))
    assert figures.cost is not None
    assert figures.max_loss is not None
    assert figures.max_profit is not None
    assert figures.cost.amount == Decimal("-69.58884")
    assert figures.max_loss.amount == Decimal("130.41116")
    assert figures.max_profit.amount == Decimal("69.58884")
    assert figures.planned_loss.amount == Decimal("70.41116")
    assert figures.break_evens == (Decimal("666.3041"), Decimal("672.6959"))
    assert (figures.stop, figures.target) == (Decimal("-1.40"), Decimal("-0.35"))


def test_it_goes_as_one_order_and_is_held_as_one_group_with_one_stop_and_one_target() -> None:
    """Sold for 0.72: out when leaving costs 1.44, or 0.36."""
    desk = DeskDriver()
    order_id = sold(desk)
    assert len(desk.order(order_id).legs) == 4
    group = desk.group("IC-1")
    assert {p.instrument: int(p.quantity) for p in group.holdings} == {
        WINGS[0]: 1, SOLD[0]: -1, SOLD[1]: -1, WINGS[1]: 1,
    }  # fmt: skip
    assert group.exit_levels() == (Decimal("-1.44"), Decimal("-0.36"))
    assert sorted(role for role in group.armed) == [Role.STOP, Role.TARGET]


def test_the_target_closes_it_as_one_order_and_the_result_is_exact() -> None:
    """
    Left for 0.36: 36 dollars less 8 x 0.05 of fees and 4 x 0.00279 more on the four sales.

    Leaving at the touch costs 0.44 + 0.50 - 0.20 - 0.38 = 0.36.
    """
    desk = DeskDriver()
    sold(desk)
    view = market(desk, "0.20/0.22", "0.42/0.44", "0.48/0.50", "0.38/0.40")
    assert desk.group("IC-1").closing_value(view) == Decimal("-0.36")
    fired = desk.trigger("target", "-0.36", group="IC-1", view=view)
    (send,) = sends(fired)
    assert send.order.terms == Limit(Price(Decimal("0.36")))
    assert [leg.side for leg in send.order.legs] == [Side.SELL, Side.BUY, Side.BUY, Side.SELL]
    desk.accept(send.order.client_order_id)
    fill_legs(desk, send.order.client_order_id, "0.20", "0.44", "0.50", "0.38")
    result = desk.desk.day.result(desk.desk.day.today)
    assert result.realised.amount == Decimal("36.00")
    assert result.fees.amount == Decimal("0.41116")
    assert not desk.desk.open_groups
    assert {desk.order(one).state for one in desk.group("IC-1").order_ids} == {OrderState.FILLED, OrderState.CANCELED}


def test_a_wing_that_nobody_bids_for_does_not_blind_the_stop() -> None:
    """The market rose: the puts are worth nothing. Leaving costs 1.90 + 0.02 - 0.46 - 0 = 1.46, beyond 1.44."""
    desk = DeskDriver()
    sold(desk)
    view = market(desk, "-/0.01", "0.01/0.02", "1.88/1.90", "0.46/0.48")
    assert desk.group("IC-1").closing_value(view) == Decimal("-1.46")
    fired = desk.trigger("stop", "-1.46", "-1.46", group="IC-1", view=view)
    assert isinstance(fired.outcome, Done)
    assert sends(fired)[0].order.terms == Limit(Price(Decimal("1.46")))


def test_a_leg_that_is_not_offered_either_is_not_priced() -> None:
    desk = DeskDriver()
    sold(desk)
    assert desk.group("IC-1").closing_value(market(desk, "-/-", "0.01/0.02", "1.88/1.90", "0.46/0.48")) is None


def test_part_of_a_condor_is_kept_and_protected() -> None:
    """Of two ordered one fills and the rest is cancelled: one is held, with its own stop and target."""
    desk = DeskDriver(desk=a_desk(limits=some_limits(per_trade_max_loss=Decimal(500))))
    desk.preview(a_proposal(*LEGS, contracts="2", label="IC", protection=some_protection("100", "50")), at_entry(desk))
    order_id = sends(desk.confirm(view=at_entry(desk)))[0].order.client_order_id
    desk.accept(order_id)
    for leg, price in zip(LEGS, ("0.39", "0.71", "0.93", "0.53"), strict=True):
        desk.fill(order_id, "1", price, instrument=leg.instrument, side=leg.side)
    desk.cancel(order_id)
    desk.canceled(order_id)
    group = desk.group("IC-1")
    assert group.open_units() == 1
    assert not group.has_lost_a_leg
    assert desk.order(group.armed[Role.STOP]).quantity == 1
    assert group.exit_levels() == (Decimal("-1.44"), Decimal("-0.36"))


def external(desk: DeskDriver, contract: OptionContract, side: Side, price: str) -> list[str]:
    """Somebody else (the broker) trades one contract of ours; the codes of what a person is told."""
    fill = a_fill("1", price, order_id="ext-1", exec_id="x1", side=side, instrument=contract, when=desk.now)
    return alert_codes(desk.desk.apply(fill))


def test_a_liquidated_short_leg_breaks_the_group_and_its_protection_is_rebuilt() -> None:
    """Left: +665P -672C +674C, paid 0.39 - 0.93 + 0.53 = -0.01; at least one tick away: stop -0.02, target 0.00."""
    desk = DeskDriver()
    sold(desk)
    assert external(desk, SOLD[0], Side.BUY, "0.80") == ["EXTERNAL_FILL", "GROUP_BROKEN"]
    group = desk.group("IC-1")
    assert group.has_lost_a_leg
    assert group.uncovered is None
    assert group.exit_levels() == (Decimal("-0.02"), Decimal("0.00"))
    stop = desk.order(group.armed[Role.STOP])
    assert [leg.instrument for leg in stop.legs] == [WINGS[0], SOLD[1], WINGS[1]]
    assert not desk.desk.is_left_uncovered(group)


def test_a_liquidated_wing_leaves_a_leg_uncovered_which_is_closed_at_once() -> None:
    desk = DeskDriver()
    sold(desk)
    assert external(desk, WINGS[1], Side.SELL, "0.50") == ["EXTERNAL_FILL", "GROUP_UNCOVERED"]
    group = desk.group("IC-1")
    assert group.uncovered == SOLD[1]
    assert desk.desk.is_left_uncovered(group)


def test_legs_that_fill_one_after_the_other_are_not_taken_for_uncovered() -> None:
    desk = DeskDriver()
    desk.preview(CONDOR, at_entry(desk))
    order_id = sends(desk.confirm(view=at_entry(desk)))[0].order.client_order_id
    desk.accept(order_id)
    desk.fill(order_id, "1", "0.71", instrument=SOLD[0], side=Side.SELL)
    group = desk.group("IC-1")
    assert group.uncovered == SOLD[0]
    assert not desk.desk.is_left_uncovered(group)


@pytest.mark.parametrize(
    ("leg", "check"),
    [
        (Leg(SOLD[1], Side.BUY), "leg_conflict"),
        (Leg(WINGS[1], Side.SELL), "leg_conflict"),
    ],
)
def test_a_leg_that_would_net_another_group_s_is_refused(leg: Leg, check: str) -> None:
    desk = DeskDriver()
    sold(desk)
    cover = a_leg(a_contract("676")) if leg.side is Side.SELL else a_leg(a_contract("678"), Side.SELL)
    preview = desk.desk.consider(a_proposal(leg, cover), at_entry(desk), desk.now)
    assert check in {one.name for one in preview.verdict.failed}


def test_the_groups_add_up_to_the_broker_s_position() -> None:
    """Two groups share a contract on the same side: the broker holds their sum."""
    desk = DeskDriver()
    sold(desk)
    desk.wait(60)
    desk.preview(a_proposal(a_leg(WINGS[1])), at_entry(desk))
    confirmed = desk.confirm(view=at_entry(desk))
    assert isinstance(confirmed.outcome, Confirmed)
    order_id = sends(confirmed)[0].order.client_order_id
    desk.accept(order_id)
    desk.fill(order_id, "1", "0.53", instrument=WINGS[1])
    total = sum(p.quantity for group in desk.desk.open_groups for p in group.holdings if p.instrument == WINGS[1])
    assert total == 2
    assert [group.label for group in desk.desk.open_groups] == ["IC-1", "ORB-1"]
