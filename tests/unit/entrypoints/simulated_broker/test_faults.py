"""What goes wrong on purpose, as a client meets it."""

import pytest
from tests.unit.entrypoints.simulated_broker.broker import Broker
from tests.unit.entrypoints.simulated_broker.test_orders import CALL_600, CALL_603, MARKET, credit_spread

from entrypoints.settings import SettingsError
from entrypoints.simulated_broker.running import read_faults

MINE = {"symbol": "SPY", "side": "buy", "qty": 1, "time_in_force": "day", "client_order_id": "mine"} | MARKET


def set_fault(broker: Broker, **faults: float) -> None:
    reply = broker.call("POST", "/_sim/faults", faults)
    assert (reply.status, reply.json["faults"]) == (200, faults)


def test_an_order_that_was_answered_with_504_is_live(broker: Broker) -> None:
    set_fault(broker, accept_then_504=1)
    assert broker.call("POST", "/v2/orders", MINE).status == 504
    assert broker.get("/v2/orders:by_client_order_id?client_order_id=mine")["status"] == "filled"
    again = broker.call("POST", "/v2/orders", MINE)
    assert (again.status, again.json["message"]) == (422, "client_order_id must be unique")


def test_an_order_whose_connection_was_reset_is_live(broker: Broker) -> None:
    set_fault(broker, reset_after_send=1)
    with pytest.raises(ConnectionResetError):
        broker.call("POST", "/v2/orders", MINE)
    assert broker.get("/v2/orders:by_client_order_id?client_order_id=mine")["status"] == "filled"


def test_a_429_does_nothing(broker: Broker) -> None:
    set_fault(broker, too_many_requests=1)
    assert broker.call("POST", "/v2/orders", MINE).status == 429
    assert broker.get("/v2/orders?status=all") == []


def test_an_order_may_fill_just_before_it_is_canceled(broker: Broker) -> None:
    order = broker.order(symbol="SPY", side="buy", qty=7, type="limit", limit_price=500)
    set_fault(broker, late_fill=1)
    assert broker.call("DELETE", f"/v2/orders/{order['id']}").status == 204
    ended = broker.get(f"/v2/orders/{order['id']}")
    assert (ended["status"], ended["filled_qty"], ended["filled_avg_price"]) == ("filled", "7", "500")
    assert broker.get("/_sim/state")["faults"] == {}


def test_the_broker_may_close_one_leg_of_a_spread(broker: Broker) -> None:
    broker.order(**credit_spread())
    assert broker.call("POST", "/_sim/liquidate", {"symbol": CALL_603}).status == 200
    assert broker.positions() == {CALL_600: "-2"}


def test_the_clock_that_is_told_may_be_wrong(broker: Broker) -> None:
    set_fault(broker, skew_seconds=-3.5)
    assert broker.get("/v2/clock")["timestamp"] == "2026-11-20T09:59:56.500000-05:00"


def test_an_unknown_fault_is_named(broker: Broker) -> None:
    reply = broker.call("POST", "/_sim/faults", {"earthquake": 1})
    assert reply.status == 422
    assert "earthquake" in reply.json["message"]
    with pytest.raises(SettingsError, match="accept_then_504"):
        read_faults(("earthquake=1",))
