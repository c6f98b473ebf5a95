"""Planted patterns are found, and what only looks like them is not."""

from typing import Any

import pytest
from tests.unit.tradecore.microstructure.market import Market, levels

from tradecore.microstructure.thresholds import Thresholds


def active(market: Market, kind: str) -> list[dict[str, Any]]:
    return [one for one in market.report()["anomalies"] if one["type"] == kind and one["active"]]


def a_market() -> Market:
    """Ten quiet seconds, so that it is known what is usual: one at every cent."""
    market = Market()
    market.plain(100)
    for _ in range(10):
        market.wait(1_000)
        market.change(bids=levels(("99.99", "1")))
    return market


def pulls(market: Market, times: int, *, traded: bool = False, life_ms: int = 300, moved: bool = False) -> None:
    """Fifty appear 60 cents above the touch, stay a while and go."""
    for number in range(times):
        at = f"100.{60 + number if moved else 60}"
        market.change(asks=levels((at, "50")))
        market.wait(life_ms)
        if traded:
            market.trade(at, "49", is_buy=True)
        if not moved:
            market.change(asks=levels((at, "1")))
            market.wait(1_000)
            continue
        market.change(asks=levels((at, "1"), (f"100.{60 + number + 1}", "50")))
    market.wait(600)
    market.change(bids=levels(("99.99", "1")))


def test_large_orders_that_come_and_go_unfilled_are_spoofing() -> None:
    market = a_market()
    pulls(market, 3)
    (found,) = active(market, "spoofing")
    assert found["severity"] == "medium"
    assert found["evidence"]["side"] == "ask"
    assert found["evidence"]["pulls"] == 3
    assert found["evidence"]["cancelled_quantity"] == pytest.approx(147)
    pulls(market, 3)
    assert active(market, "spoofing")[0]["severity"] == "high"


@pytest.mark.parametrize("how", [{"traded": True}, {"life_ms": 6_000}, {"moved": True}, {"times": 2}], ids=str)
def test_orders_that_fill_or_stay_or_move_or_are_few_are_none(how: dict[str, Any]) -> None:
    market = a_market()
    pulls(market, **({"times": 3} | how))
    assert active(market, "spoofing") == []


def test_like_fills_at_a_price_that_stays_full_are_an_iceberg() -> None:
    market = a_market()
    market.change(bids=levels(("99.99", "2")))
    for _ in range(10):
        market.wait(400)
        market.trade("99.99", "1", is_buy=False)
        market.change(bids=levels(("99.99", "1")))
        market.wait(50)
        market.change(bids=levels(("99.99", "2")))
    (found,) = active(market, "iceberg")
    evidence = found["evidence"]
    assert (evidence["side"], evidence["price"], evidence["fills"]) == ("bid", 99.99, 10)
    assert (evidence["traded"], evidence["most_shown"], evidence["like_fills"]) == (10.0, 2.0, 1.0)
    assert found["note"].startswith("inferred")


@pytest.mark.parametrize("sizes", [("0.1", "3"), ("0.01", "1.99")], ids=str)
def test_fills_of_all_sizes_are_no_iceberg(sizes: tuple[str, str]) -> None:
    market = a_market()
    market.change(bids=levels(("99.99", "2")))
    for number in range(10):
        market.wait(400)
        market.trade("99.99", sizes[number % 2], is_buy=False)
        market.change(bids=levels(("99.99", "1")))
        market.change(bids=levels(("99.99", "2")))
    assert active(market, "iceberg") == []


def test_a_single_fill_that_nobody_refilled_is_no_iceberg_however_few_are_asked_for() -> None:
    market = Market(Thresholds(iceberg_fills=1, iceberg_times_shown=0.1))
    market.plain()
    market.trade("99.99", "1", is_buy=False)
    assert active(market, "iceberg") == []


def test_a_level_that_is_eaten_up_is_no_iceberg() -> None:
    market = a_market()
    market.change(bids=levels(("99.99", "12")))
    for number in range(10):
        market.wait(400)
        market.trade("99.99", "1", is_buy=False)
        market.change(bids=levels(("99.99", str(11 - number))))
    assert active(market, "iceberg") == []


def crash(market: Market, *, wide: bool = True, thin: bool = True, sold: bool = True) -> None:
    """The spread goes from 2 cents to 20, the bids empty, and 30 are sold in ten seconds after 1 in twenty."""
    for _ in range(20):
        market.wait(1_000)
        market.trade("99.99", "0.05", is_buy=False)
    for _ in range(10):
        market.wait(900)
        market.trade("99.99", "3", is_buy=not sold)
    bids = [(f"99.{cent}", "0") for cent in range(50, 100)] if thin else []
    if wide:
        bids += [(f"99.{cent}", "0") for cent in range(82, 100)]
    market.change(
        bids=levels(*dict(bids).items()), asks=levels(*((f"100.{cent}", "0") for cent in range(10, 60))) if thin else ()
    )
    if thin and not wide:
        market.change(bids=levels(("99.99", "1")))


def test_wider_thinner_and_sold_faster_is_a_risk_of_a_crash() -> None:
    market = a_market()
    crash(market)
    (found,) = active(market, "flash_crash_risk")
    assert found["severity"] in {"medium", "high"}
    assert found["evidence"]["net_flow"] == pytest.approx(-30, abs=0.06)


@pytest.mark.parametrize("sign", ["wide", "thin", "sold"])
def test_two_signs_of_three_are_none(sign: str) -> None:
    market = a_market()
    crash(market, **{sign: False})
    assert active(market, "flash_crash_risk") == []


def test_an_anomaly_stays_in_sight_for_five_minutes_and_counts_how_often_it_began() -> None:
    market = a_market()
    pulls(market, 3)
    (first,) = market.report()["anomalies"]
    market.wait(31_000)
    (over,) = market.report()["anomalies"]
    assert (over["active"], over["count"], over["first_seen"]) == (False, 1, first["first_seen"])
    pulls(market, 3)
    (again,) = market.report()["anomalies"]
    assert (again["active"], again["count"], again["first_seen"]) == (True, 2, first["first_seen"])
    market.wait(30_000)
    market.report()
    market.wait(301_000)
    assert market.report()["anomalies"] == []
