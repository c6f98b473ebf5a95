"""Executions as the account's activities and the stream tell them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from tests.unit.adapters.alpaca.wire_rows import (
    CALL,
    ORDER_ID,
    a_spread_row,
    an_activity_row,
    an_order_row,
    an_update_row,
)

from adapters.alpaca.executions import in_order, read_activity, read_trade_update
from adapters.alpaca.fields import UnreadableAnswer
from tradecore.model.events import Filled
from tradecore.model.fees import FeeSchedule
from tradecore.model.instruments import parse_instrument
from tradecore.model.money import usd
from tradecore.model.terms import Side

FEES = FeeSchedule(per_contract=Decimal("0.05"), taf_per_contract_sold=Decimal("0.01"), as_of=date(2026, 11, 1))


def test_stream_and_activities_give_the_same_execution_the_same_id() -> None:
    told = read_trade_update(an_update_row()).fill
    assert told == read_activity(an_activity_row())
    assert told is not None
    assert told.filled("tc-abc-0", FEES) == Filled(
        client_order_id="tc-abc-0",
        at=datetime(2026, 11, 20, 15, 0, 1, 981482, tzinfo=UTC),
        exec_id=f"{ORDER_ID}:2",
        instrument=parse_instrument(CALL),
        side=Side.BUY,
        quantity=Decimal(2),
        price=Decimal("1.01"),
        fee=usd("0.10"),
    )


def test_however_a_quantity_is_written_the_id_is_the_same() -> None:
    ids = {read_activity(an_activity_row(cum_qty=written)).exec_id for written in ("10", 10, 10.0, "10.00", "1e1")}
    assert ids == {f"{ORDER_ID}:10"}


def test_partial_fills_of_one_instant_are_put_in_the_order_in_which_they_add_up() -> None:
    # As reported in alpacahq/Alpaca-API issue 170: same millisecond, listed in any order.
    rows = [an_activity_row(qty=qty, cum_qty=cum) for qty, cum in (("30", "1000"), ("100", "869"), ("51", "970"))]
    assert [fill.cumulative for fill in in_order([read_activity(row) for row in rows])] == [869, 970, 1000]


def test_an_event_without_an_execution_has_no_fill() -> None:
    update = read_trade_update(an_update_row("new", price=None, qty=None, order=an_order_row()))
    assert (update.event, update.fill, update.tells_execution) == ("new", None, False)


def test_of_several_legs_the_stream_says_that_something_was_executed_and_the_activities_what() -> None:
    update = read_trade_update(an_update_row("fill", order=a_spread_row()))
    assert update.tells_execution
    assert update.fill is None


def test_an_event_nobody_knows_yet_is_read_all_the_same() -> None:
    assert read_trade_update(an_update_row("a_word_of_next_year", order=an_order_row())).event == "a_word_of_next_year"


def test_a_short_sale_is_a_sale() -> None:
    assert read_activity(an_activity_row(side="sell_short")).side is Side.SELL


@pytest.mark.parametrize("field", ["order_id", "symbol", "side", "qty", "price", "cum_qty", "transaction_time"])
def test_a_missing_field_is_named_and_never_taken_for_zero(field: str) -> None:
    with pytest.raises(UnreadableAnswer, match=field):
        read_activity(an_activity_row(**{field: None}))


@pytest.mark.parametrize("written", ["NaN", "Infinity", True, [1], "1,5", ""])
def test_what_is_no_number_is_refused(written: object) -> None:
    with pytest.raises(UnreadableAnswer, match="price"):
        read_activity(an_activity_row(price=written))
