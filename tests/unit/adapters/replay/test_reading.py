"""Reading recorded days: what is there, what is not, and which line breaks the format."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.unit.recorded_days import (
    breakout_path,
    flat,
    lean_options,
    lean_zip,
    quote_line,
    trade_line,
    write_csv_day,
    write_lean_day,
)

from adapters.replay.lean import read_lean_day
from adapters.replay.plain_bars import read_plain_day
from tradecore.errors import DataMalformed, DataMissing
from tradecore.model.instruments import Equity, OptionContract, Right
from tradecore.model.sessions import Session, session_on

DAY = date(2023, 8, 3)
SPY = Equity("SPY")


def the_session(day: date = DAY) -> Session:
    found = session_on(day)
    assert found is not None
    return found


def test_lean_bars_start_where_their_label_says(tmp_path: Path) -> None:
    write_lean_day(tmp_path, "SPY", DAY, breakout_path())
    day = read_lean_day(tmp_path, SPY, the_session())
    assert len(day.bars) == len(day.quote_bars) == 390
    assert day.bars[0].start == datetime(2023, 8, 3, 13, 30, tzinfo=UTC)
    assert day.bars[0].end - day.bars[0].start == timedelta(minutes=1)
    assert day.bars[0].open == Decimal("100")
    bid = day.quote_bars[0].bid
    assert bid is not None
    assert (bid.open, bid.size) == (Decimal("99.995"), Decimal(500))


def test_bars_outside_the_session_are_left_out(tmp_path: Path) -> None:
    """Pre-market and after-hours lines stand in the file and are not part of the session."""
    lines = ["14400000,1000000,1000000,1000000,1000000,5", trade_line(0, flat("100")), trade_line(390, flat("101"))]
    lean_zip(tmp_path / "spy" / "20230803_trade.zip", "20230803_spy_minute_trade.csv", lines)
    assert len(read_lean_day(tmp_path, SPY, the_session()).bars) == 1


def test_a_half_day_ends_at_one(tmp_path: Path) -> None:
    half = date(2015, 12, 24)
    write_lean_day(tmp_path, "SPY", half, breakout_path())
    assert len(read_lean_day(tmp_path, SPY, the_session(half)).bars) == 210


def test_same_day_option_quotes_are_read_and_blank_sides_stay_missing(tmp_path: Path) -> None:
    write_lean_day(tmp_path, "SPY", DAY, breakout_path())
    name = "20230803_spy_minute_quote_american_call_1000000_{}.csv"
    lines = [quote_line(0, flat("1.00"), flat("1.05")), quote_line(1, None, flat("1.05"))]
    lean_options(
        tmp_path / "options" / "spy" / "20230803_quote_american.zip",
        {name.format("20230803"): lines, name.format("20230804"): lines},
    )
    day = read_lean_day(tmp_path, SPY, the_session(), tmp_path / "options")
    call = OptionContract("SPY", DAY, Right.CALL, Decimal(100))
    assert day.options is not None
    assert set(day.options) == {call}
    bars = day.options[call]
    assert bars[0].bid is not None
    assert bars[1].bid is None
    assert bars[1].ask is not None


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("34260000,x,1000000,1000000,1000000,5", "field 2 is no number"),
        ("34260000,1000000", "field 3 is no number"),
        ("noon,1000000,1000000,1000000,1000000,5", "field 1 is no number"),
        ("34260000,1000000,990000,980000,1000000,5", "contradict"),
        ("34200000,1000000,1000000,1000000,1000000,5", "does not move forward"),
        ("34260000,-1000000,1000000,1000000,1000000,5", "field 2 is -"),
    ],
)
def test_a_broken_line_is_named_by_its_number(tmp_path: Path, broken: str, why: str) -> None:
    lines = [trade_line(0, flat("100")), broken]
    lean_zip(tmp_path / "spy" / "20230803_trade.zip", "20230803_spy_minute_trade.csv", lines)
    with pytest.raises(DataMalformed, match=f"line 2: .*{why}"):
        read_lean_day(tmp_path, SPY, the_session())


def test_a_file_that_is_no_zip_says_so(tmp_path: Path) -> None:
    (tmp_path / "spy").mkdir()
    (tmp_path / "spy" / "20230803_trade.zip").write_bytes(b"nonsense")
    with pytest.raises(DataMalformed, match="not a zip"):
        read_lean_day(tmp_path, SPY, the_session())


def test_a_missing_day_lists_the_days_there_are(tmp_path: Path) -> None:
    write_lean_day(tmp_path, "SPY", DAY, breakout_path())
    with pytest.raises(DataMissing, match="it has 20230803"):
        read_lean_day(tmp_path, SPY, the_session(date(2023, 8, 4)))


def test_a_missing_symbol_lists_the_symbols_there_are(tmp_path: Path) -> None:
    write_lean_day(tmp_path, "SPY", DAY, breakout_path())
    with pytest.raises(DataMissing, match="has no QQQ; it has SPY"):
        read_lean_day(tmp_path, Equity("QQQ"), the_session())


def test_missing_option_quotes_say_which_file_is_missing(tmp_path: Path) -> None:
    write_lean_day(tmp_path, "SPY", DAY, breakout_path())
    with pytest.raises(DataMissing, match=r"20230803_quote_american\.zip is missing"):
        read_lean_day(tmp_path, SPY, the_session(), tmp_path)


@pytest.mark.parametrize("labels", ["start", "end"])
def test_plain_bars_mean_what_their_labels_are_said_to_mean(tmp_path: Path, labels: str) -> None:
    path = tmp_path / "bars.csv"
    write_csv_day(path, DAY, breakout_path(), labels=labels)
    day = read_plain_day(path, SPY, the_session(), labels)
    assert len(day.bars) == 390
    assert day.bars[0].start == the_session().opens
    assert day.bars == tuple(sorted(day.bars, key=lambda bar: bar.start))


def test_labels_read_the_wrong_way_shift_every_bar_by_a_minute(tmp_path: Path) -> None:
    """The trap that the option exists for: end labels taken as starts lose the last bar of the session."""
    path = tmp_path / "bars.csv"
    write_csv_day(path, DAY, breakout_path(), labels="end")
    assert len(read_plain_day(path, SPY, the_session(), "start").bars) == 389


def test_parquet_holds_the_same_bars_as_csv(tmp_path: Path) -> None:
    write_csv_day(tmp_path / "bars.csv", DAY, breakout_path(30), labels="start")
    from_csv = read_plain_day(tmp_path / "bars.csv", SPY, the_session(), "start")
    columns: dict[str, list[object]] = {"timestamp": [bar.start for bar in from_csv.bars]}
    for name in ("open", "high", "low", "close", "volume"):
        columns[name] = [getattr(bar, name) for bar in from_csv.bars]
    parquet.write_table(pa.table(columns), tmp_path / "bars.parquet")
    assert read_plain_day(tmp_path / "bars.parquet", SPY, the_session(), "start").bars == from_csv.bars


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("2023-08-03 09:31:00,1,2,0.5,zero,5", "close is no number"),
        ("yesterday,1,2,0.5,1,5", "is no time"),
        ("2023-08-03 09:31:00,1,2,3,1,5", "contradict"),
        ("2023-08-03 09:31:00,nan,2,1,1,5", "open is NaN"),
        ("2023-08-03 09:30:00,1,2,0.5,1,5", "second bar for the same minute"),
    ],
)
def test_a_broken_row_is_named_by_its_line(tmp_path: Path, row: str, why: str) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(f"datetime,open,high,low,close,volume\n2023-08-03 09:30:00,1,2,0.5,1,5\n{row}\n")
    with pytest.raises(DataMalformed, match=f"bars.csv line 3: .*{why}"):
        read_plain_day(path, SPY, the_session(), "start")


def test_a_file_without_a_time_column_says_which_names_are_known(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text("when,open,high,low,close,volume\n2023-08-03 09:30:00,1,2,0.5,1,5\n")
    with pytest.raises(DataMalformed, match="datetime, timestamp, time, date"):
        read_plain_day(path, SPY, the_session(), "start")


def test_a_file_that_is_no_parquet_says_so(tmp_path: Path) -> None:
    path = tmp_path / "bars.parquet"
    path.write_bytes(b"nonsense")
    with pytest.raises(DataMalformed, match="not a Parquet file"):
        read_plain_day(path, SPY, the_session(), "start")
