"""`tradecore crypto check`: the rebuilt book against the venue's own quotes, on recordings that the tests write."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.adapters.binance.recorded_market import RecordedMarket, a_market, written

from entrypoints.cli.app import run
from entrypoints.wiring.crypto import play_recording
from tradecore.microstructure.thresholds import Thresholds

NAMES = [
    "events", "trades", "gaps", "resyncs", "comparisons", "mismatches", "reports", "invalid_reports", "anomalies",
    "events_per_second",
]  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADECORE_HOME", str(tmp_path / "home"))


def checked(
    capsys: pytest.CaptureFixture[str], file: Path, *, code: int = 0, symbol: str = "BTCUSDT"
) -> dict[str, Any]:
    assert run(["crypto", "check", str(file), "--symbol", symbol, "--json"]) == code
    found = json.loads(capsys.readouterr().out)
    assert list(found) == NAMES
    return dict(found)


def without(market: RecordedMarket, number: int) -> RecordedMarket:
    """One of its changes was never recorded."""
    changes = [place for place, line in enumerate(market.lines) if "depthUpdate" in line]
    del market.lines[changes[number]]
    return market


@pytest.mark.parametrize("packed", [False, True])
def test_a_whole_recording_has_no_gap_and_no_mismatch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], packed: bool
) -> None:
    found = checked(capsys, written(tmp_path, a_market(100), packed=packed))
    assert {name: found[name] for name in NAMES[:6]} == {
        "events": 306,
        "trades": 100,
        "gaps": 0,
        "resyncs": 0,
        "comparisons": 102,
        "mismatches": 0,
    }
    assert found["invalid_reports"] == 0
    assert 35 <= found["reports"] <= 45
    assert found["events_per_second"] > 0


def test_with_one_change_removed_it_tells_a_gap_and_compares_nothing_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = checked(capsys, written(tmp_path, without(a_market(100), 30)))
    assert (found["gaps"], found["resyncs"], found["mismatches"]) == (1, 0, 0)
    assert 25 <= found["comparisons"] < 60


def test_a_later_snapshot_brings_it_into_step_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    market = a_market(60)
    market.snapshot()
    market.go_on(40)
    found = checked(capsys, written(tmp_path, without(market, 10)))
    assert (found["gaps"], found["resyncs"], found["mismatches"]) == (1, 1, 0)
    assert found["comparisons"] >= 45


def test_a_book_that_differs_is_a_mismatch_and_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The venue quotes a size that no change told of."""
    market = a_market(20)
    market.bids[max(market.bids)] = 77
    market.quote()
    market.change()
    market.go_on(5)
    found = checked(capsys, written(tmp_path, market), code=1)
    assert found["gaps"] == 0
    assert 1 <= found["mismatches"] <= 3


def test_a_pair_that_is_not_in_it_is_told_with_those_that_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, a_market(3))
    assert run(["crypto", "check", str(file), "--symbol", "SOLUSDT", "--json"]) not in (0, 1)
    assert "SOLUSDT; symbols in it: BTCUSDT" in " ".join(capsys.readouterr().err.split())


def test_without_json_each_figure_has_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["crypto", "check", str(written(tmp_path, a_market(3))), "--symbol", "btcusdt"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line[:18].strip().replace(" ", "_") for line in told] == NAMES


def test_several_pairs_of_one_file_are_checked_each_by_itself(tmp_path: Path) -> None:
    file = written(tmp_path, a_market(50), a_market(70, "ETHUSDT", 3_000))
    for symbol, trades in (("BTCUSDT", 50), ("ETHUSDT", 70)):
        played = play_recording(file, symbol, Thresholds())
        assert (played.trades, played.gaps, played.mismatches, played.comparisons) == (trades, 0, 0, trades + 2)
