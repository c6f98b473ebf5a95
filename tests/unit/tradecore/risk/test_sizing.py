"""Sizing never rounds up and never passes a cap; the smallest change passes and one unit more does not."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tradecore.desk.desk import Desk
from tradecore.errors import InvalidRequest
from tradecore.model.instruments import Price
from tradecore.model.money import usd
from tradecore.model.plans import SizeRequest
from tradecore.model.terms import Limit
from tradecore.risk.limits import MarketEvent
from tradecore.risk.sizing import size_order
from tradecore.testing.builders import (
    CALL,
    TEN,
    a_desk,
    a_proposal,
    a_quote,
    a_view,
    an_account,
    at,
    some_greeks,
    some_limits,
)


def everything_fits(_: Decimal) -> bool:
    return True


@pytest.mark.parametrize(
    ("risk", "unit", "quantity"),
    [("150", "75", "2"), ("149.99", "75", "1"), ("74.99", "75", "0"), ("299.999", "100", "2"), ("0.01", "100", "0")],
)
def test_a_budget_buys_whole_units_only(risk: str, unit: str, quantity: str) -> None:
    wish = SizeRequest(risk_dollars=Decimal(risk))
    found = size_order(wish, per_unit_worst=usd(unit), limits=some_limits(), fits=everything_fits)
    assert found.quantity == Decimal(quantity)
    assert found.method == "risk_dollars"


def test_without_a_wish_the_risk_per_trade_sizes() -> None:
    found = size_order(SizeRequest(), per_unit_worst=usd("40"), limits=some_limits(), fits=everything_fits)
    assert (found.method, found.budget, found.quantity) == ("risk_per_trade", usd(150), Decimal(3))


@pytest.mark.parametrize("unit", [None, "0", "-1"])
def test_an_unbounded_or_absurd_unit_buys_nothing(unit: str | None) -> None:
    worst = None if unit is None else usd(unit)
    found = size_order(SizeRequest(), per_unit_worst=worst, limits=some_limits(), fits=everything_fits)
    assert found.quantity == 0


def test_nobody_set_a_risk_per_trade() -> None:
    limits = some_limits(risk_per_trade=None)
    assert size_order(SizeRequest(), per_unit_worst=usd(1), limits=limits, fits=everything_fits).quantity == 0


@given(st.integers(1, 1000), st.integers(1, 300_000), st.integers(1, 50_000))
def test_sizing_never_passes_the_budget_or_a_cap(cap: int, dollars: int, unit: int) -> None:
    risk, worst = Decimal(dollars) / 100, Decimal(unit) / 100
    wish = SizeRequest(risk_dollars=risk)
    found = size_order(wish, per_unit_worst=usd(worst), limits=some_limits(), fits=lambda q: q <= cap)
    assert found.quantity * worst <= risk
    assert found.quantity <= cap
    assert found.quantity == min(risk // worst, cap)


@pytest.mark.parametrize("contracts", ["0", "-1", "1.5", "NaN", "Infinity", "1e400"])
def test_a_plug_in_that_asks_for_no_number_of_contracts_gets_no_ticket(contracts: str) -> None:
    proposal = a_proposal(contracts=contracts)
    with pytest.raises(InvalidRequest, match="quantity"):
        a_desk().consider(proposal, a_view(), TEN)


def preview(desk: Desk, proposal: Any, **world: Any) -> tuple[bool, dict[str, str]]:
    """Whether the gate approves, and the smallest change by argument."""
    found = desk.consider(proposal, world.pop("view", a_view()), world.pop("now", TEN))
    return found.verdict.approved, {change.argument: change.value for change in found.verdict.smallest_change}


@given(
    contracts=st.integers(2, 60),
    cents=st.integers(5, 600),
    per_trade=st.integers(100, 1000),
    daily=st.integers(100, 1000),
    cost=st.integers(100, 2000),
    cap=st.integers(1, 20),
    delta=st.integers(5, 60),
    power=st.integers(100, 3000),
)
def test_the_smallest_change_passes_and_one_contract_more_does_not(
    contracts: int, cents: int, per_trade: int, daily: int, cost: int, cap: int, delta: int, power: int
) -> None:
    limits = some_limits(
        per_trade_max_loss=Decimal(per_trade),
        max_daily_loss=Decimal(daily),
        max_order_cost=Decimal(cost),
        max_contracts_per_order=Decimal(cap),
        delta_cap=Decimal(50),
    )
    price = Decimal(cents) / 100
    greeks = {CALL.symbol: some_greeks(delta=delta / 100, rise=delta / 100, fall=delta / 100)}
    account = an_account(options_buying_power=str(power))
    view = a_view(a_quote(CALL, str(price), str(price + Decimal("0.01"))), greeks=greeks, account=account)
    desk = a_desk(limits=limits)
    approved, change = preview(desk, a_proposal(contracts=str(contracts)), view=view)
    assume(not approved)
    if not change:
        assert not preview(desk, a_proposal(contracts="1"), view=view)[0]
        return
    best = int(change["contracts"])
    assert set(change) == {"contracts"}
    assert preview(desk, a_proposal(contracts=str(best)), view=view)[0]
    assert not preview(desk, a_proposal(contracts=str(best + 1)), view=view)[0]


def test_a_price_beyond_the_collar_is_told_the_last_one_within() -> None:
    """Mid 1.01, 10 %: up to 1.111, on the tick 1.11."""
    approved, change = preview(a_desk(), a_proposal(terms=Limit(Price(Decimal("2.00")))))
    assert (approved, change) == (False, {"limit_price": "1.11"})
    assert preview(a_desk(), a_proposal(terms=Limit(Price(Decimal("1.11")))))[0]
    assert not preview(a_desk(), a_proposal(terms=Limit(Price(Decimal("1.12")))))[0]


def test_quantity_is_judged_at_the_changed_price() -> None:
    """Two at 2.00 lose $400 of 250; at 1.11 they lose $222.21 and two are fine: only the price has to change."""
    greeks = {CALL.symbol: some_greeks(delta=0.2, rise=0.3, fall=0.1)}
    proposal = a_proposal(contracts="2", terms=Limit(Price(Decimal("2.00"))))
    approved, change = preview(a_desk(), proposal, view=a_view(greeks=greeks))
    assert (approved, change) == (False, {"limit_price": "1.11"})


def test_a_budget_that_buys_no_unit_is_told_what_one_needs() -> None:
    """1.02 x 100 + 0.10279 of fees."""
    approved, change = preview(a_desk(), a_proposal(contracts=None, risk_dollars="102.10"))
    assert (approved, change) == (False, {"risk_dollars": "102.10279"})
    assert preview(a_desk(), a_proposal(contracts=None, risk_dollars="102.10279"))[0]


def test_waiting_is_offered_to_the_second_at_which_it_helps() -> None:
    limits = some_limits(event_blackout=(MarketEvent("CPI", at("10:00")), MarketEvent("speech", at("10:25"))))
    approved, change = preview(a_desk(limits=limits), a_proposal())
    # The first ends at 10:20 when the second has begun (10:15); that one ends at 10:45.
    assert (approved, change) == (False, {"not_before": "10:45:00 ET"})
    then = at("10:45")
    assert preview(a_desk(limits=limits), a_proposal(), now=then, view=a_view(now=then))[0]


def test_waiting_is_not_offered_past_the_expiry_clock() -> None:
    """The event lasts until 15:10, but same-day contracts are opened until 15:00 only."""
    limits = some_limits(event_blackout=(MarketEvent("FOMC", at("14:50")),))
    now = at("14:55")
    assert preview(a_desk(limits=limits), a_proposal(), now=now, view=a_view(now=now)) == (False, {})


def test_a_wait_that_ends_within_a_second_is_shown_as_the_next_one() -> None:
    limits = some_limits(event_blackout=(MarketEvent("CPI", at("10:00") + timedelta(milliseconds=300)),))
    assert preview(a_desk(limits=limits), a_proposal())[1] == {"not_before": "10:20:01 ET"}


def test_nothing_is_offered_where_nothing_helps() -> None:
    view = a_view(a_quote(CALL, None, "1.02"))
    assert preview(a_desk(), a_proposal(contracts="9"), view=view) == (False, {})
