"""Recorded files as they are found: packed or not, cut off, of several pairs."""

import gzip
from pathlib import Path

import pytest
from tests.unit.adapters.binance.recorded_market import BEGIN, RecordedMarket, a_market, written

from adapters.binance.recordings import read_recording, symbols_in
from tradecore.errors import DataMalformed, DataMissing
from tradecore.microstructure.events import BestQuote, DepthDiff, DepthSnapshot, Trade

BTC, ETH = "BTCUSDT", "ETHUSDT"


@pytest.mark.parametrize("packed", [False, True])
def test_a_recording_is_told_in_the_order_it_was_received(tmp_path: Path, packed: bool) -> None:
    events = list(read_recording(written(tmp_path, a_market(1), packed=packed), BTC))
    kinds = [DepthSnapshot, Trade, *[BestQuote] * 4, *[DepthDiff] * 3]
    assert sorted(kind.__name__ for kind in kinds) == sorted(type(event).__name__ for event in events)
    trade = events[-1]
    assert trade == Trade(BEGIN + 300, 501, 10_001_000_000, 25_000_000, True)


def test_messages_without_the_envelope_of_a_combined_stream_are_the_same(tmp_path: Path) -> None:
    market = RecordedMarket(named_streams=False)
    market.snapshot()
    market.go_on(3)
    plain = list(read_recording(written(tmp_path, market), BTC))
    assert len(plain) == 10


def test_a_pair_is_told_without_the_others_and_without_their_snapshots(tmp_path: Path) -> None:
    file = written(tmp_path, a_market(3), a_market(3, ETH, 3_000))
    for symbol, best in ((BTC, 9_999), (ETH, 2_999)):
        (snapshot,) = [event for event in read_recording(file, symbol) if isinstance(event, DepthSnapshot)]
        assert max(price for price, _ in snapshot.bids) == best * 10**6
    assert symbols_in(file) == [BTC, ETH]


def test_a_snapshot_before_anything_else_waits_until_a_price_tells_whose_it_is(tmp_path: Path) -> None:
    btc, eth = RecordedMarket(), RecordedMarket(ETH, 3_000)
    for market in (btc, eth):
        market.snapshot()
        market.change()
        market.lines = [line for line in market.lines if "bookTicker" not in line]
    file = written(tmp_path, btc, eth)
    for symbol, best in ((BTC, 9_999), (ETH, 2_999)):
        change, snapshot = read_recording(file, symbol)
        assert isinstance(snapshot, DepthSnapshot)
        assert isinstance(change, DepthDiff)
        assert max(price for price, _ in snapshot.bids) == best * 10**6
    assert list(read_recording(file, "SOLUSDT")) == []


def test_a_line_that_was_cut_is_named(tmp_path: Path) -> None:
    file = written(tmp_path, a_market(1))
    lines = file.read_bytes().splitlines()
    file.write_bytes(b"\n".join([*lines[:3], lines[3][:60]]))
    with pytest.raises(DataMalformed, match="recording, line 4: no recorded message"):
        list(read_recording(file, BTC))


@pytest.mark.parametrize("line", ["", "17", "17 []", '17 {"data":[]}', "17 \x00"], ids=repr)
def test_a_line_that_is_no_message_is_named(tmp_path: Path, line: str) -> None:
    market = a_market(1)
    file = written(tmp_path, market)
    file.write_text(file.read_text() + line + "\n")
    with pytest.raises(DataMalformed, match=f"line {len(market.lines) + 1}:"):
        list(read_recording(file, BTC))


def test_a_message_that_can_t_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "recording"
    file.write_text('17 {"e":"trade","s":"BTCUSDT","p":"x","q":"1","T":1,"t":1,"m":true}\n')
    with pytest.raises(DataMalformed, match="recording, line 1: Binance: a 'trade' that can't be read"):
        list(read_recording(file, BTC))


def test_a_packed_file_that_was_cut_is_told_as_such(tmp_path: Path) -> None:
    file = tmp_path / "cut.gz"
    file.write_bytes(gzip.compress("".join(line + "\n" for line in a_market(200).lines).encode())[:-300])
    with pytest.raises(DataMissing, match=r"cut\.gz"):
        list(read_recording(file, BTC))


def test_a_file_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="nowhere"):
        list(read_recording(tmp_path / "nowhere", BTC))


def test_progress_comes_to_nearly_all(tmp_path: Path) -> None:
    shares: list[float] = []
    list(read_recording(written(tmp_path, a_market(2_000)), BTC, shares.append))
    assert shares == sorted(shares)
    assert 0.9 < shares[-1] <= 1.0
