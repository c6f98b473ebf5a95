"""
Recording a market's day in LEAN's open minute format, which `replay` reads.

Minutes are appended to one file as they end (`YYYYMMDD.partial`), so that a crash costs the minute under way at most;
the day's zips are made from it when it is over, or when a later life finds it.
"""

import errno
import json
import os
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tradecore.errors import Unavailable
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import Equity, OptionContract, Right
from tradecore.model.market import Bar, Quote
from tradecore.model.sessions import NEW_YORK
from tradecore.ports.day_recorder import DayRecorder
from tradecore.ports.market_data import MarketStep

_MINUTE: Final = timedelta(minutes=1)
_SCALE: Final = 10_000
_CENT: Final = _SCALE // 100
_LONGEST_LINE: Final = 4096
_PARTIAL: Final = ".partial"
_Ints = NDArray[np.int64]
Record = tuple[str, str, str]
"""Which zip, which member of it, and a line."""


class LeanRecorder(DayRecorder):
    """
    Records one underlying and its same-day chain: trade bars, quote bars, and a quote bar a contract and minute.

    `folder` gets `equity/SYMBOL` and `option/SYMBOL`; days older than `keeps` are removed. Give it every step of the
    market with the newest chain; the same chain again is not looked at twice.
    """

    def __init__(self, folder: Path, underlying: Equity, *, keeps: timedelta = timedelta(days=30)) -> None:
        """Finish what an earlier life left unfinished, but for today, which goes on."""
        self._folder = folder
        self._underlying = underlying
        self._keeps = keeps
        self._minute: datetime | None = None
        self._quote: _MinuteOfQuotes = _MinuteOfQuotes()
        self._chain: _MinuteOfChain | None = None
        self._seen: OptionChain | None = None
        self._begun: date | None = None

    def take(self, step: MarketStep, chain: OptionChain | None) -> int:
        """What became known at one instant; how many lines were written."""
        with _disk_errors():
            return self._take(step, chain)

    def pause(self) -> None:
        """Write the minute under way, of which nothing more is taken in."""
        with _disk_errors():
            self._write([*self._quote_lines(), *self._chain_lines()])
            self._minute = None

    def end_day(self) -> None:
        """Write what is under way and make the zips of the day."""
        with _disk_errors():
            try:
                self._write([*self._quote_lines(), *self._chain_lines()])
            finally:
                self._minute, self._begun, self._chain, self._seen = None, None, None, None
            self._finish(but=None)

    def _take(self, step: MarketStep, chain: OptionChain | None) -> int:
        written = self._turn_to(step.at)
        for quote in step.quotes:
            if quote.instrument == self._underlying:
                self._quote.add(quote)
        if chain is not None and chain is not self._seen:
            self._seen = chain
            if self._chain is None or self._chain.contracts is not chain.contracts:
                written += self._write([*self._chain_lines()])
                self._chain = _MinuteOfChain(chain.contracts)
            self._chain.add(chain)
        bars = [bar for bar in step.bars if bar.instrument == self._underlying]
        return written + self._write([_trade_lines(bar) for bar in bars])

    def _turn_to(self, at: datetime) -> int:
        minute = at.replace(second=0, microsecond=0)
        day = minute.astimezone(NEW_YORK).date()
        if self._begun != day:
            self._begun = day
            _mend(self._partial(day))
            self._finish(but=day)
        lines: list[Record] = []
        if self._minute is not None and minute > self._minute:
            lines = [*self._quote_lines(), *self._chain_lines()]
        if self._minute is None or minute > self._minute:
            self._minute = minute
            self._quote = _MinuteOfQuotes()
            if self._chain is not None:
                self._chain.clear()
        # The minute is over whether it can be written or not: a disk that refuses is not asked at every quote.
        return self._write(lines)

    def _quote_lines(self) -> Iterator[Record]:
        if self._minute is not None and self._quote.any:
            name = f"{_day(self._minute)}_{self._underlying.symbol.lower()}_minute_quote.csv"
            yield "equity_quote", name, f"{_millis(self._minute)},{self._quote.line}"

    def _chain_lines(self) -> Iterator[Record]:
        if self._minute is not None and self._chain is not None:
            for contract, line in self._chain.lines():
                yield "option_quote", _member(contract, self._minute), f"{_millis(self._minute)},{line}"

    def _write(self, records: list[Record]) -> int:
        if not records or self._begun is None:
            return 0
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._partial(self._begun)
        text = "".join(json.dumps(record) + "\n" for record in records).encode()
        with path.open("ab", buffering=0) as file:
            try:
                if file.write(text) != len(text):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            except OSError:
                _mend(path)
                raise
        return len(records)

    def _partial(self, day: date) -> Path:
        return self._folder / f"{day:%Y%m%d}{_PARTIAL}"

    def _finish(self, *, but: date | None) -> None:
        for path in sorted(self._folder.glob(f"*{_PARTIAL}")):
            if but is None or path != self._partial(but):
                self._make_zips(path)
        self._forget()

    def _make_zips(self, path: Path) -> None:
        day, members = path.name.removesuffix(_PARTIAL), _members(path)
        symbol = self._underlying.symbol.lower()
        places = {
            "equity_trade": self._folder / "equity" / symbol / f"{day}_trade.zip",
            "equity_quote": self._folder / "equity" / symbol / f"{day}_quote.zip",
            "option_quote": self._folder / "option" / symbol / f"{day}_quote_american.zip",
        }
        for kind, files in members.items():
            place = places[kind]
            place.parent.mkdir(parents=True, exist_ok=True)
            unfinished = place.with_suffix(".making")
            with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, lines in sorted(files.items()):
                    archive.writestr(name, "\n".join(lines) + "\n")
            unfinished.replace(place)
        path.unlink()

    def _forget(self) -> None:
        made = sorted(self._folder.glob("*/*/*.zip"))
        if not made:
            return
        newest = max(_date(path) for path in made)
        for path in made:
            if newest - _date(path) > self._keeps:
                path.unlink()


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise Unavailable(f"the day can't be recorded: {problem.strerror or problem}") from problem


