"""Orders as a client of the wire meets them: what fills, what is held, how they are taken back and replaced."""

from decimal import Decimal
from typing import Any

import pytest
from tests.unit.entrypoints.simulated_broker.broker import Broker

CALL_600, CALL_603 = "SPY261120C00600000", "SPY261120C00603000"
MARKET: dict[str, Any] = {"type": "market"}


def credit_spread(**more: Any) -> dict[str, Any]:
    legs = [
        {"symbol": CALL_600, "ratio_qty": "1", "side": "sell", "position_intent": "sell_to_open"},
        {"symbol": CALL_603, "ratio_qty": 1.0, "side": "buy", "position_intent": "buy_to_open"},
    ]
    return {"order_class": "mleg", "qty": 2, "type": "market", "legs": legs} | more


def test_an_order_is_answered_as_pending_and_filled_at_the_ask(broker: Broker) -> None:
    _, ask = broker.quote("SPY")
    answer = broker.order(symbol="SPY", side="buy", qty=1.0, **MARKET)
    assert (answer["status"], answer["qty"], answer["filled_qty"]) == ("pending_new", "1", "0")
    filled = broker.get(f"/v2/orders/{answer['id']}")
    assert (filled["status"], float(filled["filled_avg_price"])) == ("filled", ask)
    assert broker.positions() == {"SPY": "1"}


def test_numbers_may_be_text_or_json_numbers(broker: Broker) -> None:
    one = broker.order(symbol="SPY", side="buy", qty=1.0, type="limit", limit_price=500.5)
    other = broker.order(symbol="SPY", side="buy", qty="1", type="limit", limit_price="500.50")
    assert (one["qty"], one["limit_price"]) == (other["qty"], other["limit_price"]) == ("1", "500.5")


def test_a_resting_order_fills_at_its_limit_or_better_when_the_market_comes(broker: Broker) -> None:
    limit = round(broker.quote("SPY")[0] - 0.05, 2)
    order = broker.order(symbol="SPY", side="buy", qty=5, type="limit", limit_price=limit)
    assert broker.get(f"/v2/orders/{order['id']}")["status"] == "new"
    broker.pass_time(1800)
    filled = broker.get(f"/v2/orders/{order['id']}")
    assert filled["status"] == "filled"
    assert float(filled["filled_avg_price"]) <= limit


def test_an_order_larger_than_the_quote_fills_in_parts(broker: Broker) -> None:
    size = broker.get("/v2/stocks/quotes/latest?symbols=IWM")["quotes"]["IWM"]["as"]
    qty = int(size) + 100
    answer = broker.order(symbol="IWM", side="buy", qty=qty, **MARKET)
    order = broker.get(f"/v2/orders/{answer['id']}")
    assert (order["status"], order["filled_qty"]) == ("partially_filled", str(size))
    broker.pass_time(30)
    assert broker.get(f"/v2/orders/{answer['id']}")["status"] == "filled"
    fills = broker.get("/v2/account/activities/FILL")
    assert sum(Decimal(one["qty"]) for one in fills) == qty
    assert [one["type"] for one in fills] == ["fill", "partial_fill"]


def test_a_spread_fills_as_one_and_its_legs_hold_their_own_prices(broker: Broker) -> None:
    short, long = broker.quote(CALL_600)[0], broker.quote(CALL_603)[1]
    answer = broker.order(**credit_spread())
    assert (answer["symbol"], answer["side"], answer["asset_class"], answer["asset_id"]) == ("", "", "", "")
    order = broker.get(f"/v2/orders/{answer['id']}")
    assert float(order["filled_avg_price"]) == pytest.approx(long - short)
    assert [float(leg["filled_avg_price"]) for leg in order["legs"]] == [short, long]
    assert [(leg["qty"], leg["ratio_qty"], leg["type"]) for leg in order["legs"]] == [("2", "1", ""), ("2", "1", "")]
    assert broker.positions() == {CALL_600: "-2", CALL_603: "2"}


def test_the_long_leg_of_a_spread_cannot_be_sold_alone(broker: Broker) -> None:
    broker.order(**credit_spread())
    refused = broker.refusal(symbol=CALL_603, side="sell", qty=2, position_intent="sell_to_close", **MARKET)
    assert refused == (403, 40310000, "account not eligible to trade uncovered option contracts")


