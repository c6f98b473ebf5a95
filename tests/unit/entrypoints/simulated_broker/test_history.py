"""Bars, quotes and trades of the past: what a page holds, in which order, and that pages lose nothing."""

from typing import Any

import pytest
from tests.unit.entrypoints.simulated_broker.broker import Broker

from entrypoints.simulated_broker import history


def pages(broker: Broker, url: str, kind: str) -> tuple[list[tuple[str, Any]], int]:
    """Every row, and on how many pages."""
    rows, count, token = [], 0, ""
    while True:
        found = broker.get(f"{url}&page_token={token}")
        rows += [(symbol, row) for symbol, some in found[kind].items() for row in some]
        count += 1
        token = found["next_page_token"]
        if token is None:
            return rows, count


def test_pages_of_several_symbols_and_days_are_the_whole(broker: Broker) -> None:
    url = "/v2/stocks/bars?symbols=SPY,QQQ&timeframe=30Min&start=2026-11-18T14:30:00Z"
    whole, _ = pages(broker, f"{url}&limit=1000", "bars")
    # Two days of thirteen half hours and one of the third, up to 10:00, for each.
    assert [symbol for symbol, _ in whole] == ["SPY"] * 27 + ["QQQ"] * 27
    times = [row["t"] for symbol, row in whole if symbol == "SPY"]
    assert (times[0], times[-1], times == sorted(times)) == ("2026-11-18T14:30:00Z", "2026-11-20T14:30:00Z", True)
    for limit in (1, 5, 13, 26):
        assert pages(broker, f"{url}&limit={limit}", "bars")[0] == whole


def test_the_newest_come_first_when_asked(broker: Broker) -> None:
    url = "/v2/stocks/bars?symbols=SPY&timeframe=1Min&start=2026-11-19T14:30:00Z"
    newest = broker.get(f"{url}&sort=desc&limit=1")["bars"]["SPY"]
    assert [one["t"] for one in newest] == ["2026-11-20T14:59:00Z"]
    oldest_first, _ = pages(broker, f"{url}&limit=100", "bars")
    newest_first, _ = pages(broker, f"{url}&limit=100&sort=desc", "bars")
    assert newest_first == oldest_first[::-1]


@pytest.mark.parametrize("kind", ["quotes", "trades"])
def test_ticks_are_paged_both_ways(broker: Broker, kind: str) -> None:
    url = f"/v2/stocks/{kind}?symbols=SPY&start=2026-11-20T14:59:30Z"
    forth, _ = pages(broker, f"{url}&limit=7", kind)
    back, _ = pages(broker, f"{url}&limit=10&sort=desc", kind)
    assert back == forth[::-1]
    assert "2026-11-20T14:59:30" <= forth[0][1]["t"] <= forth[-1][1]["t"] <= "2026-11-20T15:00:00Z"


def test_a_page_draws_few_sessions_and_the_next_one_goes_on(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_MOST_DRAWN", 2)
    rows, count = pages(broker, "/v2/stocks/bars?symbols=SPY&timeframe=1Day&start=2026-11-09", "bars")
    # 9 to 13, 16 to 20 November 2026; today's so far.
    assert [row["t"][:10] for _, row in rows] == [
        f"2026-11-{day:02}" for day in (9, 10, 11, 12, 13, 16, 17, 18, 19, 20)
    ]
    assert count >= 4
    again, count = pages(broker, "/v2/stocks/bars?symbols=SPY&timeframe=1Day&start=2026-11-09", "bars")
    assert (again, count) == (rows, 1)


def test_a_day_of_a_pair_begins_at_midnight(broker: Broker) -> None:
    rows, _ = pages(broker, "/v1beta3/crypto/us/bars?symbols=BTC/USD&timeframe=1Day&start=2026-11-19", "bars")
    assert [row["t"] for _, row in rows] == ["2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z"]


@pytest.mark.parametrize("symbol", ["SPY261120C00600000", "SPY261120P00590000"])
def test_the_days_bar_of_an_option_is_its_minutes_together(broker: Broker, symbol: str) -> None:
    minutes, _ = pages(broker, f"/v1beta1/options/bars?symbols={symbol}&timeframe=1Min", "bars")
    chain = broker.get("/v1beta1/options/snapshots/SPY?limit=1000&expiration_date=2026-11-20")["snapshots"]
    day = chain[symbol]["dailyBar"]
    assert len(minutes) == 30
    assert (day["o"], day["c"]) == pytest.approx((minutes[0][1]["o"], minutes[-1][1]["c"]), abs=1e-9)
    assert day["h"] == pytest.approx(max(row["h"] for _, row in minutes), abs=1e-9)
    assert day["l"] == pytest.approx(min(row["l"] for _, row in minutes), abs=1e-9)
    assert day["v"] == sum(row["v"] for _, row in minutes) > 0
    assert broker.get(f"/v1beta1/options/snapshots?symbols={symbol}")["snapshots"][symbol]["dailyBar"] == day


def test_bars_of_options_come_in_pages_too(broker: Broker) -> None:
    url = "/v1beta1/options/bars?symbols=SPY261120C00600000,SPY261120P00600000&timeframe=10Min"
    rows, count = pages(broker, f"{url}&limit=2", "bars")
    assert [row["t"] for symbol, row in rows if symbol.endswith("P00600000")] == [
        f"2026-11-20T14:{minute}:00Z" for minute in (30, 40, 50)
    ]
    assert (len(rows), count) == (6, 3)
    later, _ = pages(broker, f"{url}&start=2026-11-20T14:45:00Z", "bars")
    assert [row["t"] for symbol, row in later if symbol.endswith("C00600000")] == ["2026-11-20T14:50:00Z"]


@pytest.mark.parametrize(
    "query", ["timeframe=2Day", "timeframe=1Week", "timeframe=0Min", "page_token=x", "page_token=SPY|x|1"]
)
def test_what_is_no_timeframe_and_no_token_is_refused(broker: Broker, query: str) -> None:
    assert broker.call("GET", f"/v2/stocks/bars?symbols=SPY&{query}").status == 400