def _mend(path: Path) -> None:
    """Take away a last line that was cut off, so that the next one begins a line of its own."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        begin = max(size - _LONGEST_LINE, 0)
        file.seek(begin)
        tail = file.read(size - begin)
        if tail and not tail.endswith(b"\n"):
            file.truncate(begin + tail.rfind(b"\n") + 1)


class _MinuteOfQuotes:
    """Bid and ask of one instrument over one minute, scaled: open, high, low, close and the last size."""

    def __init__(self) -> None:
        self._sides: list[list[int] | None] = [None, None]

    def add(self, quote: Quote) -> None:
        for index, (price, size) in enumerate(((quote.bid, quote.bid_size), (quote.ask, quote.ask_size))):
            if price is None:
                continue
            scaled, found = _scaled(price), self._sides[index]
            if found is None:
                self._sides[index] = [scaled, scaled, scaled, scaled, int(size)]
            else:
                found[1], found[2] = max(found[1], scaled), min(found[2], scaled)
                found[3], found[4] = scaled, int(size)

    @property
    def any(self) -> bool:
        return any(side is not None for side in self._sides)

    @property
    def line(self) -> str:
        return ",".join(",".join(map(str, side)) if side is not None else ",,,," for side in self._sides)


class _MinuteOfChain:
    """The same for every contract of a chain, as columns; zero is a side that was never quoted."""

    def __init__(self, contracts: tuple[OptionContract, ...]) -> None:
        self.contracts = contracts
        self._sides = [np.zeros((5, len(contracts)), dtype=np.int64) for _ in range(2)]

    def add(self, chain: OptionChain) -> None:
        quoted = ((chain.bid_cents, chain.bid_size), (chain.ask_cents, chain.ask_size))
        for side, (cents, size) in zip(self._sides, quoted, strict=True):
            _add_column(side, cents * _CENT, size)

    def clear(self) -> None:
        for side in self._sides:
            side[:] = 0

    def lines(self) -> Iterator[tuple[OptionContract, str]]:
        bids, asks = (side.T.tolist() for side in self._sides)
        for contract, bid, ask in zip(self.contracts, bids, asks, strict=True):
            if bid[3] or ask[3]:
                parts = (",".join(map(str, side)) if side[3] else ",,,," for side in (bid, ask))
                yield contract, ",".join(parts)


def _add_column(side: _Ints, price: _Ints, size: _Ints) -> None:
    there = price > 0
    first = there & (side[3] == 0)
    for row in range(4):
        side[row][first] = price[first]
    side[1][there] = np.maximum(side[1], price)[there]
    side[2][there] = np.minimum(side[2], price)[there]
    side[3][there], side[4][there] = price[there], size[there]


def _trade_lines(bar: Bar) -> Record:
    prices = ",".join(str(_scaled(price)) for price in (bar.open, bar.high, bar.low, bar.close))
    name = f"{_day(bar.start)}_{bar.instrument.symbol.lower()}_minute_trade.csv"
    return "equity_trade", name, f"{_millis(bar.start)},{prices},{int(bar.volume)}"


def _member(contract: OptionContract, minute: datetime) -> str:
    right = "call" if contract.right is Right.CALL else "put"
    strike, expiry = _scaled(contract.strike), f"{contract.expiry:%Y%m%d}"
    return f"{_day(minute)}_{contract.root.lower()}_minute_quote_american_{right}_{strike}_{expiry}.csv"


def _members(path: Path) -> dict[str, dict[str, list[str]]]:
    """Lines by zip and member; a line that was cut off, and a minute told twice, are left out."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for raw in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if not raw.endswith("\n"):
            continue
        try:
            kind, name, line = json.loads(raw)
        except ValueError:
            continue
        lines = found[kind][name]
        if not lines or int(lines[-1].partition(",")[0]) < int(line.partition(",")[0]):
            lines.append(line)
    return found


def _scaled(price: Decimal) -> int:
    return int((price * _SCALE).quantize(Decimal(1), ROUND_HALF_UP))


def _millis(at: datetime) -> int:
    local = at.astimezone(NEW_YORK)
    return int((local - datetime.combine(local.date(), time(0), NEW_YORK)).total_seconds() * 1000)


def _day(at: datetime) -> str:
    return f"{at.astimezone(NEW_YORK):%Y%m%d}"


def _date(path: Path) -> date:
    return datetime.strptime(path.name[:8], "%Y%m%d").replace(tzinfo=NEW_YORK).date()
