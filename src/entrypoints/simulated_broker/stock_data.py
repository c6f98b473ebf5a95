"""Quotes, trades, bars and snapshots of equities and pairs: a good part of the market-data API."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.simulated.brokerage.listings import shown_session
from adapters.simulated.brokerage.tape import Candle, SessionTape, Touch, Trade, merged
from entrypoints.simulated_broker.answers import Answer, Call, instant, ok
from entrypoints.simulated_broker.data_errors import DataRefusal
from tradecore.model.sessions import Session, previous_session

_TIMEFRAME: Final = re.compile(r"([0-9]{1,2})(Min|T|Hour|H|Day|D|Week|W|Month|M)")
_MINUTES: Final = {"Min": 1, "T": 1, "Hour": 60, "H": 60, "Day": 1440, "D": 1440, "Week": 10_080, "W": 10_080}
_MOST_ROWS: Final = 10_000
_MOST_SESSIONS: Final = 60
_DAY: Final = timedelta(days=1)


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
        before = listings.day_tape(symbol, previous_session(tape.session.day))
        every = before.candles(before.session.closes)
        if every:
            found["prevDailyBar"] = bar_view(merged(every)._replace(at=midnight(before.session)))
    return found


def history(kind: str, *, single: bool = False) -> Callable[[Call], Answer]:
    """GET …/{bars,quotes,trades} for several symbols, or one named in the path; pages by row."""

    def handler(call: Call) -> Answer:
        pairs = call.path == ("crypto",)
        symbols = [known(call, call.path[0], pairs=False)] if single else wanted(call, pairs=pairs)
        limit, skip = call.count("limit", 1_000, _MOST_ROWS), page(call)
        rows = [(symbol, row) for symbol in symbols for row in _rows(call, symbol, kind, skip + limit + 1)]
        shown, more = rows[skip : skip + limit], len(rows) > skip + limit
        token = str(skip + limit) if more else None
        if single:
            return ok({"symbol": symbols[0], kind: [row for _, row in shown], "next_page_token": token})
        found: dict[str, list[dict[str, Any]]] = {}
        for symbol, row in shown:
            found.setdefault(symbol, []).append(row)
        return ok({kind: found, "next_page_token": token})

    return handler


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
    The timeframe in minutes; a month has 31 days.

    Raises:
        DataRefusal: It is none.
    """
    given = call.query.get("timeframe") or "1Min"
    found = _TIMEFRAME.fullmatch(given)
    if found is None or int(found[1]) == 0:
        raise DataRefusal(400, f"invalid timeframe: {given[:32]}")
    return int(found[1]) * _MINUTES.get(found[2], 44_640)


def grouped(candles: list[Candle], minutes: int, opens: datetime) -> list[Candle]:
    """Minute candles of one session put together."""
    step = timedelta(minutes=minutes)
    found: dict[datetime, list[Candle]] = {}
    for one in candles:
        found.setdefault(opens + (one.at - opens) // step * step, []).append(one)
    return [merged(some)._replace(at=at) for at, some in found.items()]


def midnight(session: Session) -> datetime:
    """Where a day's bar begins."""
    return session.opens.replace(hour=5 if session.opens.hour == 14 else 4, minute=0)


def _rows(call: Call, symbol: str, kind: str, most: int) -> list[dict[str, Any]]:
    now = call.simulation.now()
    last = shown_session(now)
    start = call.instant("start", last.opens - _DAY if kind == "bars" else last.opens)
    end = min(call.instant("end", now), now)
    rows: list[dict[str, Any]] = []
    for tape in _tapes(call, symbol, start, end):
        rows += _READ[kind](call, tape, start, end, most)
        if len(rows) >= most:
            break
    return rows[::-1] if call.query.get("sort") == "desc" else rows


def _tapes(call: Call, symbol: str, start: datetime, end: datetime) -> list[SessionTape]:
    listings = call.simulation.brokerage.listings
    if end < start:
        return []
    if is_pair(call, symbol):
        days = min((end.date() - start.date()).days, 7)
        return [listings.tape(symbol, end - _DAY * back) for back in range(days, -1, -1)]
    last = shown_session(end)
    found = [last]
    while found[-1].opens > start and len(found) < _MOST_SESSIONS:
        found.append(previous_session(found[-1].day))
    return [listings.day_tape(symbol, one) for one in reversed(found)]


def _bars(call: Call, tape: SessionTape, start: datetime, end: datetime, most: int) -> list[dict[str, Any]]:
    minutes = step_of(call)
    candles = tape.candles(min(end, call.simulation.now()))
    if minutes >= 1440:
        day = midnight(tape.session)
        return [bar_view(merged(candles)._replace(at=day))] if candles and start - _DAY < day <= end else []
    chosen = [one for one in candles if start <= one.at <= end]
    return [bar_view(one) for one in grouped(chosen, minutes, tape.session.opens)][:most]


def _quotes(call: Call, tape: SessionTape, start: datetime, end: datetime, most: int) -> list[dict[str, Any]]:
    view = pair_quote_view if is_pair(call, tape.symbol) else quote_view
    return [view(one) for one in tape.touches(start, min(end, call.simulation.now()), most)]


def _trades(call: Call, tape: SessionTape, start: datetime, end: datetime, most: int) -> list[dict[str, Any]]:
    view = pair_trade_view if is_pair(call, tape.symbol) else trade_view
    return [view(one) for one in tape.trades(start, min(end, call.simulation.now()), most)]


_READ: Final = {"bars": _bars, "quotes": _quotes, "trades": _trades}
