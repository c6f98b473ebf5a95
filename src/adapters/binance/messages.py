"""Binance's messages as market events, spot and USD-M futures."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from tradecore.errors import DataMalformed
from tradecore.microstructure.events import (
    MOST_VOLUME,
    BestQuote,
    DayTicker,
    DepthDiff,
    DepthSnapshot,
    Levels,
    MarketEvent,
    Trade,
    units,
)


def market_event(data: Mapping[str, Any]) -> MarketEvent | BestQuote | None:
    """
    One message, without the envelope of a combined stream; None for a kind that tells nothing about the market.

    Raises:
        DataMalformed: A field is missing or no number.
    """
    try:
        if "lastUpdateId" in data:
            return depth_snapshot(data)
        if "e" not in data and {"u", "b", "B", "a", "A"} <= data.keys():
            return _book_ticker(data)
        read = _KINDS.get(str(data.get("e")))
        return None if read is None else read(data)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, DataMalformed) as problem:
        raise DataMalformed(f"Binance: a {data.get('e', 'message')!r} that can't be read: {problem}") from problem


def depth_snapshot(data: Mapping[str, Any]) -> DepthSnapshot:
    """The answer of `/depth`; only futures say when it was."""
    return DepthSnapshot(int(data.get("E", 0)), int(data["lastUpdateId"]), _levels(data["bids"]), _levels(data["asks"]))


def symbol_of(data: Mapping[str, Any]) -> str | None:
    """Whom a message is about; None where it does not say, as snapshots don't."""
    symbol = data.get("s")
    return symbol if isinstance(symbol, str) else None


def _levels(pairs: Sequence[Sequence[str]]) -> Levels:
    return tuple([(units(price), units(quantity)) for price, quantity, *_ in pairs])


def _depth(data: Mapping[str, Any]) -> DepthDiff:
    previous = data.get("pu")
    return DepthDiff(
        int(data["E"]),
        int(data["U"]),
        int(data["u"]),
        _levels(data["b"]),
        _levels(data["a"]),
        None if previous is None else int(previous),
    )


def _trade(data: Mapping[str, Any]) -> Trade | None:
    quantity = units(data["q"])
    # Futures tell liquidations of the insurance fund and the like with a price or quantity of zero.
    if not quantity or data.get("X", "MARKET") != "MARKET":
        return None
    return Trade(int(data["T"]), int(data["t"]), units(data["p"]), quantity, data["m"] is False)


def _book_ticker(data: Mapping[str, Any]) -> BestQuote:
    return BestQuote(int(data["u"]), units(data["b"]), units(data["B"]), units(data["a"]), units(data["A"]))


def _day_ticker(data: Mapping[str, Any]) -> DayTicker:
    change = float(Decimal(data["P"]) / 100)
    if not isfinite(change):
        raise ValueError("a change that is no number")
    last, high, low = (units(data[name]) for name in "chl")
    return DayTicker(int(data["E"]), last, change, high, low, units(data["v"], MOST_VOLUME))


_KINDS: Final = {
    "depthUpdate": _depth,
    "trade": _trade,
    "bookTicker": _book_ticker,
    "24hrTicker": _day_ticker,
}
