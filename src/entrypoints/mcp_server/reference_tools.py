"""Tools that look things up beside prices: assets, the calendar, corporate announcements, watchlists."""

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, Final

from entrypoints.mcp_server import data_schemas
from entrypoints.mcp_server.arguments import NoArguments
from entrypoints.mcp_server.calls import Call, Json, Refusal, Tool
from entrypoints.mcp_server.data_arguments import (
    AssetRows,
    CalendarRows,
    ChangedWatchlist,
    Days,
    NewWatchlist,
    OneTicker,
)
from entrypoints.mcp_server.option_tools import no_data
from entrypoints.mcp_server.stock_tools import ticker
from entrypoints.mcp_server.untrusted import stripped, untrusted
from tradecore.errors import DataMissing, InvalidRequest, Rejected
from tradecore.model.reference import Announcement, Asset, Watchlist
from tradecore.model.sessions import NEW_YORK, trading_day
from tradecore.ports.corporate_actions import LONGEST_DAYS
from tradecore.ports.watchlists import Watchlists
from tradecore.usecases.stock_data import sessions_from

ASSET_COLUMNS: Final = ("symbol", "name", "exchange", "tradable", "has_options")
CALENDAR_COLUMNS: Final = ("day", "opens", "closes", "half_day")
_WORDS: Final = 80
_MOST_SHOWN: Final = 50


def reference_tools() -> list[Tool]:
    """Of the toolsets data and watchlists."""
    assets = "Shares and funds the broker lists whose ticker or name holds a text."
    calendar = "Sessions from a day on with their hours in New York time; half days are marked."
    news = f"Dividends, splits, mergers and spin-offs with a day in a span of at most {LONGEST_DAYS} days."
    change = "Rename a watchlist, replace its symbols, or both."
    lists = data_schemas.WATCHLISTS
    return [
        _tool("get_asset_info", "Asset", "What the broker says of a ticker.", _asset, data_schemas.ASSET, OneTicker),
        _tool("get_all_assets", "Assets", assets, _assets, data_schemas.TABLE, AssetRows),
        _tool("get_market_calendar", "Market calendar", calendar, _calendar, data_schemas.TABLE, CalendarRows),
        _tool("get_corporate_announcements", "Corporate actions", news, _announced, data_schemas.ANNOUNCEMENTS, Days),
        _tool("get_watchlists", "Watchlists", "The account's watchlists.", _watchlists, lists),
        _tool("create_watchlist", "New watchlist", "Keep a new watchlist.", _create, lists, NewWatchlist, writes=True),
        _tool("update_watchlist", "Change watchlist", change, _update, lists, ChangedWatchlist, writes=True),
    ]


def _tool(
    name: str,
    title: str,
    description: str,
    handler: Any,
    schema: Json,
    arguments: Any = NoArguments,
    *,
    writes: bool = False,
) -> Tool:
    return Tool(
        name=name,
        title=title,
        description=description,
        arguments=arguments,
        handler=handler,
        output_schema=schema,
        trades=writes,
        idempotent=not writes,
    )


async def _asset(call: Call, given: OneTicker) -> Json:
    symbol, assets = ticker(given.symbol), call.floor.research.assets
    found = None if assets is None else await assets.asset(symbol)
    if found is None:
        raise no_data(f"{symbol} is not listed here")
    return {
        "symbol": stripped(found.symbol, _WORDS),
        "exchange": stripped(found.exchange, _WORDS),
        "asset_class": stripped(found.asset_class, _WORDS),
        "tradable": found.tradable,
        "shortable": found.shortable,
        "fractionable": found.fractionable,
        "has_options": found.has_options,
        "name": untrusted(found.name, "broker"),
    }


async def _assets(call: Call, given: AssetRows) -> Json:
    assets = call.floor.research.assets
    if assets is None:
        raise no_data("this desk has no list of assets")
    text = given.search.strip().upper()
    fitting = [one for one in await assets.assets() if text in one.symbol or text in one.name.upper()]
    # A ticker that is exactly what was searched for comes first.
    fitting.sort(key=lambda one: (one.symbol != text, not one.symbol.startswith(text), one.symbol))
    return _table(ASSET_COLUMNS, [_asset_row(one) for one in fitting[: given.max_rows]], len(fitting))