def test_closing_everything_takes_the_short_leg_first(broker: Broker) -> None:
    broker.order(**credit_spread())
    reply = broker.call("DELETE", "/v2/positions?cancel_orders=True")
    assert reply.status == 207
    assert [(one["symbol"], one["status"]) for one in reply.json] == [(CALL_600, 200), (CALL_603, 200)]
    assert broker.positions() == {}


def bracket(broker: Broker, **more: Any) -> Any:
    bid, _ = broker.quote("SPY")
    exits = {
        "take_profit": {"limit_price": round(bid + 0.3, 2)},
        "stop_loss": {"stop_price": str(round(bid - 0.3, 2))},
    }
    return broker.order(symbol="SPY", side="buy", qty=10, order_class="bracket", **(MARKET | exits | more))


def test_the_exits_of_a_bracket_are_held_until_its_entry_fills(broker: Broker) -> None:
    bid, _ = broker.quote("SPY")
    terms = {"type": "limit", "limit_price": round(bid - 20, 2), "stop_loss": {"stop_price": round(bid - 30, 2)}}
    answer = bracket(broker, **terms)
    assert [leg["status"] for leg in answer["legs"]] == ["held", "held"]
    broker.call("DELETE", f"/v2/orders/{answer['id']}")
    closed = broker.get(f"/v2/orders/{answer['id']}?nested=true")
    assert [closed["status"], *(leg["status"] for leg in closed["legs"])] == ["canceled"] * 3


def test_one_exit_of_a_bracket_fills_and_the_other_is_canceled(broker: Broker) -> None:
    answer = bracket(broker)
    assert broker.positions() == {"SPY": "10"}
    broker.pass_time(3600)
    legs = broker.get(f"/v2/orders/{answer['id']}?nested=true")["legs"]
    assert sorted(leg["status"] for leg in legs) == ["canceled", "filled"]
    assert broker.positions() == {}


def test_an_oco_closes_a_position_once(broker: Broker) -> None:
    broker.order(symbol="SPY", side="buy", qty=10, **MARKET)
    bid, _ = broker.quote("SPY")
    exits = {"take_profit": {"limit_price": round(bid + 0.3, 2)}, "stop_loss": {"stop_price": round(bid - 0.3, 2)}}
    answer = broker.order(symbol="SPY", side="sell", qty=10, type="limit", order_class="oco", **exits)
    assert float(answer["limit_price"]) == round(bid + 0.3, 2)
    assert [leg["type"] for leg in answer["legs"]] == ["stop"]
    broker.pass_time(3600)
    assert broker.positions() == {}


def test_a_trailing_stop_follows_the_bid(broker: Broker) -> None:
    broker.order(symbol="SPY", side="buy", qty=1, **MARKET)
    bid, _ = broker.quote("SPY")
    answer = broker.order(symbol="SPY", side="sell", qty=1, type="trailing_stop", trail_price="0.4")
    first = broker.get(f"/v2/orders/{answer['id']}")
    assert (float(first["hwm"]), float(first["stop_price"])) == (bid, round(bid - 0.4, 2))
    broker.pass_time(3600)
    order = broker.get(f"/v2/orders/{answer['id']}")
    assert order["status"] == "filled"
    assert float(order["stop_price"]) == pytest.approx(float(order["hwm"]) - 0.4)


def test_a_replaced_order_names_its_successor(broker: Broker) -> None:
    old = broker.order(symbol="SPY", side="buy", qty=1, type="limit", limit_price=500)
    new = broker.call("PATCH", f"/v2/orders/{old['id']}", {"limit_price": 501, "qty": "2"})
    assert (new.status, new.json["replaces"], new.json["limit_price"], new.json["qty"]) == (200, old["id"], "501", "2")
    assert broker.get(f"/v2/orders/{old['id']}")["replaced_by"] == new.json["id"]
    assert [one["id"] for one in broker.get("/v2/orders")] == [new.json["id"]]


