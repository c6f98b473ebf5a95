# mypy: disable-error-code="comparison-overlap, unreachable"
"""What others do on the account counts as ours: fills, orders, and the broker's own liquidation."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tradecore.desk.commands import Reconcile
from tradecore.desk.decisions import Decision, Reconciled, Refused
from tradecore.desk.latches import Latch
from tradecore.model.account import AccountSnapshot
from tradecore.model.events import Busted, CancelRefused, Corrected, Settlement
from tradecore.model.instruments import Equity, Instrument
from tradecore.model.money import ZERO, usd
from tradecore.model.orders import OrderState, Role
from tradecore.model.terms import Side
from tradecore.ports.broker import BrokerOrder, BrokerOrderStatus, BrokerPosition
from tradecore.testing.builders import CALL, a_contract, a_fill, a_leg, a_proposal, a_quote, a_view, some_greeks
from tradecore.testing.desk_driver import DeskDriver, alert_codes, cancels, sends

HIGHER = a_contract("676")


def others(desk: DeskDriver, quantity: str, side: Side, name: str = "x9", instrument: Instrument = CALL) -> Decision:
    """Somebody else's execution at 1.00, with a fee of 0.05."""
    fill = a_fill(quantity, order_id="ext-7", exec_id=name, side=side, instrument=instrument, when=desk.now)
    return desk.desk.apply(fill)


def cash(desk: DeskDriver) -> Decimal:
    """10,000 less what every standing fill paid, by hand: quantity x price x 100 and its fee."""
    total = Decimal(10_000)
    for order in desk.desk.orders.values():
        for fill in order.fills:
            total -= fill.side.sign * fill.quantity * fill.price * 100 + fill.fee.amount
    return total


def reconcile(
    desk: DeskDriver, positions: dict[Instrument, str], cash_there: Decimal, *orders: BrokerOrder
) -> Decision:
    balances = usd(cash_there)
    account = AccountSnapshot(
        account="T1",
        at=desk.now,
        cash=balances,
        equity=balances,
        buying_power=balances,
        options_buying_power=balances,
    )
    held = tuple(BrokerPosition(instrument=one, quantity=Decimal(q)) for one, q in positions.items())
    return desk.desk.handle(Reconcile(at=desk.now, orders=orders, positions=held, account=account))


def found(decision: Decision) -> list[tuple[str, str, str]]:
    assert isinstance(decision.outcome, Reconciled)
    return [(one.kind, one.subject, one.rule) for one in decision.outcome.differences]


def test_a_stranger_s_purchase_is_a_group_of_its_own_and_counts_as_a_loss_that_may_come() -> None:
    """One call at 1.00: 100, and 0.05279 to sell it again."""
    desk = DeskDriver()
    assert alert_codes(others(desk, "1", Side.BUY)) == ["EXTERNAL_FILL"]
    (group,) = desk.desk.open_groups
    assert (group.label, group.plan.strategy, group.open_units()) == ("EXT-1", "external", 1)
    committed = desk.desk.exposure().committed()
    assert committed is not None
    assert committed.amount == Decimal("100.05279")
    assert dict(desk.desk.day.trades) == {"external": 1}


def test_a_stranger_s_sale_of_what_we_hold_closes_it_and_shrinks_its_exits() -> None:
    desk = DeskDriver()
    desk.hold("2")
    others(desk, "1", Side.SELL)
    group = desk.group()
    assert group.open_units() == 1
    assert desk.order(group.armed[Role.STOP]).quantity == 1
    assert len(desk.desk.groups) == 1


def test_an_exit_that_would_sell_more_than_is_left_is_withdrawn() -> None:
    desk = DeskDriver()
    desk.hold("2")
    (send,) = sends(desk.trigger("cut_off"))
    desk.accept(send.order.client_order_id)
    assert cancels(others(desk, "1", Side.SELL)) == [send.order.client_order_id]


def test_an_exit_that_would_sell_more_than_is_left_stays_at_home_although_its_cancellation_was_refused() -> None:
    """Decided and not yet durable; the venue, which never saw it, refuses to cancel it."""
    desk = DeskDriver()
    desk.hold("2")
    order_id = sends(desk.trigger("cut_off"))[0].order.client_order_id
    others(desk, "1", Side.SELL)
    assert cancels(desk.desk.apply(CancelRefused(order_id, desk.now, "no such order"))) == []
    assert not desk.desk.may_still_send(order_id)


