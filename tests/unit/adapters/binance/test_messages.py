"""Binance's own documented examples, read; and what is none of them, refused."""

from typing import Any

import pytest

from adapters.binance.messages import depth_snapshot, market_event, symbol_of
from tradecore.errors import DataMalformed
from tradecore.microstructure.events import BestQuote, DayTicker, DepthDiff, DepthSnapshot, Trade

TRADE = {
    "e": "trade", "E": 1672515782136, "s": "BNBBTC", "t": 12345, "p": "0.001", "q": "100",
    "T": 1672515782136, "m": True, "M": True,
}  # fmt: skip
DEPTH = {
    "e": "depthUpdate", "E": 1672515782136, "s": "BNBBTC", "U": 157, "u": 160,
    "b": [["0.0024", "10"]], "a": [["0.0026", "100"]],
}  # fmt: skip
TICKER = {
    "e": "24hrTicker", "E": 1672515782136, "s": "BNBBTC", "p": "0.0015", "P": "250.00", "w": "0.0018", "x": "0.0009",
    "c": "0.0025", "Q": "10", "b": "0.0024", "B": "10", "a": "0.0026", "A": "100", "o": "0.0010", "h": "0.0025",
    "l": "0.0010", "v": "10000", "q": "18", "O": 0, "C": 86400000, "F": 0, "L": 18150, "n": 18151,
}  # fmt: skip
BOOK_TICKER = {
    "u": 400900217, "s": "BNBUSDT", "b": "25.35190000", "B": "31.21000000", "a": "25.36520000", "A": "40.66000000",
}  # fmt: skip
SNAPSHOT = {
    "lastUpdateId": 1027024, "bids": [["4.00000000", "431.00000000"]], "asks": [["4.00000200", "12.00000000"]],
}  # fmt: skip
FUTURES_DEPTH = {
    "e": "depthUpdate", "E": 1571889248277, "T": 1571889248276, "s": "BTCUSDT", "U": 390497796, "u": 390497878,
    "pu": 390497794, "b": [["7403.89", "0.002"], ["7403.90", "3.906"]], "a": [["7405.96", "3.340"]],
}  # fmt: skip


def test_a_trade_whose_buyer_was_the_maker_is_a_sale() -> None:
    assert market_event(TRADE) == Trade(1672515782136, 12345, 100_000, 10_000_000_000, False)
    assert market_event(TRADE | {"m": False}) == Trade(1672515782136, 12345, 100_000, 10_000_000_000, True)


def test_a_depth_update_is_the_levels_that_changed() -> None:
    expected = DepthDiff(1672515782136, 157, 160, ((240_000, 10**9),), ((260_000, 10**10),))
    assert market_event(DEPTH) == expected


def test_futures_name_the_update_before() -> None:
    event = market_event(FUTURES_DEPTH)
    assert isinstance(event, DepthDiff)
    assert (event.first_id, event.last_id, event.previous_id) == (390497796, 390497878, 390497794)
    assert event.bids == ((740_389_000_000, 200_000), (740_390_000_000, 390_600_000))


def test_a_day_ticker_is_the_last_24_hours() -> None:
    assert market_event(TICKER) == DayTicker(1672515782136, 250_000, 2.5, 250_000, 100_000, 10**12)


def test_a_book_ticker_is_the_best_quote_as_of_an_update() -> None:
    expected = BestQuote(400900217, 2_535_190_000, 3_121_000_000, 2_536_520_000, 4_066_000_000)
    assert market_event(BOOK_TICKER) == expected


def test_a_snapshot_says_as_of_which_update_and_seldom_when() -> None:
    expected = DepthSnapshot(0, 1027024, ((400_000_000, 43_100_000_000),), ((400_000_200, 1_200_000_000),))
    assert market_event(SNAPSHOT) == depth_snapshot(SNAPSHOT) == expected
    assert depth_snapshot(SNAPSHOT | {"E": 1589436922972}).at == 1589436922972


def test_volumes_may_be_larger_than_any_level() -> None:
    event = market_event(TICKER | {"v": "20000000000000.00"})
    assert isinstance(event, DayTicker)
    assert event.volume == 2 * 10**21


def test_insurance_fund_and_other_trades_outside_the_market_are_none() -> None:
    assert market_event(TRADE | {"X": "INSURANCE_FUND", "p": "0", "q": "0"}) is None
    assert market_event(TRADE | {"X": "MARKET"}) is not None


def test_other_kinds_tell_nothing() -> None:
    assert market_event({"e": "kline", "s": "BNBBTC"}) is None
    assert market_event({}) is None
    assert (symbol_of(TRADE), symbol_of(SNAPSHOT)) == ("BNBBTC", None)


@pytest.mark.parametrize(
    ("message", "change"),
    [
        (TRADE, {"p": "-1"}),
        (TRADE, {"p": "abc"}),
        (TRADE, {"p": 0.001}),
        (TRADE, {"p": None}),
        (TRADE, {"q": "0.0000000001"}),
        (TRADE, {"q": "1e3"}),
        (TRADE, {"q": "99999999999999999999"}),
        (TRADE, {"T": "yesterday"}),
        (TRADE, {"t": None}),
        (DEPTH, {"U": None}),
        (DEPTH, {"b": [["1"]]}),
        (DEPTH, {"b": [[1, 2]]}),
        (DEPTH, {"a": None}),
        (DEPTH, {"a": 7}),
        (TICKER, {"P": "much"}),
        (TICKER, {"P": "NaN"}),
        (TICKER, {"v": "-1"}),
        (BOOK_TICKER, {"b": ""}),
        (SNAPSHOT, {"bids": [["4.00000000"]]}),
        (SNAPSHOT, {"lastUpdateId": "x"}),
    ],
    ids=str,
)
def test_what_can_t_be_read_is_malformed(message: dict[str, Any], change: dict[str, Any]) -> None:
    with pytest.raises(DataMalformed):
        market_event(message | change)


@pytest.mark.parametrize("name", ["E", "U", "u", "b", "a"])
def test_a_missing_field_is_malformed(name: str) -> None:
    with pytest.raises(DataMalformed, match=f"depthUpdate.*{name}"):
        market_event({key: value for key, value in DEPTH.items() if key != name})
