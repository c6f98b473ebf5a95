"""Recordings of Binance's streams: each line is a receive time in nanoseconds, a space, and the message as received."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import orjson

from adapters.binance.messages import market_event, symbol_of
from tradecore.errors import DataMalformed, DataMissing
from tradecore.microstructure.events import BestQuote, DepthDiff, DepthSnapshot, MarketEvent, Trade

_GZIP: Final = b"\x1f\x8b"
_LIKE: Final = 0.2
_TELLS_EACH: Final = 1_000

Recorded = MarketEvent | BestQuote


def read_recording(file: Path, symbol: str, progress: Callable[[float], None] = lambda _: None) -> Iterator[Recorded]:
    """
    What a recording tells about one symbol, in the order it was received; `progress` is told the share that was read.

    Snapshots name no symbol: one is taken for this symbol's if its prices are within a fifth of those that messages
    about the symbol tell. The first is told after such a message.

    Raises:
        DataMissing: There is no such file.
        DataMalformed: A line is no message, or one that can't be read; the error names it.
    """
    own = _OwnSnapshots()
    with _opened(file) as (lines, raw):
        size = max(1, file.stat().st_size)
        for number, line in enumerate(lines, 1):
            if number % _TELLS_EACH == 0:
                progress(raw.tell() / size)
            data = _message(file, number, line)
            if (symbol_of(data) or symbol) != symbol:
                continue
            try:
                event = market_event(data)
            except DataMalformed as problem:
                raise DataMalformed(f"{file}, line {number}: {problem}") from problem
            if event is not None:
                yield from own.then(event)


def symbols_in(file: Path) -> list[str]:
    """Every symbol that a recording names."""
    with _opened(file) as (lines, _):
        found = {symbol_of(_message(file, number, line)) for number, line in enumerate(lines, 1)}
    return sorted(symbol for symbol in found if symbol is not None)


@contextmanager
def _opened(file: Path) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Its lines, unpacked, and the file beneath, whose position tells how far it was read."""
    try:
        with file.open("rb") as raw:
            packed = raw.read(2) == _GZIP
            raw.seek(0)
            yield (cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if packed else raw), raw
    except (OSError, EOFError) as problem:
        raise DataMissing(f"{file}: {problem}") from problem


def _message(file: Path, number: int, line: bytes) -> dict[str, Any]:
    _, _, text = line.partition(b" ")
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        raise DataMalformed(f"{file}, line {number}: no recorded message: {problem}") from problem
    inner = data.get("data", data) if isinstance(data, dict) else None
    if not isinstance(inner, dict):
        raise DataMalformed(f"{file}, line {number}: no recorded message")
    return inner


class _OwnSnapshots:
    """Holds snapshots back until a price of the symbol itself tells whether they are its own."""

    def __init__(self) -> None:
        self._prices: tuple[int, ...] = ()
        self._held: list[DepthSnapshot] = []

    def then(self, event: Recorded) -> list[Recorded]:
        """What may be told now that this came."""
        if isinstance(event, DepthSnapshot):
            self._held.append(event)
        elif isinstance(event, BestQuote | Trade):
            self._prices = (event.bid if isinstance(event, BestQuote) else event.price,)
        elif isinstance(event, DepthDiff) and len(self._prices) != 1:
            self._prices = tuple(price for side in (event.bids, event.asks) for price, _ in side)
        if not self._prices:
            return [] if isinstance(event, DepthSnapshot) else [event]
        found: list[Recorded] = [snapshot for snapshot in self._held if _is_like(snapshot, self._prices)]
        self._held.clear()
        return found if isinstance(event, DepthSnapshot) else [event, *found]


def _is_like(snapshot: DepthSnapshot, prices: tuple[int, ...]) -> bool:
    best = max((bid for bid, _ in snapshot.bids), default=0)
    return any(abs(best - price) <= _LIKE * price for price in prices)
