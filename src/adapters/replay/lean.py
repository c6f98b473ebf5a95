"""
Reading LEAN's open minute format: `<folder>/<symbol>/YYYYMMDD_{trade,quote}.zip` and option zips with a CSV a contract.

Prices are stored x 10000, times as milliseconds since midnight New York at the START of a bar; a blank field is a side
that was not quoted.
"""

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from tradecore.errors import DataMalformed, DataMissing
from tradecore.model.instruments import Equity, Instrument, OptionContract, Right
from tradecore.model.market import Bar, QuoteBar, SidePrices
from tradecore.model.recording import RecordedDay
from tradecore.model.sessions import NEW_YORK, Session

MINUTE: Final = timedelta(minutes=1)
_SCALE: Final = Decimal(10_000)
_OPTION_FILE: Final = re.compile(r"\d{8}_[a-z]+_minute_quote_american_(call|put)_(\d+)_(\d{8})\.csv")

Progress = Callable[[float], None]


def read_lean_day(
    folder: Path,
    underlying: Equity,
    session: Session,
    options: Path | None = None,
    progress: Progress | None = None,
) -> RecordedDay:
    """
    One recorded session of an underlying, with the same-day option quotes when `options` is given.

    Raises:
        DataMissing: The folder has no such symbol or day; the message lists what it has.
        DataMalformed: A line can't be read; the message names file and line.
    """
    home = folder / underlying.symbol.lower()
    day = f"{session.day:%Y%m%d}"
    trades = home / f"{day}_trade.zip"
    quotes = home / f"{day}_quote.zip"
    if not trades.is_file():
        raise DataMissing(_what_there_is(folder, home, underlying, session))
    bars = tuple(_trade_bar(underlying, session, row) for row in _rows(trades, None, session))
    quote_bars: tuple[QuoteBar, ...] = ()
    if quotes.is_file():
        quote_bars = tuple(_quote_bar(underlying, session, row) for row in _rows(quotes, None, session))
    found = None
    if options is not None:
        found = _read_options(options, underlying, session, progress)
    return RecordedDay(
        underlying=underlying,
        session=session,
        interval=MINUTE,
        bars=bars,
        quote_bars=quote_bars,
        options=found,
        source="lean",
        labels="start",
    )


class _Row:
    """One line of a file: fields, and where it stands."""

    def __init__(self, name: str, number: int, fields: list[str]) -> None:
        self.name, self.number, self.fields = name, number, fields

    def wrong(self, why: str) -> DataMalformed:
        return DataMalformed(f"{self.name} line {self.number}: {why}")

    def price(self, index: int) -> Decimal | None:
        value = self.number_at(index)
        return None if value is None or value == 0 else value / _SCALE

    def number_at(self, index: int) -> Decimal | None:
        try:
            text = self.fields[index]
            value = Decimal(text) if text else None
        except (IndexError, InvalidOperation) as error:
            raise self.wrong(f"field {index + 1} is no number") from error
        if value is not None and (not value.is_finite() or value < 0):
            raise self.wrong(f"field {index + 1} is {value}")
        return value

    def required(self, index: int) -> Decimal:
        value = self.price(index)
        if value is None:
            raise self.wrong(f"field {index + 1} is missing")
        return value

    def millis(self) -> int:
        value = self.number_at(0)
        if value is None or value != int(value) or value >= 86_400_000:
            raise self.wrong("the first field is no time of day in milliseconds")
        return int(value)


def _rows(path: Path, member: str | None, session: Session) -> Iterator[_Row]:
    with _opened(path) as archive:
        yield from _member_rows(archive, member or archive.namelist()[0], path.name, session)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, IndexError, UnicodeDecodeError) as error:
        raise DataMalformed(f"{path.name}: not a zip with CSV files in it ({error})") from error


def _member_rows(archive: zipfile.ZipFile, member: str, shown: str, session: Session) -> Iterator[_Row]:
    midnight = datetime.combine(session.day, time(0), NEW_YORK)
    first = int((session.opens - midnight).total_seconds() * 1000)
    last = int((session.closes - midnight).total_seconds() * 1000)
    before = -1
    for number, line in enumerate(archive.read(member).decode().splitlines(), start=1):
        row = _Row(f"{shown}/{member}", number, line.split(","))
        at = row.millis()
        if at <= before:
            raise row.wrong("time does not move forward")
        before = at
        if first <= at < last:
            yield row


def _times(session: Session, row: _Row) -> tuple[datetime, datetime]:
    start = datetime.combine(session.day, time(0), NEW_YORK) + timedelta(milliseconds=row.millis())
    utc = start.astimezone(session.opens.tzinfo)
    return utc, utc + MINUTE


def _trade_bar(instrument: Instrument, session: Session, row: _Row) -> Bar:
    start, end = _times(session, row)
    opened, high, low, close = (row.required(index) for index in (1, 2, 3, 4))
    if not low <= min(opened, close) <= max(opened, close) <= high:
        raise row.wrong(f"open {opened}, high {high}, low {low}, close {close} contradict each other")
    return Bar(instrument, start, end, opened, high, low, close, row.number_at(5) or Decimal(0))


def _quote_bar(instrument: Instrument, session: Session, row: _Row) -> QuoteBar:
    start, end = _times(session, row)
    return QuoteBar(instrument, start, end, _side(row, 1), _side(row, 6))


def _side(row: _Row, first: int) -> SidePrices | None:
    prices = [row.price(first + offset) for offset in range(4)]
    size = row.number_at(first + 4) or Decimal(0)
    if any(price is None for price in prices) or size == 0:
        return None
    opened, high, low, close = (price for price in prices if price is not None)
    return SidePrices(opened, high, low, close, size)


def _read_options(
    folder: Path,
    underlying: Equity,
    session: Session,
    progress: Progress | None,
) -> dict[OptionContract, tuple[QuoteBar, ...]]:
    path = folder / underlying.symbol.lower() / f"{session.day:%Y%m%d}_quote_american.zip"
    if not path.is_file():
        raise DataMissing(
            f"no option quotes of {underlying.symbol} on {session.day} in {folder} ({path.name} is missing)"
        )
    found: dict[OptionContract, tuple[QuoteBar, ...]] = {}
    with _opened(path) as archive:
        members = [(m, c) for m in sorted(archive.namelist()) if (c := _contract(m, underlying, session)) is not None]
        for count, (member, contract) in enumerate(members, start=1):
            rows = _member_rows(archive, member, path.name, session)
            found[contract] = tuple(_quote_bar(contract, session, row) for row in rows)
            if progress is not None:
                progress(count / len(members))
    if not found:
        raise DataMissing(f"{path.name} has no contract of {underlying.symbol} that expires on {session.day}")
    return found


def _contract(member: str, underlying: Equity, session: Session) -> OptionContract | None:
    named = _OPTION_FILE.fullmatch(member)
    if named is None or named[3] != f"{session.day:%Y%m%d}":
        return None
    right = Right.CALL if named[1] == "call" else Right.PUT
    return OptionContract(underlying.symbol, session.day, right, Decimal(named[2]) / _SCALE)


def _what_there_is(folder: Path, home: Path, underlying: Equity, session: Session) -> str:
    if not home.is_dir():
        there = ", ".join(sorted(p.name.upper() for p in folder.iterdir() if p.is_dir())) if folder.is_dir() else ""
        return f"{folder} has no {underlying.symbol}; it has {there or 'nothing'}"
    days = sorted({p.name[:8] for p in home.glob("*_trade.zip")})
    return f"{underlying.symbol} on {session.day} is not in {folder}; it has {', '.join(days) or 'no day'}"
