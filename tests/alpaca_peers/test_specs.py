"""Answers of the simulated broker validate against the service's own OpenAPI specs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.alpaca_peers.specs import problems
from tests.unit.entrypoints.simulated_broker.broker import Broker

TRADING, DATA = "trading-api.json", "market-data-api.json"
CONTRACT, OTHER = "SPY261120C00600000", "SPY261120C00603000"
LEGS = [
    {"symbol": CONTRACT, "ratio_qty": "1", "side": "sell", "position_intent": "sell_to_open"},
    {"symbol": OTHER, "ratio_qty": "1", "side": "buy", "position_intent": "buy_to_open"},
]
EXITS = {"take_profit": {"limit_price": "620"}, "stop_loss": {"stop_price": "580"}}
DAY = {"time_in_force": "day", "side": "buy", "symbol": "SPY", "qty": "1"}
ORDERS = [
    DAY | {"type": "market"},
    DAY | {"type": "limit", "limit_price": "500", "extended_hours": True},
    DAY | {"type": "market", "order_class": "bracket"} | EXITS,
    DAY | {"symbol": "SPY261120P00595000", "type": "market"},
    DAY | {"symbol": "QQQ", "type": "trailing_stop", "trail_percent": "1"},
    {"type": "market", "time_in_force": "day", "order_class": "mleg", "qty": "2", "legs": LEGS},
    {"type": "limit", "limit_price": "-2.9", "time_in_force": "day", "order_class": "mleg", "qty": "1", "legs": LEGS},
    {"symbol": "BTC/USD", "type": "market", "time_in_force": "gtc", "side": "buy", "notional": "100"},
]
READS = [
    *(
        (TRADING, path)
        for path in (
            "/v2/account",
            "/v2/account/configurations",
            "/v2/account/activities",
            "/v2/account/activities/FILL",
            "/v2/account/portfolio/history",
            "/v2/orders?status=all&nested=true",
            "/v2/orders?status=all",
            "/v2/positions",
            "/v2/positions/SPY",
            f"/v2/positions/{CONTRACT}",
            "/v2/positions/NOPE",
            "/v2/assets",
            "/v2/assets/SPY",
            "/v2/assets/NOPE",
            "/v2/options/contracts?underlying_symbols=SPY&limit=20",
            f"/v2/options/contracts/{CONTRACT}",
            "/v2/clock",
            "/v2/calendar?start=2026-11-01&end=2026-12-31",
            "/v2/watchlists",
            "/v2/corporate_actions/announcements?ca_types=dividend&since=2026-11-01&until=2026-11-20",
            "/v2/orders/5f0e2f0e-0000-4000-8000-000000000000",
        )
    ),
    *(
        (DATA, path)
        for path in (
            "/v2/stocks/bars?symbols=SPY,QQQ&timeframe=5Min",
            "/v2/stocks/bars?symbols=SPY&timeframe=1Day&start=2026-11-10",
            "/v2/stocks/SPY/bars?timeframe=1Min&limit=3",
            "/v2/stocks/quotes?symbols=SPY&limit=20",
            "/v2/stocks/SPY/quotes?limit=3",
            "/v2/stocks/trades?symbols=SPY&limit=20",
            "/v2/stocks/SPY/trades?limit=3",
            "/v2/stocks/bars/latest?symbols=SPY",
            "/v2/stocks/quotes/latest?symbols=SPY",
            "/v2/stocks/trades/latest?symbols=SPY",
            "/v2/stocks/SPY/bars/latest",
            "/v2/stocks/SPY/quotes/latest",
            "/v2/stocks/SPY/trades/latest",
            "/v2/stocks/snapshots?symbols=SPY,AAPL",
            "/v2/stocks/SPY/snapshot",
            "/v2/stocks/auctions?symbols=SPY",
            "/v2/stocks/meta/exchanges",
            "/v2/stocks/bars?symbols=NOPE&timeframe=1Min",
            "/v2/stocks/bars?symbols=SPY&timeframe=7Parsecs",
            f"/v1beta1/options/bars?symbols={CONTRACT}&timeframe=5Min",
            f"/v1beta1/options/trades?symbols={CONTRACT}",
            f"/v1beta1/options/quotes/latest?symbols={CONTRACT}",
            f"/v1beta1/options/trades/latest?symbols={CONTRACT}",
            f"/v1beta1/options/snapshots?symbols={CONTRACT}",
            "/v1beta1/options/snapshots/SPY?limit=1000",
            "/v1beta1/options/meta/exchanges",
            "/v1beta1/options/meta/conditions/trade",
            "/v1beta1/news?limit=5",
            "/v1beta1/screener/stocks/most-actives",
            "/v1beta1/screener/stocks/movers",
            "/v1beta1/screener/crypto/movers",
            "/v1/corporate-actions?symbols=SPY",
            "/v1beta3/crypto/us/bars?symbols=BTC/USD&timeframe=1Hour",
            "/v1beta3/crypto/us/quotes?symbols=BTC/USD&limit=5",
            "/v1beta3/crypto/us/trades?symbols=BTC/USD&limit=5",
            "/v1beta3/crypto/us/latest/bars?symbols=BTC/USD",
            "/v1beta3/crypto/us/latest/quotes?symbols=BTC/USD",
            "/v1beta3/crypto/us/latest/trades?symbols=BTC/USD",
            "/v1beta3/crypto/us/latest/orderbooks?symbols=BTC/USD",
            "/v1beta3/crypto/us/snapshots?symbols=BTC/USD,ETH/USD",
        )
    ),
]


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker with every kind of order on its account."""
    broker = Broker(tmp_path_factory.mktemp("sim"))
    for body in ORDERS:
        reply = broker.call("POST", "/v2/orders", body)
        assert reply.status == 200, reply
        assert problems(TRADING, "post", "/v2/orders", 200, reply.json) == []
    yield broker
    broker.close()


@pytest.mark.parametrize(("name", "url"), READS, ids=[url for _, url in READS])
def test_an_answer_is_what_the_spec_says(traded: Broker, name: str, url: str) -> None:
    reply = traded.call("GET", url)
    assert problems(name, "get", urlsplit(url).path, reply.status, reply.json) == []


def changes(broker: Broker) -> Iterator[tuple[str, str, Any, int]]:
    """Requests that change something: method, path, body, the status they shall have."""
    resting = broker.order(symbol="SPY", side="buy", qty=1, type="limit", limit_price=400)
    yield "patch", f"/v2/orders/{resting['id']}", {"limit_price": "401"}, 200
    yield "delete", f"/v2/orders/{resting['id']}", None, 422
    yield "post", "/v2/orders", {"type": "market"}, 422
    yield "patch", "/v2/account/configurations", {"no_shorting": True}, 200
    yield "post", "/v2/watchlists", {"name": "mine", "symbols": ["SPY"]}, 200
    yield "delete", "/v2/orders", None, 207
    yield "delete", "/v2/positions/QQQ", None, 404
    yield "delete", "/v2/positions", None, 207


def test_answers_to_changes_are_what_the_spec_says(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "sim")
    broker.order(symbol="SPY", side="buy", qty=5, type="market")
    for method, path, body, status in changes(broker):
        reply = broker.call(method.upper(), path, body)
        assert (reply.status, problems(TRADING, method, path, reply.status, reply.json)) == (status, [])
    broker.close()
