"""Bars, quotes and trades of the past; a page draws few sessions, so that nobody else waits for it."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from adapters.simulated.brokerage.listings import shown_session
from adapters.simulated.brokerage.tape import merged
from entrypoints.simulated_broker.answers import Answer, Call, ok
from entrypoints.simulated_broker.data_errors import DataRefusal
from entrypoints.simulated_broker.stock_data import (
    bar_view,
    grouped,
    is_pair,
    known,
    midnight,
    pair_quote_view,
    pair_trade_view,
    quote_view,
    step_of,
    trade_view,
    wanted,
)
from tradecore.model.sessions import Session, previous_session

_MOST_ROWS: Final = 10_000
_MOST_SESSIONS: Final = 60
_MOST_PAIR_DAYS: Final = 8
_MOST_DRAWN: Final = 8
_DAY_MINUTES: Final = 1_440
_DAY: Final = timedelta(days=1)


class _Asked(NamedTuple):
    """What a request is about: a kind of row between two instants, in an order, with bars of so many minutes."""

    kind: str
    start: datetime
    end: datetime
    newest_first: bool
    minutes: int


class _Place(NamedTuple):
    """Where the page before ended: symbol, day of its session, rows of that session already shown."""

    symbol: str
    day: date
    shown: int


def history(kind: str, *, single: bool = False) -> Callable[[Call], Answer]:
    """GET …/{bars,quotes,trades} for several symbols, or one named in the path."""

    def handler(call: Call) -> Answer:
        pairs = call.path == ("crypto",)
        symbols = [known(call, call.path[0], pairs=False)] if single else wanted(call, pairs=pairs)
        rows, after = _page(call, symbols, _asked(call, kind), call.count("limit", 1_000, _MOST_ROWS))
        token = None if after is None else f"{after.symbol}|{after.day}|{after.shown}"
        if single:
            return ok({"symbol": symbols[0], kind: [row for _, row in rows], "next_page_token": token})
        found: dict[str, list[dict[str, Any]]] = {}
        for symbol, row in rows:
            found.setdefault(symbol, []).append(row)
        return ok({kind: found, "next_page_token": token})

    return handler


def _asked(call: Call, kind: str) -> _Asked:
    now = call.simulation.now()
    opens = shown_session(now).opens
    return _Asked(
        kind=kind,
        start=call.instant("start", opens - _DAY if kind == "bars" else opens),
        end=min(call.instant("end", now), now),
        newest_first=call.query.get("sort") == "desc",
        minutes=step_of(call) if kind == "bars" else 0,
    )


def _page(
    call: Call, symbols: list[str], asked: _Asked, limit: int
) -> tuple[list[tuple[str, dict[str, Any]]], _Place | None]:
    """Rows, and where the next page begins; a page may have fewer rows than its limit."""
    rows: list[tuple[str, dict[str, Any]]] = []
    listings, drawn = call.simulation.brokerage.listings, 0
    for symbol, session, shown in _from(_sessions(call, symbols, asked), _place(call)):
        whole_day = asked.minutes == _DAY_MINUTES and session.closes <= asked.end
        if not listings.is_drawn(symbol, session, day_only=whole_day):
            drawn += 1
        if drawn > _MOST_DRAWN or len(rows) == limit:
            return rows, _Place(symbol, session.day, shown)
        found = _rows(call, symbol, session, asked, slice(shown, shown + limit - len(rows) + 1))
        left = limit - len(rows)
        rows += [(symbol, row) for row in found[:left]]
        if len(found) > left:
            return rows, _Place(symbol, session.day, shown + left)
    return rows, None


def _from(sessions: Iterator[tuple[str, Session]], place: _Place | None) -> Iterator[tuple[str, Session, int]]:
    for symbol, session in sessions:
        if place is None:
            yield symbol, session, 0
        elif (symbol, session.day) == (place.symbol, place.day):
            yield symbol, session, place.shown
            place = None


def _place(call: Call) -> _Place | None:
    given = call.query.get("page_token")
    if not given:
        return None
    try:
        symbol, day, shown = given.split("|")
        return _Place(symbol, date.fromisoformat(day), _whole(shown))
    except ValueError as error:
        raise DataRefusal(400, "invalid page_token") from error


def _whole(given: str) -> int:
    if not given.isascii() or not given.isdecimal() or len(given) > 9:
        raise ValueError(given)
    return int(given)


def _sessions(call: Call, symbols: list[str], asked: _Asked) -> Iterator[tuple[str, Session]]:
    """Symbol by symbol, its sessions in the order wanted."""
    if asked.end < asked.start:
        return
    for symbol in symbols:
        found = _pair_days(call, asked) if is_pair(call, symbol) else _days(asked)
        for session in found if asked.newest_first else reversed(found):
            yield symbol, session


def _days(asked: _Asked) -> list[Session]:
    found = [shown_session(asked.end)]
    while found[-1].opens > asked.start and len(found) < _MOST_SESSIONS:
        found.append(previous_session(found[-1].day))
    return found


def _pair_days(call: Call, asked: _Asked) -> list[Session]:
    listings = call.simulation.brokerage.listings
    days = min((asked.end.date() - asked.start.date()).days + 1, _MOST_PAIR_DAYS)
    return [listings.pair_session(asked.end - _DAY * back) for back in range(days)]


def _rows(call: Call, symbol: str, session: Session, asked: _Asked, part: slice) -> list[dict[str, Any]]:
    """Part of one session's rows, counted in the order wanted."""
    if asked.kind == "bars":
        bars = _bars(call, symbol, session, asked)
        return (bars[::-1] if asked.newest_first else bars)[part]
    tape = call.simulation.brokerage.listings.tape_of(symbol, session)
    chosen = slice(-1 - part.start, -1 - part.stop, -1) if asked.newest_first else part
    if asked.kind == "quotes":
        quote = pair_quote_view if is_pair(call, symbol) else quote_view
        return [quote(one) for one in tape.touches(asked.start, asked.end, chosen)]
    trade = pair_trade_view if is_pair(call, symbol) else trade_view
    return [trade(one) for one in tape.trades(asked.start, asked.end, chosen)]


def _bars(call: Call, symbol: str, session: Session, asked: _Asked) -> list[dict[str, Any]]:
    listings = call.simulation.brokerage.listings
    if asked.minutes == _DAY_MINUTES:
        day = midnight(session)
        if not asked.start - _DAY < day <= asked.end:
            return []
        if session.closes <= asked.end:
            whole = listings.day(symbol, session)
            return [bar_view(whole._replace(at=day))] if whole is not None else []
        candles = listings.tape_of(symbol, session).candles(asked.end)
        return [bar_view(merged(candles)._replace(at=day))] if candles else []
    candles = [one for one in listings.tape_of(symbol, session).candles(asked.end) if asked.start <= one.at]
    return [bar_view(one) for one in grouped(candles, asked.minutes, session.opens)]
