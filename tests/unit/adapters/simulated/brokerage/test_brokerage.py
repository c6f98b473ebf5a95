"""Whatever clients do, the brokerage's books balance, no fill is worse than its limit, and the same is done twice."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.simulated.brokerage.books import Update
from adapters.simulated.brokerage.brokerage import Brokerage
from adapters.simulated.brokerage.listings import Listings
from adapters.simulated.brokerage.refusals import Refusal
from adapters.simulated.brokerage.requests import perform
from tradecore.model.fees import FeeSchedule

pytestmark = pytest.mark.hypothesis

FEES = FeeSchedule(per_contract=Decimal("0.02"), taf_per_contract_sold=Decimal("0.003"), as_of=date(2026, 1, 1))
TEN = datetime(2026, 11, 20, 15, tzinfo=UTC)
CALLS = [f"SPY261120C00{strike}000" for strike in range(595, 604)]

side = st.sampled_from(["buy", "sell"])
qty = st.integers(1, 30)
cents = st.integers(59600, 59850).map(lambda value: str(Decimal(value) / 100))


def share_order(**more: Any) -> st.SearchStrategy[dict[str, Any]]:
    fixed = {"symbol": st.sampled_from(["SPY", "SPY", "QQQ"]), "side": side, "qty": qty}
    return st.fixed_dictionaries(fixed | {"time_in_force": st.sampled_from(["day", "gtc", "ioc", "fok"])} | more)


def bracket(entry: dict[str, Any], gap: int) -> dict[str, Any]:
    up = entry["side"] == "buy"
    low, high = Decimal("597.2") - gap, Decimal("597.2") + gap
    exits = {
        "take_profit": {"limit_price": str(high if up else low)},
        "stop_loss": {"stop_price": str(low if up else high)},
    }
    return entry | exits | {"symbol": "SPY", "order_class": "bracket", "time_in_force": "day"}


def spread(count: int, first: int, width: int, credit: bool) -> dict[str, Any]:
    sides = ("sell", "buy") if credit else ("buy", "sell")
    symbols = CALLS[first], CALLS[min(first + width, len(CALLS) - 1)]
    legs = [{"symbol": one, "side": way, "ratio_qty": 1} for one, way in zip(symbols, sides, strict=True)]
    return {"order_class": "mleg", "qty": count, "type": "market", "time_in_force": "day", "legs": legs}


orders = st.one_of(
    share_order(type=st.just("market")),
    share_order(type=st.just("limit"), limit_price=cents),
    share_order(type=st.just("stop"), stop_price=cents),
    st.builds(bracket, share_order(type=st.just("market")), st.integers(1, 3)),
    st.builds(spread, st.integers(1, 5), st.integers(0, 6), st.integers(1, 3), st.booleans()),
    st.fixed_dictionaries(
        {
            "symbol": st.sampled_from(CALLS),
            "side": side,
            "qty": qty,
            "type": st.just("market"),
            "time_in_force": st.just("day"),
        }
    ),
)
steps = st.lists(
    st.one_of(
        orders.map(lambda order: ("enter", {"order": order})),
        st.just(("cancel_all", {})),
        st.just(("close_all", {"cancel_orders": True})),
        st.integers(1, 400).map(lambda seconds: ("wait", seconds)),
    ),
    max_size=12,
)


def play(script: list[tuple[str, Any]], ends: datetime | None = None) -> tuple[Brokerage, list[Update]]:
    told: list[Update] = []
    brokerage = Brokerage(listings=Listings(3), fees=FEES, begins=TEN)
    brokerage.books.teller = told.append
    now = TEN
    for name, given_ in script:
        if name == "wait":
            now += timedelta(seconds=given_)
            brokerage.advance(now)
            continue
        try:
            perform(brokerage, "a", name, given_, now)
        except Refusal:
            continue
        brokerage.activate()
    if ends is not None:
        brokerage.advance(ends)
    return brokerage, told


def executions(brokerage: Brokerage) -> Iterator[dict[str, Any]]:
    return (one for one in brokerage.account("a").activities if one["activity_type"] == "FILL")


@settings(deadline=None, max_examples=60)
@given(steps)
def test_cash_and_positions_are_what_the_executions_add_up_to(script: list[tuple[str, Any]]) -> None:
    brokerage, _ = play(script)
    account = brokerage.account("a")
    cash, held = Decimal(100_000), dict[str, Decimal]()
    for one in executions(brokerage):
        instrument = brokerage.listings.find(one["symbol"])
        assert instrument is not None
        signed = one["qty"] if one["side"] == "buy" else -one["qty"]
        cash -= signed * one["price"] * instrument.multiplier
        cash -= brokerage.books.fee(instrument, one["side"], one["qty"])
        held[one["symbol"]] = held.get(one["symbol"], Decimal(0)) + signed
    assert account.cash == cash
    assert {symbol: one.qty for symbol, one in account.positions.items()} == {s: q for s, q in held.items() if q}


@settings(deadline=None, max_examples=60)
@given(steps)
def test_nothing_fills_worse_than_its_limit_or_beyond_its_quantity(script: list[tuple[str, Any]]) -> None:
    brokerage, told = play(script)
    for update in told:
        limit = update.order.prices.limit
        if update.price is not None and limit is not None and not update.order.triggered:
            better = limit - update.price if update.order.side != "sell" else update.price - limit
            assert better >= 0
    for order in brokerage.account("a").orders.values():
        assert 0 <= order.filled <= (order.qty or 0)


@settings(deadline=None, max_examples=60)
@given(steps)
def test_only_one_exit_of_a_bracket_fills_and_no_short_option_stands_alone(script: list[tuple[str, Any]]) -> None:
    brokerage, _ = play(script)
    account = brokerage.account("a")
    for order in account.orders.values():
        if order.order_class == "bracket" and order.parent is None:
            assert sum((leg.filled for leg in order.legs), Decimal(0)) <= order.filled
    calls = [one.qty for symbol, one in account.positions.items() if symbol in CALLS]
    assert sum(calls, account.held("SPY") // 100) >= 0


@settings(deadline=None, max_examples=25)
@given(steps, st.integers(1, 60))
def test_how_often_time_is_looked_at_changes_nothing(script: list[tuple[str, Any]], every: int) -> None:
    looked = [part for step in script for part in (_cut(step, every) if step[0] == "wait" else [step])]
    one, told = play(script)
    other, told_often = play(looked)
    assert [(u.event, u.at, u.price, u.qty, u.order.id) for u in told] == [
        (u.event, u.at, u.price, u.qty, u.order.id) for u in told_often
    ]
    assert one.account("a").cash == other.account("a").cash


def _cut(step: tuple[str, Any], every: int) -> list[tuple[str, Any]]:
    whole, rest = divmod(step[1], every)
    return [("wait", every)] * whole + ([("wait", rest)] if rest else [])


@settings(deadline=None, max_examples=25)
@given(steps)
def test_after_the_last_day_no_option_and_no_day_order_is_left(script: list[tuple[str, Any]]) -> None:
    brokerage, _ = play(script, ends=datetime(2026, 11, 20, 21, 0, 1, tzinfo=UTC))
    account = brokerage.account("a")
    assert not [symbol for symbol in account.positions if symbol in CALLS]
    assert all(order.time_in_force == "gtc" for order in account.open.values())
