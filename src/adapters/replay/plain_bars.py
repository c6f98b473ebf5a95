"""
Reading plain one-minute bars from CSV or Parquet.

Columns (any case): a time (`datetime`, `timestamp`, `time` or `date`), open, high, low, close, volume. A time without
a zone is New York time. Whether it names a bar's start or its end is stated by the caller, never guessed.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from tradecore.errors import DataMalformed, DataMissing
from tradecore.model.instruments import Equity
from tradecore.model.market import Bar
from tradecore.model.recording import RecordedDay
from tradecore.model.sessions import NEW_YORK, Session

_TIME_NAMES: Final = ("datetime", "timestamp", "time", "date")
_PRICES: Final = ("open", "high", "low", "close")
_MINUTE: Final = timedelta(minutes=1)
_HIGHEST: Final = Decimal(1_000_000)


def read_plain_day(path: Path, underlying: Equity, session: Session, labels: str) -> RecordedDay:
    """
    One session's bars from a file, in any row order.

    Args:
        path: A .csv or .parquet file.
        underlying: What the bars are of; the file does not say.
        session: The day wanted.
        labels: "start" or "end".

    Raises:
        DataMissing: No such file, or no bar of that session in it.
        DataMalformed: A row can't be read; the message names its line.
    """
    if not path.is_file():
        raise DataMissing(f"{path} is no file")
    shift = _MINUTE if labels == "end" else timedelta(0)
    bars = {}
    for number, row in _rows(path):
        bar = _bar(path, number, row, underlying, shift)
        if session.opens <= bar.start < session.closes:
            if bar.start in bars:
                raise DataMalformed(f"{path.name} line {number}: a second bar for the same minute")
            bars[bar.start] = bar
    if not bars:
        raise DataMissing(f"{path.name} has no bar of the session of {session.day}")
    return RecordedDay(
        underlying=underlying,
        session=session,
        interval=_MINUTE,
        bars=tuple(bars[start] for start in sorted(bars)),
        quote_bars=(),
        options=None,
        source=path.suffix.lstrip("."),
        labels=labels,
    )


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    if path.suffix.lower() == ".parquet":
        yield from _parquet_rows(path)
        return
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                yield number, {str(key).strip().lower(): value for key, value in row.items()}
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataMalformed(f"{path.name}: not a CSV file ({error})") from error


def _parquet_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    from pyarrow import ArrowException, parquet

    try:
        table = parquet.read_table(path)
    except (ArrowException, OSError) as error:
        raise DataMalformed(f"{path.name}: not a Parquet file ({error})") from error
    for number, row in enumerate(table.to_pylist(), start=1):
        yield number, {str(key).strip().lower(): value for key, value in row.items()}


def _bar(path: Path, number: int, row: dict[str, Any], underlying: Equity, shift: timedelta) -> Bar:
    def wrong(why: str) -> DataMalformed:
        return DataMalformed(f"{path.name} line {number}: {why}")

    name = next((name for name in _TIME_NAMES if row.get(name)), None)
    if name is None:
        raise wrong(f"no time; one of the columns {', '.join(_TIME_NAMES)} is needed")
    start = _start(row[name], shift, wrong)
    opened, high, low, close = (_number(row, column, wrong) for column in _PRICES)
    if high > _HIGHEST:
        raise wrong(f"{high} is no price of a share")
    if not 0 < low <= min(opened, close) <= max(opened, close) <= high:
        raise wrong(f"open {opened}, high {high}, low {low}, close {close} contradict each other")
    volume = _number(row, "volume", wrong) if row.get("volume") not in (None, "") else Decimal(0)
    return Bar(underlying, start, start + _MINUTE, opened, high, low, close, volume)


def _start(value: Any, shift: timedelta, wrong: Any) -> datetime:
    try:
        start = _time(value, wrong) - shift
        start + _MINUTE
    except OverflowError as error:
        raise wrong(f"{str(value)[:40]!r} is no trading day") from error
    if start.second or start.microsecond:
        raise wrong(f"{str(value)[:40]!r} is not on the minute")
    return start


def _time(value: Any, wrong: Any) -> datetime:
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as error:
        raise wrong(f"{str(value)[:40]!r} is no time") from error
    local = at if at.tzinfo else at.replace(tzinfo=NEW_YORK)
    return local.astimezone(UTC)


def _number(row: dict[str, Any], column: str, wrong: Any) -> Decimal:
    try:
        value = Decimal(str(row[column]))
    except (KeyError, InvalidOperation) as error:
        raise wrong(f"{column} is no number") from error
    if not value.is_finite() or value < 0:
        raise wrong(f"{column} is {value}")
    return value
