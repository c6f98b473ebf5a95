"""Quotes, trades, bars and snapshots of equities and pairs: a good part of the market-data API."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.simulated.brokerage.tape import Candle, Touch, Trade, merged
from entrypoints.simulated_broker.answers import Answer, Call, instant, ok
from entrypoints.simulated_broker.data_errors import DataRefusal
from tradecore.model.sessions import Session, previous_session

_TIMEFRAME: Final = re.compile(r"([0-9]{1,2})(Min|T|Hour|H|Day|D)")
_MINUTES: Final = {"Min": 1, "T": 1, "Hour": 60, "H": 60, "Day": 1440, "D": 1440}


def quote_view(touch: Touch) -> dict[str, Any]:
    """A quote of an equity."""
    return {
        "t": instant(touch.at),
        "ax": "V",
        "ap": float(touch.ask or 0),
        "as": touch.ask_size,
        "bx": "V",
        "bp": float(touch.bid or 0),
        "bs": touch.bid_size,
        "c": ["R"],
        "z": "B",
    }


def trade_view(trade: Trade) -> dict[str, Any]:
    """A print of an equity."""
    shown = {"t": instant(trade.at), "x": "V", "p": float(trade.price), "s": trade.size}
    return shown | {"c": ["@"], "i": trade.number, "z": "B"}


def bar_view(candle: Candle) -> dict[str, Any]:
    """A bar."""
    return {
        "t": instant(candle.at),
        "o": candle.open,
        "h": candle.high,
        "l": candle.low,
        "c": candle.close,
        "v": candle.volume,
        "n": candle.trades,
        "vw": candle.average,
    }


def pair_quote_view(touch: Touch) -> dict[str, Any]:
    """A quote of a pair."""
    shown = {"t": instant(touch.at), "bp": float(touch.bid or 0), "bs": float(touch.bid_size)}
    return shown | {"ap": float(touch.ask or 0), "as": float(touch.ask_size)}


def pair_trade_view(trade: Trade) -> dict[str, Any]:
    """A print of a pair."""
    shown = {"t": instant(trade.at), "p": float(trade.price), "s": float(trade.size)}
    return shown | {"tks": "B" if trade.number % 2 else "S", "i": trade.number}


def latest(kind: str) -> Callable[[Call], Answer]:
    """GET …/{quotes,trades,bars}/latest for several symbols of equities or pairs."""

    def handler(call: Call) -> Answer:
        pairs = call.path == ("crypto",)
        found = {one: shown for one in wanted(call, pairs=pairs) if (shown := newest(call, one, kind)) is not None}
        return ok({kind: found})

    return handler


def latest_of_one(kind: str) -> Callable[[Call], Answer]:
    """GET /v2/stocks/{symbol}/{quotes,trades,bars}/latest."""

    def handler(call: Call) -> Answer:
        symbol = known(call, call.path[0], pairs=False)
        return ok({"symbol": symbol, kind[:-1]: newest(call, symbol, kind)})

    return handler


def newest(call: Call, symbol: str, kind: str) -> dict[str, Any] | None:
    """The newest quote, trade or minute bar of a symbol."""
    now, pair = call.simulation.now(), is_pair(call, symbol)
    tape = call.simulation.brokerage.listings.tape(symbol, now)
    if kind == "quotes":
        touch = tape.touch(now)
        return None if touch is None else (pair_quote_view if pair else quote_view)(touch)
    if kind == "trades":
        trade = tape.trade(now)
        return None if trade is None else (pair_trade_view if pair else trade_view)(trade)
    candles = tape.candles(now)
    return bar_view(candles[-1]) if candles else None


def snapshots(call: Call) -> Answer:
    """GET /v2/stocks/snapshots; of pairs with a member `snapshots`."""
    pairs = call.path == ("crypto",)
    found = {symbol: snapshot(call, symbol) for symbol in wanted(call, pairs=pairs)}
    return ok({"snapshots": found} if pairs else found)


def snapshot_of_one(call: Call) -> Answer:
    """GET /v2/stocks/{symbol}/snapshot."""
    symbol = known(call, call.path[0], pairs=False)
    return ok({"symbol": symbol, **snapshot(call, symbol)})


def snapshot(call: Call, symbol: str) -> dict[str, Any]:
    """The newest of everything on one symbol."""
    now, listings = call.simulation.now(), call.simulation.brokerage.listings
    tape = listings.tape(symbol, now)
    names = {"latestTrade": "trades", "latestQuote": "quotes", "minuteBar": "bars"}
    found = {name: shown for name, kind in names.items() if (shown := newest(call, symbol, kind)) is not None}
    candles = tape.candles(now)
    if candles:
        found["dailyBar"] = bar_view(merged(candles)._replace(at=midnight(tape.session)))
    if not is_pair(call, symbol):
        before = listings.tape_of(symbol, previous_session(tape.session.day))
        every = before.candles(before.session.closes)
        if every:
            found["prevDailyBar"] = bar_view(merged(every)._replace(at=midnight(before.session)))
    return found


def page(call: Call) -> int:
    """
    How many rows earlier pages showed.

    Raises:
        DataRefusal: The token is none of ours.
    """
    given = call.query.get("page_token") or "0"
    if not given.isascii() or not given.isdecimal() or len(given) > 9:
        raise DataRefusal(400, "invalid page_token")
    return int(given)


def wanted(call: Call, *, pairs: bool) -> list[str]:
    """
    The symbols of the query.

    Raises:
        DataRefusal: There are none, or one is not listed.
    """
    given = call.names("symbols")
    if not given:
        raise DataRefusal(400, "symbols is required")
    return list(dict.fromkeys(known(call, one, pairs=pairs) for one in given))


def known(call: Call, symbol: str, *, pairs: bool) -> str:
    """
    A symbol that is listed.

    Raises:
        DataRefusal: It is not, or not of this kind.
    """
    listing = call.simulation.brokerage.listings.listed.get(symbol)
    if listing is None or listing.is_crypto != pairs:
        raise DataRefusal(400, f"invalid symbol: {symbol[:32]}")
    return symbol


def is_pair(call: Call, symbol: str) -> bool:
    """Whether a listed symbol is a pair of coins."""
    return call.simulation.brokerage.listings.listed[symbol].is_crypto


def step_of(call: Call) -> int:
    """
    The timeframe in minutes.

    Raises:
        DataRefusal: It is none, or longer than a day.
    """
    given = call.query.get("timeframe") or "1Min"
    found = _TIMEFRAME.fullmatch(given)
    if found is None or not 0 < int(found[1]) * _MINUTES[found[2]] <= _MINUTES["Day"]:
        raise DataRefusal(400, f"invalid timeframe: {given[:32]}")
    return int(found[1]) * _MINUTES[found[2]]


def grouped(candles: list[Candle], minutes: int, opens: datetime) -> list[Candle]:
    """Minute candles of one session put together."""
    step = timedelta(minutes=minutes)
    found: dict[datetime, list[Candle]] = {}
    for one in candles:
        found.setdefault(opens + (one.at - opens) // step * step, []).append(one)
    return [merged(some)._replace(at=at) for at, some in found.items()]


def midnight(session: Session) -> datetime:
    """Where a day's bar begins."""
    if not session.opens.hour:
        return session.opens
    return session.opens.replace(hour=5 if session.opens.hour == 14 else 4, minute=0)
