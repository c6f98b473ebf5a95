"""What the simulated broker refuses, in the service's codes and words."""

from decimal import Decimal
from typing import Any

import pytest
from tests.unit.entrypoints.simulated_broker.broker import Broker
from tests.unit.entrypoints.simulated_broker.test_orders import CALL_600, MARKET, credit_spread

SPY_BUY: dict[str, Any] = {"symbol": "SPY", "side": "buy", "qty": 1}
SUB_PENNY = "invalid limit_price 600.301. sub-penny increment does not fulfill minimum pricing criteria"
COVERED = "insufficient underlying qty available for covered call (required: 100, available: 0)"


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        (SPY_BUY | {"symbol": "NOPE"} | MARKET, (422, 42210000, 'asset "NOPE" not found')),
        (SPY_BUY | {"type": "limit"}, (422, 40010001, "limit orders require limit_price")),
        (SPY_BUY | {"side": "sideways"} | MARKET, (422, 40010001, "invalid side: sideways")),
        (SPY_BUY | {"type": "limit", "limit_price": 600.301}, (422, 42210000, SUB_PENNY)),
        (
            SPY_BUY | MARKET | {"order_class": "bracket"},
            (422, 42210000, "bracket orders require take_profit.limit_price"),
        ),
        (
            SPY_BUY | {"symbol": CALL_600, "type": "trailing_stop", "trail_price": 1},
            (422, 42210000, "invalid options order_type: trailing_stop"),
        ),
        ({"symbol": CALL_600, "side": "sell", "qty": 1} | MARKET, (403, 40310000, COVERED)),
        (SPY_BUY | {"qty": 1000} | MARKET, (403, 40310000, "insufficient buying power")),
        (SPY_BUY | {"qty": "NaN"} | MARKET, (422, 40010001, "qty must be a number")),
        (SPY_BUY | {"qty": -1} | MARKET, (422, 42210000, "qty must be > 0")),
    ],
)
def test_what_an_order_may_not_be_is_said_in_the_service_s_words(
    broker: Broker, body: dict[str, Any], refused: tuple[int, int, str]
) -> None:
    assert broker.refusal(**body) == refused
    assert broker.get("/v2/orders?status=all") == []


def test_a_client_order_id_is_used_once(broker: Broker) -> None:
    terms = SPY_BUY | {"type": "limit", "limit_price": 500, "client_order_id": "mine"}
    first = broker.order(**terms)
    assert broker.refusal(**terms) == (422, 40010001, "client_order_id must be unique")
    assert broker.get("/v2/orders:by_client_order_id?client_order_id=mine")["id"] == first["id"]


def test_an_order_that_would_meet_another_of_the_account_is_refused(broker: Broker) -> None:
    broker.order(symbol="SPY", side="buy", qty=10, **MARKET)
    resting = broker.order(symbol="SPY", side="sell", qty=5, type="limit", limit_price=620)
    reply = broker.call("POST", "/v2/orders", SPY_BUY | MARKET | {"time_in_force": "day"})
    assert (reply.status, reply.json["existing_order_id"]) == (403, resting["id"])
    assert reply.json["message"] == "potential wash trade detected. use complex orders"


def test_shares_held_by_an_order_are_not_available_to_another(broker: Broker) -> None:
    broker.order(symbol="SPY", side="buy", qty=10, **MARKET)
    broker.order(symbol="SPY", side="sell", qty=8, type="limit", limit_price=620)
    reply = broker.call("DELETE", "/v2/positions/SPY")
    assert reply.status == 403
    assert reply.json["message"] == "insufficient qty available for order (requested: 10, available: 2)"
    assert (reply.json["existing_qty"], reply.json["held_for_orders"]) == ("10", "8")


def test_a_level_below_three_has_no_spreads(broker: Broker) -> None:
    assert broker.call("PATCH", "/v2/account/configurations", {"max_options_trading_level": 2}).status == 200
    assert broker.refusal(**credit_spread())[0] == 403
    broker.order(symbol=CALL_600, side="buy", qty=1, **MARKET)


def test_a_suspended_account_takes_no_order(broker: Broker) -> None:
    broker.call("PATCH", "/v2/account/configurations", {"suspend_trade": True})
    assert broker.refusal(**SPY_BUY, **MARKET)[2] == "new orders are rejected by user request"


def test_a_credit_spread_takes_its_width_less_the_credit(broker: Broker) -> None:
    before = Decimal(broker.get("/v2/account")["options_buying_power"])
    broker.order(**credit_spread(type="limit", limit_price=-2.5))
    after = Decimal(broker.get("/v2/account")["options_buying_power"])
    assert 0 <= before - after - 2 * (300 - 250) < 1, "more than the fees"