async def _calendar(call: Call, given: CalendarRows) -> Json:
    first = given.start or trading_day(call.floor.clock.now())
    rows = []
    try:
        sessions = sessions_from(first, given.max_rows)
    except DataMissing as outside:
        raise InvalidRequest(str(outside)) from None
    for session in sessions:
        hours = (at.astimezone(NEW_YORK).strftime("%H:%M") for at in (session.opens, session.closes))
        rows.append([session.day.isoformat(), *hours, session.is_half_day])
    return _table(CALENDAR_COLUMNS, rows, len(rows))


async def _announced(call: Call, given: Days) -> Json:
    source = call.floor.research.corporate_actions
    if source is None:
        raise no_data("this desk has no source of corporate actions")
    since = given.since or trading_day(call.floor.clock.now())
    until = given.until or since + timedelta(days=30)
    if not since <= until <= since + timedelta(days=LONGEST_DAYS):
        raise InvalidRequest(f"until must be at or after since, at most {LONGEST_DAYS} days later")
    symbol = None if given.symbol is None else ticker(given.symbol)
    found = await source.announcements(symbol, since, until)
    shown = [_announcement(one) for one in found[:_MOST_SHOWN]]
    return {"announcements": shown, "left_out": len(found) - len(shown)}


async def _watchlists(call: Call, _: NoArguments) -> Json:
    found = await _kept(call).watchlists()
    shown = [_watchlist(one) for one in found[:_MOST_SHOWN]]
    return {"watchlists": shown, "left_out": len(found) - len(shown)}


async def _create(call: Call, given: NewWatchlist) -> Json:
    symbols = [ticker(symbol) for symbol in given.symbols]
    return await _written(_kept(call).create(_name(given.name), symbols))


async def _update(call: Call, given: ChangedWatchlist) -> Json:
    symbols = None if given.symbols is None else [ticker(symbol) for symbol in given.symbols]
    name = None if given.name is None else _name(given.name)
    if symbols is None and name is None:
        raise InvalidRequest("give a name, symbols, or both")
    return await _written(_kept(call).update(given.watchlist_id, name, symbols))


async def _written(work: Awaitable[Watchlist]) -> Json:
    try:
        return {"watchlists": [_watchlist(await work)], "left_out": 0}
    except Rejected as no:
        raise Refusal("REJECTED", stripped(str(no)), {"next_step": "look with get_watchlists"}) from no


def _kept(call: Call) -> Watchlists:
    if call.floor.research.watchlists is None:
        raise no_data("this desk keeps no watchlists")
    return call.floor.research.watchlists


def _name(given: str) -> str:
    name = stripped(given, _WORDS)
    if not name:
        raise InvalidRequest("name must be words that can be read")
    return name


def _asset_row(one: Asset) -> list[Any]:
    words = (stripped(text, _WORDS) for text in (one.symbol, one.name, one.exchange))
    return [*words, one.tradable, one.has_options]


def _announcement(one: Announcement) -> Json:
    return {
        "symbol": stripped(one.symbol, _WORDS),
        "kind": stripped(one.kind, _WORDS),
        "detail": untrusted(one.detail, "broker"),
        "declared": one.declared and one.declared.isoformat(),
        "ex_day": one.ex_day and one.ex_day.isoformat(),
        "payable": one.payable and one.payable.isoformat(),
    }


def _watchlist(one: Watchlist) -> Json:
    return {
        "watchlist_id": stripped(one.watchlist_id, _WORDS),
        "name": untrusted(one.name, "watchlist"),
        "symbols": [stripped(symbol, _WORDS) for symbol in one.symbols],
    }


def _table(columns: tuple[str, ...], rows: list[list[Any]], there_are: int) -> Json:
    return {"columns": list(columns), "rows": rows, "left_out": there_are - len(rows)}