def test_one_sale_of_what_several_groups_hold_is_shared_oldest_first() -> None:
    """One and one held, three sold at once: the third is nobody's and stands alone, short."""
    desk = DeskDriver()
    first = desk.hold("1")
    desk.wait(60)
    second = desk.hold("1", strategy="other", label="OTH")
    others(desk, "3", Side.SELL, "x1")
    assert {g.label: [p.quantity for p in g.holdings] for g in desk.desk.open_groups} == {"EXT-1": [Decimal(-1)]}
    assert desk.group(first).realised + desk.group(second).realised == usd(0)
    fees = sum((fill.fee.amount for order in desk.desk.orders.values() for fill in order.fills), Decimal(0))
    assert fees == 2 * Decimal("0.05") + 3 * (Decimal("0.05") + Decimal("0.00279"))


def test_the_same_external_execution_counts_once_and_can_be_taken_back() -> None:
    desk = DeskDriver()
    desk.hold("1")
    desk.wait(60)
    desk.hold("1", strategy="other", label="OTH")
    others(desk, "2", Side.SELL)
    before = cash(desk)
    assert alert_codes(others(desk, "2", Side.SELL)) == []
    assert cash(desk) == before
    desk.desk.apply(Busted("ext-7", desk.now, "x9"))
    assert [group.open_units() for group in desk.desk.open_groups] == [1, 1]


def test_more_of_a_stranger_s_order_grows_the_order_that_stands_for_it() -> None:
    desk = DeskDriver()
    others(desk, "1", Side.BUY, "x1")
    others(desk, "2", Side.BUY, "x2")
    (order,) = desk.desk.orders.values()
    assert (order.quantity, order.state, desk.desk.open_groups[0].open_units()) == (3, OrderState.FILLED, 3)


def test_a_leg_that_the_broker_liquidates_breaks_the_group_and_its_protection_is_made_anew() -> None:
    """A debit spread, 674 against 676; the broker sells the bought leg: the short one is left and bought back."""
    desk = DeskDriver()
    greeks = {contract.symbol: some_greeks(contract) for contract in (CALL, HIGHER)}
    view = a_view(a_quote(), a_quote(HIGHER, "0.40", "0.42"), greeks=greeks)
    desk.preview(a_proposal(a_leg(), a_leg(HIGHER, Side.SELL), contracts="1"), view=view)
    order_id = sends(desk.confirm(view=view))[0].order.client_order_id
    desk.fill(order_id, "1", "1.00")
    desk.fill(order_id, "1", "0.40", side=Side.SELL, instrument=HIGHER)
    others(desk, "1", Side.SELL)
    (group,) = desk.desk.open_groups
    assert [(leg.instrument, leg.side) for leg in group.closing_legs()] == [(HIGHER, Side.BUY)]
    stop = desk.order(group.armed[Role.STOP])
    assert [(leg.instrument, leg.side) for leg in stop.legs] == [(HIGHER, Side.BUY)]
    refusal = desk.preview(a_proposal(strategy="other", label="X")).outcome
    assert isinstance(refusal, Refused)
    assert "a bounded worst-case loss" in refusal.message


def an_open_order(order_id: str = "ext-3", limit: str | None = "1.00", side: Side = Side.BUY) -> BrokerOrder:
    return BrokerOrder(
        client_order_id=order_id,
        status=BrokerOrderStatus.WORKING,
        legs=(a_leg(CALL, side),),
        quantity=Decimal(2),
        filled_legs=(Decimal(0),),
        limit_price=None if limit is None else Decimal(limit),
    )


@pytest.mark.parametrize(("limit", "worst"), [("1.00", Decimal("200.20558")), (None, None)])
def test_a_stranger_s_open_order_is_adopted_and_reserves_what_it_may_spend(
    limit: str | None, worst: Decimal | None
) -> None:
    """2 x 100 and the fees of buying and selling them, 2 x (0.05 + 0.05279); without a limit nobody knows."""
    desk = DeskDriver()
    decision = reconcile(desk, {}, Decimal(10_000), an_open_order(limit=limit))
    assert found(decision) == [("order", "ext-3", "adopted")]
    (working,) = desk.desk.exposure().working
    assert (working.worst_loss.amount if working.worst_loss else None) == worst
    assert found(reconcile(desk, {}, Decimal(10_000), an_open_order(limit=limit))) == []
    desk.desk.apply(a_fill("2", order_id="ext-3", exec_id="x1", when=desk.now))
    assert desk.desk.open_groups[0].open_units() == 2
    assert desk.desk.exposure().working == ()


def test_books_that_agree_say_so() -> None:
    desk = DeskDriver()
    desk.hold("2")
    assert found(reconcile(desk, {CALL: "2"}, cash(desk))) == []


