"""Every figure of a report by hand, from books and trades with known features."""

import random

import pytest
from tests.unit.tradecore.microstructure.market import BEGIN, Market, levels

from tradecore.microstructure.market_state import MarketState
from tradecore.microstructure.report import market_report
from tradecore.microstructure.thresholds import Thresholds


def test_prices_spread_and_depth_are_those_of_the_formulas() -> None:
    """
    Bid 100 x 3, ask 101 x 1: spread 1/100 = 100 bps, mid 100.5, micro (101 x 3 + 100 x 1) / 4 = 100.75,
    imbalance (3 + 5 - 1 - 1) / 10 = 0.6.
    """
    market = Market()
    market.snapshot(levels(("100", "3"), ("99", "5")), levels(("101", "1"), ("102", "1")))
    market.ticker()
    market.trade("101", "0.25", is_buy=True)
    report = market.report()
    prices = report["prices"]
    assert prices["best_bid"] == {"price": 100.0, "quantity": 3.0}
    assert prices["best_ask"] == {"price": 101.0, "quantity": 1.0}
    assert (prices["last"], prices["mid"], prices["micro_price"]) == (101.0, 100.5, 100.75)
    assert (prices["change_24h_pct"], prices["high_24h"], prices["low_24h"]) == (-1.5, 110.0, 90.0)
    assert prices["volume_24h"] == 1234.5
    assert report["spread"] == {"bps": 100.0, "absolute": 1.0}
    assert report["depth"]["bids"] == [[100.0, 3.0], [99.0, 5.0]]
    assert report["depth"]["asks"] == [[101.0, 1.0], [102.0, 1.0]]
    assert report["depth"]["imbalance"] == pytest.approx(0.6)


def test_depth_shows_twenty_levels_a_side() -> None:
    market = Market()
    market.plain(30)
    depth = market.report()["depth"]
    assert (len(depth["bids"]), len(depth["asks"]), depth["levels"]) == (20, 20, 20)
    assert (depth["bids"][-1], depth["asks"][-1]) == ([99.8, 1.0], [100.2, 1.0])


def test_a_large_order_is_a_wall_and_a_hole_is_a_vacuum() -> None:
    """Forty levels of one: P95 is 1. Fifty at 99.95 is a wall of fifty times it, and 100.11 to 100.20 holds nothing."""
    market = Market(Thresholds(zone_bps=5, zones=4))
    market.plain(20)
    market.change(bids=levels(("99.95", "50")), asks=levels(*((f"100.{cent}", "0") for cent in range(11, 21))))
    for _ in range(40):
        market.wait(1_000)
        market.change(bids=levels(("99.99", "1")))
    liquidity = market.report()["liquidity"]
    (wall,) = liquidity["walls"]
    assert (wall["side"], wall["price"], wall["quantity"]) == ("bid", 99.95, 50.0)
    assert wall["times_p95"] == pytest.approx(50, rel=0.03)
    assert [(hole["side"], hole["from"], hole["to"]) for hole in liquidity["vacuums"]] == [("ask", 100.11, 100.2)]


def test_a_minimum_keeps_small_walls_out() -> None:
    market = Market(Thresholds(wall_minimum=60.0))
    market.plain(20)
    market.change(bids=levels(("99.95", "50")))
    assert market.report()["liquidity"]["walls"] == []


def test_the_profile_says_where_it_traded_and_by_which_method() -> None:
    """Rows of 0.01: 100.00 has 6 of 10, its neighbours above 2 and 1, below 1: the pair above makes 9 of 10."""
    market = Market()
    for price, quantity in (("100.00", "6"), ("100.01", "2"), ("100.02", "1"), ("99.99", "1")):
        market.trade(price, quantity, is_buy=True)
    profile = market.report()["liquidity"]["profile"]
    assert (profile["POC"], profile["VAH"], profile["VAL"]) == (100.0, 100.02, 100.0)
    assert (profile["row"], profile["volume"], profile["window_s"]) == (0.01, 10.0, 1800.0)
    assert "70 %" in profile["method"]


def test_a_hundred_events_in_ten_seconds_are_ten_a_second() -> None:
    market = Market()
    market.plain()
    for number in range(120):
        market.wait(100)
        if number % 2:
            market.trade("100.01", "0.1", is_buy=True)
        else:
            market.change(bids=levels(("99.99", "1")))
    assert market.report()["flow"]["orders_per_sec"] == pytest.approx(10, abs=0.1)


