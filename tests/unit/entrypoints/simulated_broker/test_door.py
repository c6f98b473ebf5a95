"""Who may come in, what is limited, and what bad input is told."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.unit.entrypoints.simulated_broker.broker import Broker

from entrypoints.simulated_broker.app import LONGEST_BODY


def test_every_pair_of_keys_opens_an_account_of_its_own(broker: Broker) -> None:
    broker.order(symbol="SPY", side="buy", qty=1, type="market")
    mine, theirs = (broker.call("GET", "/v2/positions", keys=("k", secret)).json for secret in ("s", "t"))
    assert [one["symbol"] for one in mine] == ["SPY"]
    assert theirs == []


def test_a_broker_with_keys_knows_no_others(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "sim", keys=("right", "pair"))
    assert broker.call("GET", "/v2/account", keys=("right", "pair")).status == 200
    for keys in (("right", "wrong"), ("k", "s"), None):
        reply = broker.call("GET", "/v2/account", keys=keys)
        assert (reply.status, reply.json) == (401, {"code": 40110000, "message": "request is not authorized"})
        data = broker.call("GET", "/v1beta1/news", keys=keys)
        assert (data.status, list(data.json)) == (401, ["message"])
    broker.close()


def test_only_the_state_is_told_without_keys(broker: Broker) -> None:
    reply = broker.call("GET", "/_sim/state", keys=None)
    assert (reply.status, reply.json["simulator"], reply.json["seed"]) == (200, "tradecore sim", 1)
    assert broker.call("GET", "/v2/account", keys=None).status == 401


def test_requests_are_counted_told_and_limited(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "sim", requests_a_minute=2)
    broker.simulation.seconds = lambda: 30.0
    left = [broker.call("GET", "/v2/clock").headers["x-ratelimit-remaining"] for _ in range(2)]
    assert left == ["1", "0"]
    refused = broker.call("GET", "/v2/clock")
    assert (refused.status, refused.json["message"]) == (429, "too many requests.")
    assert refused.headers["x-ratelimit-limit"] == "2"
    assert broker.call("GET", "/v2/clock", keys=("another", "account")).status == 200
    broker.close()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'"text"', b"{'a': 1}"])
def test_a_body_that_is_no_json_object_is_malformed(broker: Broker, body: bytes) -> None:
    reply = broker.call("POST", "/v2/orders", body)
    assert (reply.status, reply.json) == (400, {"code": 40010000, "message": "request body format is invalid"})


def test_unknown_members_are_passed_over(broker: Broker) -> None:
    broker.order(symbol="SPY", side="buy", qty=1, type="market", colour="blue", legs=None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"symbol": 5},
        {"symbol": ["SPY"]},
        {"qty": True},
        {"qty": {}},
        {"qty": "1e999"},
        {"qty": "0x10"},
        {"take_profit": 5},
        {"order_class": "mleg", "legs": "[]"},
        {"order_class": "mleg", "legs": [1, 2]},
        {"order_class": "mleg", "legs": [{"symbol": "SPY"}]},
        {"client_order_id": "x" * 129},
        {"symbol": "SPY\u0000"},
        {"extended_hours": "yes"},
    ],
)
def test_a_member_of_the_wrong_kind_is_refused(broker: Broker, wrong: dict[str, Any]) -> None:
    fine = {"symbol": "SPY", "side": "buy", "qty": 1, "type": "market", "time_in_force": "day"}
    assert broker.call("POST", "/v2/orders", fine | wrong).status == 422


def test_a_huge_body_is_refused_before_it_is_read_whole(broker: Broker) -> None:
    async def flood() -> tuple[int, int]:
        read, sent = 0, []

        async def receive() -> dict[str, Any]:
            nonlocal read
            read += 65_536
            return {"type": "http.request", "body": b"x" * 65_536, "more_body": True}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/v2/orders", "query_string": b"", "headers": []}
        await broker.app(scope, receive, send)
        return int(sent[0]["status"]), read

    status, read = asyncio.run(flood())
    assert status == 413
    assert read <= LONGEST_BODY + 65_536


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/nothing", 404),
        ("PUT", "/v2/orders", 405),
        ("DELETE", "/v2/orders/not-a-uuid", 404),
        ("GET", "/v2/orders?limit=0", 400),
        ("GET", "/v2/orders?status=weird", 422),
        ("GET", "/v2/orders?after=yesterday", 400),
        ("DELETE", "/v2/positions/SPY?qty=abc", 422),
        ("GET", "/v2/calendar?start=31-12-2026", 400),
        ("GET", "/v1beta1/options/snapshots/NOPE", 400),
        ("GET", "/v2/stocks/quotes/latest", 400),
    ],
)
def test_what_is_not_there_or_not_readable_is_said(broker: Broker, method: str, path: str, status: int) -> None:
    if "after" in path:
        broker.order(symbol="SPY", side="buy", qty=1, type="limit", limit_price=500)
    reply = broker.call(method, path)
    assert reply.status == status
    assert reply.json["message"]


def test_the_calendar_knows_half_days_and_its_own_end(broker: Broker) -> None:
    days = {one["date"]: one for one in broker.get("/v2/calendar")}
    assert (days["2026-11-27"]["open"], days["2026-11-27"]["close"]) == ("09:30", "13:00")
    assert "2026-11-26" not in days
    assert max(days) == "2028-12-29"


def test_a_chain_comes_in_pages_that_lose_nothing(broker: Broker) -> None:
    whole = broker.get("/v1beta1/options/snapshots/SPY?limit=1000")
    assert whole["next_page_token"] is None
    found: dict[str, Any] = {}
    token: str | None = ""
    while token is not None:
        page = broker.get(f"/v1beta1/options/snapshots/SPY?limit=50&page_token={token}")
        assert len(page["snapshots"]) <= 50
        found |= page["snapshots"]
        token = page["next_page_token"]
    assert found == whole["snapshots"]


def test_the_clock_says_when_the_market_opens_and_closes(broker: Broker) -> None:
    clock = broker.get("/v2/clock")
    assert clock == {
        "timestamp": "2026-11-20T10:00:00-05:00",
        "is_open": True,
        "next_open": "2026-11-23T09:30:00-05:00",
        "next_close": "2026-11-20T16:00:00-05:00",
    }
    broker.pass_until(16, 1)
    assert broker.get("/v2/clock")["is_open"] is False


def test_an_always_open_market_stays_before_the_cut_off(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "sim", start=None, always_open=True)
    before = broker.simulation.now()
    broker.pass_time(12 * 3600)
    clock = broker.get("/v2/clock")
    assert clock["is_open"] is True
    assert before < broker.simulation.now() < datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
    broker.order(symbol="SPY261120C00600000", side="buy", qty=1, type="market")
    broker.close()