def test_a_position_that_differs_is_reported_then_locked_then_free_again() -> None:
    desk = DeskDriver()
    desk.hold("2")
    assert found(reconcile(desk, {CALL: "1"}, cash(desk))) == [("position", CALL.symbol, "reported")]
    assert desk.desk.locked == ()
    desk.wait(4.9)
    assert found(reconcile(desk, {CALL: "1"}, cash(desk))) == [("position", CALL.symbol, "reported")]
    desk.wait(0.1)
    decision = reconcile(desk, {CALL: "1"}, cash(desk))
    assert found(decision) == [("position", CALL.symbol, "alerted")]
    assert alert_codes(decision) == ["POSITION_MISMATCH"]
    assert desk.desk.locked == (CALL.symbol,)
    assert alert_codes(reconcile(desk, {CALL: "2"}, cash(desk))) == ["POSITION_AGREES"]
    assert desk.desk.locked == ()


def test_a_difference_that_changes_begins_anew() -> None:
    desk = DeskDriver()
    reconcile(desk, {CALL: "1"}, cash(desk))
    desk.wait(10)
    assert found(reconcile(desk, {CALL: "3"}, cash(desk))) == [("position", CALL.symbol, "reported")]


def test_cash_that_differs_for_long_stops_opening_until_it_agrees() -> None:
    desk = DeskDriver()
    reconcile(desk, {}, Decimal("9999.99"))
    desk.wait(5)
    assert alert_codes(reconcile(desk, {}, Decimal("9999.99"))) == ["CASH_MISMATCH"]
    assert set(desk.desk.latches) == {Latch.BOOKS}
    assert alert_codes(reconcile(desk, {}, Decimal(10_000))) == ["CASH_AGREES"]
    assert desk.desk.latches == {}


def test_a_correction_of_a_shared_execution_restates_every_share() -> None:
    """Two sold at 1.00 for two groups of one, restated to 0.90: each group loses 10 more."""
    desk = DeskDriver()
    first = desk.hold("1")
    desk.wait(60)
    second = desk.hold("1", strategy="other", label="OTH")
    others(desk, "2", Side.SELL)
    correction = Corrected("ext-7", desk.now, "x9", Decimal(2), Decimal("0.90"))
    assert not desk.desk.knows(correction)
    desk.desk.apply(correction)
    assert [desk.group(label).realised for label in (first, second)] == [usd(-10), usd(-10)]
    assert desk.desk.knows(correction)


def settled(desk: DeskDriver, instrument: Instrument, side: Side, how: Settlement, **facts: str) -> Decision:
    """One activity of the broker: a contract that ended at zero, or shares at a strike."""
    quantity, price = facts.get("quantity", "1"), facts.get("price", "0")
    fill = a_fill(
        quantity, price, order_id=f"ext-{instrument.symbol}", exec_id=f"s-{instrument.symbol}",
        side=side, instrument=instrument, when=desk.now,
    )  # fmt: skip
    return desk.desk.apply(replace(fill, settlement=how, fee=ZERO))


def test_a_contract_that_expires_worthless_costs_what_was_paid_and_closes_its_group_quietly() -> None:
    """Bought at 1.00 with the fee of the driver's fill; nothing comes back."""
    desk = DeskDriver()
    desk.hold("1")
    before = cash(desk)
    decision = settled(desk, CALL, Side.SELL, Settlement.EXPIRED)
    assert alert_codes(decision)[0] == "SETTLED"
    assert (desk.desk.open_groups, desk.group().realised) == ((), usd("-100"))
    assert cash(desk) == before
    assert desk.desk.exposure().committed() == ZERO


def test_shares_that_an_exercise_delivers_are_a_group_without_protection_and_alarm_a_person() -> None:
    """The 674 call ends at zero and 100 shares are bought at 674: 67,400, all of it at risk without a resting stop."""
    desk = DeskDriver()
    desk.hold("1")
    settled(desk, CALL, Side.SELL, Settlement.EXERCISED)
    decision = settled(desk, Equity("SPY"), Side.BUY, Settlement.EXERCISED, quantity="100", price=str(CALL.strike))
    assert alert_codes(decision)[0] == "SHARES_DELIVERED"
    (group,) = desk.desk.open_groups
    assert (group.label, group.protection) == ("EXT-1", None)
    committed = desk.desk.exposure().committed()
    assert committed is not None
    assert committed.amount >= CALL.strike * 10
    assert isinstance(desk.preview().outcome, Refused), "no risk is added beside it"


def test_a_settlement_told_again_changes_nothing() -> None:
    desk = DeskDriver()
    desk.hold("1")
    settled(desk, CALL, Side.SELL, Settlement.EXPIRED)
    realised = desk.group().realised
    assert alert_codes(settled(desk, CALL, Side.SELL, Settlement.EXPIRED)) == []
    assert (desk.group().realised, len(desk.desk.groups)) == (realised, 1)