@pytest.mark.parametrize(("bought", "sold", "net"), [("3", "1", 2.0), ("1", "3", -2.0), ("2", "2", 0.0)])
def test_net_flow_is_what_aggressors_bought_less_what_they_sold(bought: str, sold: str, net: float) -> None:
    market = Market()
    market.trade("100", "77", is_buy=True)
    market.wait(31_000)
    market.trade("100", bought, is_buy=True)
    market.trade("100", sold, is_buy=False)
    assert market.report()["flow"]["net_flow"] == net


def test_order_flow_imbalance_adds_what_each_change_did_to_the_touch() -> None:
    """Bid grows by 2: +2. Ask is lifted a level, from 1 at 100.01 to 1 at 100.02: +1, what stood there left."""
    market = Market()
    market.plain(5)
    market.change(bids=levels(("99.99", "3")))
    market.change(asks=levels(("100.01", "0")))
    assert market.report()["flow"]["order_flow_imbalance"] == 3.0


@pytest.mark.parametrize(
    ("age", "fresh", "status"),
    [
        (0, True, "ok"),
        (1_000, True, "ok"),
        (1_001, False, "degraded"),
        (10_000, False, "degraded"),
        (10_001, False, "down"),
    ],
)
def test_a_stopped_feed_is_seen_by_its_age(age: int, fresh: bool, status: str) -> None:
    market = Market()
    market.plain()
    market.wait(age)
    report = market.report()
    assert (report["data_age_ms"], report["fresh"]) == (age, fresh)
    assert report["ingestion"]["fresh"] == fresh
    assert report["ingestion"]["status"] == status
    assert report["ingestion"]["last_event_at"] == "2023-11-14T22:13:20.000Z"


def test_before_anything_came_nothing_is_known() -> None:
    report = Market().report()
    assert (report["data_age_ms"], report["ingestion"]["status"]) == (None, "down")
    assert (report["prices"]["last"], report["prices"]["mid"], report["depth"]["imbalance"]) == (None, None, None)
    assert report["liquidity"]["profile"] is None


def test_a_book_out_of_step_shows_no_prices_and_is_degraded() -> None:
    market = Market()
    market.plain()
    market._update += 1
    for _ in range(25):
        market.change(bids=levels(("99.99", "2")))
    report = market.report()
    assert report["ingestion"] | {"last_event_at": ""} == {
        "status": "degraded",
        "fresh": True,
        "last_event_at": "",
        "book_in_step": False,
        "gaps": 1,
        "resyncs": 0,
    }
    assert (report["prices"]["best_bid"], report["depth"]["bids"], report["spread"]["bps"]) == (None, [], None)
    market.plain()
    assert market.report()["ingestion"]["resyncs"] == 1


def test_health_is_the_weighted_sum_of_its_components() -> None:
    """A balanced book at its usual spread and depth, fresh, without anomalies; nothing traded: flow as usual."""
    market = Market()
    market.plain()
    health = market.report()["health"]
    assert health["weights"] == {"spread": 20, "depth": 25, "balance": 15, "flow": 15, "anomalies": 15, "freshness": 10}
    weighted = sum(health["weights"][name] * value for name, value in health["components"].items()) / 100
    assert health["score"] == pytest.approx(weighted, abs=0.1)
    assert {name: health["components"][name] for name in ("spread", "balance", "anomalies", "freshness")} == {
        "spread": pytest.approx(96.0, abs=0.1),
        "balance": 100.0,
        "anomalies": 100.0,
        "freshness": 100.0,
    }


@pytest.mark.parametrize("seed", range(5))
def test_events_that_come_twice_or_late_change_nothing(seed: int) -> None:
    chance = random.Random(seed)
    market = Market()
    market.plain(40)
    for _ in range(400):
        market.wait(chance.randrange(5, 60))
        if chance.random() < 0.4:
            market.trade(chance.choice(["99.99", "100.01"]), str(chance.randrange(1, 9)), is_buy=chance.random() < 0.5)
        else:
            cents = chance.randrange(1, 40)
            market.change(bids=levels((f"99.{100 - cents:02}", str(chance.choice([0, 1, 5, 60])))))
    disturbed = MarketState(market.thresholds)
    sent = [market.told[0], *market.told, *chance.choices(market.told, k=150)]
    sent[1:] = sorted(sent[1:], key=lambda event: event.at + chance.uniform(0, market.thresholds.lateness_ms))
    for event in sent:
        disturbed.take(event)
        disturbed.settle()
    disturbed.flush()
    expected, found = market.report(), market_report(disturbed, symbol="BTCUSDT", venue="BINANCE", now=market.now)
    assert found == expected
    assert market.now > BEGIN
