"""Recordings of Binance's streams: each line is a receive time in nanoseconds, a space, and the message as received."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import orjson

from adapters.binance.messages import BookTicker, market_event, symbol_of
from tradecore.errors import DataMalformed, DataMissing
from tradecore.microstructure.events import DepthSnapshot, MarketEvent

_GZIP: Final = b"\x1f\x8b"
_LIKE: Final = 0.2

Recorded = MarketEvent | BookTicker


def read_recording(file: Path, symbol: str) -> Iterator[Recorded]:
    """
    What a recording tells about one symbol, in the order it was received.

    Snapshots name no symbol: one is taken for this symbol's if its prices are within a fifth of those seen.

    Raises:
        DataMissing: There is no such file.
        DataMalformed: A line is no message; the error names it.
    """
    price = 0
    with _opened(file) as lines:
        for number, line in enumerate(lines, 1):
            data = _message(file, number, line)
            if (symbol_of(data) or symbol) != symbol:
                continue
            event = market_event(data)
            if isinstance(event, DepthSnapshot) and not _is_like(event, price):
                continue
            if isinstance(event, BookTicker):
                price = event.bid
            if event is not None:
                yield event


def symbols_in(file: Path) -> list[str]:
    """Every symbol that a recording names."""
    with _opened(file) as lines:
        found = {symbol_of(_message(file, number, line)) for number, line in enumerate(lines, 1)}
    return sorted(symbol for symbol in found if symbol is not None)


def _opened(file: Path) -> BinaryIO:
    try:
        with file.open("rb") as raw:
            packed = raw.read(2) == _GZIP
        return cast("BinaryIO", gzip.open(file, "rb")) if packed else file.open("rb")
    except OSError as problem:
        raise DataMissing(f"{file}: {problem.strerror or problem}") from problem


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


def _is_like(snapshot: DepthSnapshot, price: int) -> bool:
    best = max((bid for bid, _ in snapshot.bids), default=0)
    return not price or abs(best - price) <= _LIKE * price
