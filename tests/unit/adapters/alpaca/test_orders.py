"""Orders as Alpaca's wire has them."""

from decimal import Decimal
from typing import Any

import pytest
from tests.unit.adapters.alpaca.wire_rows import CALL, ORDER_ID, a_spread_row, an_order_row

from adapters.alpaca.fields import UnreadableAnswer
from adapters.alpaca.orders import each_order, read_order, written
from tradecore.errors import OffTick, Rejected
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.instruments import CryptoPair, Equity, Price, parse_instrument
from tradecore.model.terms import Effect, Leg, Limit, Market, PriceTerms, Side, Stop, TimeInForce, TrailingStop
from tradecore.ports.broker import BrokerOrderStatus
from tradecore.testing.orders import a_confirmed_order

LONG = Leg(parse_instrument(CALL), Side.BUY)
SHORT = Leg(parse_instrument("SPY261120C00605000"), Side.SELL)


def an_order(*legs: Leg, terms: PriceTerms | None = None, **changes: Any) -> ConfirmedOrder:
    terms = terms or Limit(Price(Decimal("1.02")))
    return a_confirmed_order("tc-abc-0", *(legs or (LONG,)), quantity=Decimal(2), terms=terms, **changes)


def test_a_limit_order_for_an_option_is_written_in_exact_text_with_its_intent() -> None:
    assert written(an_order()) == {
        "client_order_id": "tc-abc-0",
        "symbol": CALL,
        "qty": "2",
        "side": "buy",
        "type": "limit",
        "limit_price": "1.02",
        "time_in_force": "day",
        "position_intent": "buy_to_open",
    }


def test_a_credit_for_several_legs_is_a_negative_limit_without_symbol_or_side_of_the_whole() -> None:
    body = written(an_order(LONG, SHORT, terms=Limit(Price(Decimal("-1.20"))), effect=Effect.CLOSE))
    assert (body["order_class"], body["limit_price"], body["qty"]) == ("mleg", "-1.2", "2")
    assert "symbol" not in body
    assert "side" not in body
    assert [(leg["side"], leg["ratio_qty"], leg["position_intent"]) for leg in body["legs"]] == [
        ("buy", "1", "buy_to_close"),
        ("sell", "1", "sell_to_close"),
    ]


def test_a_stop_for_shares_names_its_trigger_and_no_limit() -> None:
    body = written(an_order(Leg(Equity("SPY"), Side.SELL), terms=Stop(Price(Decimal("599.5"))), effect=Effect.CLOSE))
    assert (body["type"], body["stop_price"]) == ("stop", "599.5")
    assert "limit_price" not in body
    assert "position_intent" not in body


@pytest.mark.parametrize(
    "order",
    [
        an_order(terms=TrailingStop(Decimal("0.10"))),
        an_order(time_in_force=TimeInForce.IMMEDIATE_OR_CANCEL),
        an_order(LONG, SHORT, terms=Stop(Price(Decimal("1.00")))),
        an_order(Leg(LONG.instrument, Side.BUY, 2), Leg(SHORT.instrument, Side.SELL, 2)),
        an_order(LONG, Leg(Equity("SPY"), Side.SELL)),
        an_order(Leg(LONG.instrument, Side.BUY, 2)),
    ],
)
def test_what_alpaca_does_not_take_is_refused_before_it_is_sent(order: ConfirmedOrder) -> None:
    with pytest.raises(Rejected):
        written(order)


def test_a_price_with_a_float_s_tail_is_never_sent() -> None:
    with pytest.raises(OffTick, match=r"600\.3000000000001"):
        written(an_order(Leg(Equity("SPY"), Side.BUY), terms=Limit(Price(Decimal("600.3000000000001")))))


def test_an_order_is_read_from_text_and_from_numbers_alike() -> None:
    for order in (read_order(an_order_row()), read_order(an_order_row(qty=2.0, filled_qty=0, limit_price=1.02))):
        assert (order.id, order.report.client_order_id) == (ORDER_ID, "tc-abc-0")
        assert order.report.legs == (LONG,)
        assert [order.report.quantity, *order.report.filled_legs] == [2, 0]
        assert order.report.limit_price == Decimal("1.02")
        assert order.report.status is BrokerOrderStatus.WORKING


def test_a_multi_leg_order_is_read_leg_by_leg() -> None:
    order = read_order(a_spread_row())
    assert order.report.legs == (LONG, Leg(SHORT.instrument, Side.SELL, 2))
    assert list(order.report.filled_legs) == [3, 6]
    assert order.report.filled_quantity == 3
    assert order.report.limit_price == Decimal("-1.28")
    assert list(order.part_ids) == ["leg-1", "leg-2"]
    assert order.is_multi_leg


def test_a_leg_told_by_itself_is_known_to_be_one() -> None:
    assert read_order(a_spread_row()["legs"][0] | {"client_order_id": "uuid"}).is_leg
    assert not read_order(an_order_row()).is_leg


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("accepted", "working"),
        ("pending_new", "working"),
        ("partially_filled", "working"),
        ("pending_cancel", "working"),
        ("held", "working"),
        ("done_for_day", "working"),
        ("filled", "filled"),
        ("canceled", "canceled"),
        ("replaced", "canceled"),
        ("expired", "expired"),
        ("rejected", "rejected"),
        ("a_word_of_next_year", "working"),
    ],
)
def test_every_status_says_whether_the_order_may_still_fill(status: str, expected: str) -> None:
    assert str(read_order(an_order_row(status=status)).report.status) == expected


def test_an_unknown_status_of_an_order_that_has_ended_is_refused_by_name() -> None:
    with pytest.raises(UnreadableAnswer, match=r"status: 'vanished' is unknown, and canceled_at"):
        read_order(an_order_row(status="vanished", canceled_at="2026-11-20T15:00:02Z"))


@pytest.mark.parametrize("field", ["qty", "symbol", "side", "status", "id"])
def test_a_missing_field_is_named(field: str) -> None:
    with pytest.raises(UnreadableAnswer, match=field):
        read_order(an_order_row(**{field: None}))


def test_an_order_of_somebody_else_bears_alpaca_s_id_with_a_prefix() -> None:
    order = read_order(an_order_row(client_order_id="eb9e2aaa-f71a-4f51-b5b4-52a6c565dad4"))
    assert order.report.client_order_id == f"ext-{ORDER_ID}"


def test_somebody_else_s_order_that_can_t_be_read_does_not_hide_ours() -> None:
    theirs = an_order_row(client_order_id="x", symbol="FI111225", asset_class="ipo", qty=None)
    assert list(each_order(theirs)) == []
    with pytest.raises(UnreadableAnswer):
        list(each_order(an_order_row(qty="many")))


def test_the_children_of_a_bracket_are_orders_of_their_own() -> None:
    child = an_order_row(id="child", client_order_id="y", symbol="SPY", side="sell", status="held", limit_price="610")
    parent = an_order_row(client_order_id="x", symbol="SPY", order_class="bracket", legs=[child])
    assert [order.id for order in each_order(parent)] == [ORDER_ID, "child"]


def test_a_crypto_pair_is_read_with_and_without_its_slash() -> None:
    for symbol in ("BTC/USD", "BTCUSD"):
        row = an_order_row(symbol=symbol, asset_class="crypto", qty="0.0283")
        assert read_order(row).report.legs[0].instrument == CryptoPair("BTC", "USD")


def test_a_market_order_names_no_limit() -> None:
    assert written(an_order(terms=Market()))["type"] == "market"
    assert read_order(an_order_row(limit_price=None)).report.limit_price is None