def test_the_credit_of_a_spread_can_be_replaced_by_another(broker: Broker) -> None:
    old = broker.order(**credit_spread(type="limit", limit_price=-2.5))
    new = broker.call("PATCH", f"/v2/orders/{old['id']}", {"limit_price": "-2.4"})
    assert (new.status, new.json["limit_price"]) == (200, "-2.4")
    assert [leg["symbol"] for leg in new.json["legs"]] == [CALL_600, CALL_603]


def test_an_order_that_has_ended_is_not_cancelable(broker: Broker) -> None:
    answer = broker.order(symbol="SPY", side="buy", qty=1, **MARKET)
    reply = broker.call("DELETE", f"/v2/orders/{answer['id']}")
    assert (reply.status, reply.json["code"]) == (422, 42210000)
    assert reply.json["message"] == 'order is already in "filled" state'


def test_cancel_all_answers_207_with_every_order(broker: Broker) -> None:
    orders = [broker.order(symbol="SPY", side="buy", qty=1, type="limit", limit_price=500 + n)["id"] for n in range(3)]
    reply = broker.call("DELETE", "/v2/orders")
    assert reply.status == 207
    assert reply.json == [{"id": one, "status": 200} for one in orders]
    assert broker.get("/v2/orders") == []


def test_an_immediate_order_does_not_rest(broker: Broker) -> None:
    order = broker.order(symbol="SPY", side="buy", qty=1, type="limit", limit_price=500, time_in_force="ioc")
    assert broker.get(f"/v2/orders/{order['id']}")["status"] == "canceled"


def test_coins_are_sold_by_closing_them_under_the_name_without_a_stroke(broker: Broker) -> None:
    broker.order(symbol="BTC/USD", qty="0.01", side="buy", time_in_force="gtc", **MARKET)
    assert broker.positions() == {"BTCUSD": "0.01"}
    assert broker.call("DELETE", "/v2/positions/BTCUSD").status == 200
    assert broker.positions() == {}


def test_a_position_tells_how_it_changed_since_the_close_before(broker: Broker) -> None:
    broker.order(symbol="SPY", qty="1", side="buy", **MARKET)
    held = broker.get("/v2/positions/SPY")
    bars = broker.get("/v2/stocks/bars?symbols=SPY&timeframe=1Min&start=2026-11-19T20:59:00Z&end=2026-11-19T21:00:00Z")
    assert float(held["lastday_price"]) == pytest.approx(bars["bars"]["SPY"][-1]["c"], abs=0.02)
    change = float(held["current_price"]) / float(held["lastday_price"]) - 1
    assert float(held["change_today"]) == pytest.approx(change, abs=1e-8)


def test_a_combination_between_its_touches_fills_at_its_net_price(broker: Broker) -> None:
    (sold_bid, sold_ask), (bought_bid, bought_ask) = broker.quote(CALL_600), broker.quote(CALL_603)
    middle = round((sold_bid + sold_ask - bought_bid - bought_ask) / 2 - 0.005, 2)
    assert sold_bid - bought_ask < middle - 0.005
    order = broker.order(**credit_spread(qty=1, type="limit", limit_price=-middle))
    for _ in range(60):
        if broker.get(f"/v2/orders/{order['id']}")["status"] == "filled":
            break
        broker.pass_time(1)
    filled = broker.get(f"/v2/orders/{order['id']}")
    sold, bought = (float(leg["filled_avg_price"]) for leg in filled["legs"])
    assert (filled["status"], round(sold - bought, 2)) == ("filled", middle)
    for symbol, price in ((CALL_600, sold), (CALL_603, bought)):
        bid, ask = broker.quote(symbol)
        assert bid - 0.001 <= price <= ask + 0.001


def test_a_combination_priced_below_every_touch_rests(broker: Broker) -> None:
    (_, sold_ask), (bought_bid, _) = broker.quote(CALL_600), broker.quote(CALL_603)
    order = broker.order(**credit_spread(qty=1, type="limit", limit_price=-round(sold_ask - bought_bid + 1, 2)))
    for _ in range(30):
        broker.pass_time(1)
    assert broker.get(f"/v2/orders/{order['id']}")["status"] == "new"
