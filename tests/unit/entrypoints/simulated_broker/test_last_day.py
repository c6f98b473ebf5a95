"""The last day of options: until when they are opened, what is closed for the account, what happens at 16:00."""

from decimal import Decimal
from pathlib import Path

import pytest
from tests.unit.entrypoints.simulated_broker.broker import Broker
from tests.unit.entrypoints.simulated_broker.test_orders import MARKET

DEEP_CALL, FAR_CALL = "SPY261120C00590000", "SPY261120C00612000"


def kinds(broker: Broker) -> list[str]:
    return [one["activity_type"] for one in broker.get("/v2/account/activities?direction=asc")]


@pytest.mark.parametrize(("root", "until"), [("SPY", (15, 30)), ("IWM", (15, 15))])
def test_expiring_contracts_are_opened_until_the_cut_off_and_closed_after_it(
    broker: Broker, root: str, until: tuple[int, int]
) -> None:
    spot = round(broker.quote(root)[0]) - 10
    contract = f"{root}261120C{spot * 1000:08d}"
    broker.pass_until(until[0], until[1] - 1)
    broker.order(symbol=contract, side="buy", qty=1, **MARKET)
    broker.pass_until(*until)
    refused = broker.refusal(symbol=contract, side="buy", qty=1, **MARKET)
    assert refused == (422, 42210000, f"contract {contract} expires soon, unable to open new positions")
    broker.order(symbol=contract, side="sell", qty=1, position_intent="sell_to_close", **MARKET)
    assert broker.positions() == {}


def test_what_is_in_the_money_is_exercised_and_the_rest_expires(broker: Broker) -> None:
    broker.order(symbol=DEEP_CALL, side="buy", qty=1, **MARKET)
    broker.order(symbol=FAR_CALL, side="buy", qty=1, **MARKET)
    cash = Decimal(broker.get("/v2/account")["cash"])
    broker.pass_until(16, 0)
    assert broker.positions() == {"SPY": "100"}
    assert Decimal(broker.get("/v2/account")["cash"]) == cash - 100 * 590
    assert sorted(kinds(broker)) == ["FILL", "FILL", "OPEXC", "OPEXP", "OPTRD"]


def test_a_position_may_be_left_to_expire(broker: Broker) -> None:
    broker.order(symbol=DEEP_CALL, side="buy", qty=1, **MARKET)
    assert broker.call("POST", f"/v2/positions/{DEEP_CALL}/do-not-exercise").status == 200
    broker.pass_until(16, 0)
    assert broker.positions() == {}


def test_a_long_option_is_exercised_when_asked(broker: Broker) -> None:
    broker.order(symbol=DEEP_CALL, side="buy", qty=1, **MARKET)
    assert broker.call("POST", f"/v2/positions/{DEEP_CALL}/exercise").status == 200
    assert broker.positions() == {"SPY": "100"}


def test_a_short_put_in_the_money_is_assigned(broker: Broker) -> None:
    put = "SPY261120P00605000"
    broker.order(symbol=put, side="sell", qty=1, **MARKET)
    broker.pass_until(16, 0)
    assert broker.positions() == {"SPY": "100"}
    assert "OPASN" in kinds(broker)


def test_what_the_account_could_not_carry_is_closed_before_the_close(broker: Broker) -> None:
    broker.order(symbol=DEEP_CALL, side="buy", qty=20, **MARKET)
    broker.pass_until(15, 44)
    assert broker.positions() == {DEEP_CALL: "20"}
    broker.pass_until(15, 45)
    assert broker.positions() == {}
    ids = [one["client_order_id"] for one in broker.get("/v2/orders?status=closed")]
    assert any(one.startswith("liquidation-") for one in ids)


def test_day_orders_expire_at_the_close_and_others_wait_for_the_next_open(broker: Broker) -> None:
    terms = {"symbol": "SPY", "side": "buy", "qty": 1, "type": "limit", "limit_price": 400}
    day, kept = broker.order(**terms), broker.order(**terms, time_in_force="gtc")
    broker.pass_until(16, 1)
    assert broker.get(f"/v2/orders/{day['id']}")["status"] == "expired"
    assert broker.get(f"/v2/orders/{kept['id']}")["status"] == "new"


def test_an_order_of_a_closed_market_waits_for_the_open(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "sim", start="2026-11-20T08:00")
    order = broker.order(symbol="SPY", side="buy", qty=1, **MARKET)
    assert order["status"] == "accepted"
    assert broker.refusal(symbol=DEEP_CALL, side="buy", qty=1, **MARKET)[2] == (
        "options market orders are only allowed during market hours"
    )
    broker.pass_until(9, 29)
    assert broker.positions() == {}
    broker.pass_until(9, 31)
    assert broker.positions() == {"SPY": "1"}
    broker.close()
