"""Tools that look at shares: quotes, bars and trades."""

from datetime import timedelta
from typing import Any, Final

from entrypoints.mcp_server import data_schemas, rendering
from entrypoints.mcp_server.calls import Call, Json, Tool
from entrypoints.mcp_server.data_arguments import BarRows, OneTicker, TradeRows
from entrypoints.mcp_server.data_rendering import quote_json
from entrypoints.mcp_server.option_tools import no_data
from tradecore.model.instruments import Equity
from tradecore.model.market import Bar, Trade
from tradecore.usecases.stock_data import last_trades, session_bars

BAR_COLUMNS: Final = ("start", "open", "high", "low", "close", "volume")
TRADE_COLUMNS: Final = ("at", "price", "size")
_MINUTES: Final = {"1Min": 1, "5Min": 5, "15Min": 15, "30Min": 30, "1Hour": 60}


def stock_tools() -> list[Tool]:
    """Of the toolset stocks."""
    return [
        _tool("get_stock_quote", "Stock quote", "Best bid and ask of a share or fund.", _quote, data_schemas.QUOTE),
        _tool(
            "get_stock_bars",
            "Stock bars",
            "Finished bars of this session, or of the last one, oldest first; times are UTC.",
            _bars,
            data_schemas.TICKER_ROWS,
            BarRows,
        ),
        _tool(
            "get_stock_trades",
            "Stock trades",
            "The last trades of a few minutes, oldest first.",
            _trades,
            data_schemas.TICKER_ROWS,
            TradeRows,
        ),
        _tool("get_stock_latest_trade", "Last trade", "The newest trade.", _latest_trade, data_schemas.TICKER_ROWS),
        _tool("get_stock_latest_bar", "Last bar", "The newest finished minute.", _latest_bar, data_schemas.TICKER_ROWS),
    ]


def _tool(name: str, title: str, description: str, handler: Any, schema: Json, arguments: Any = OneTicker) -> Tool:
    return Tool(
        name=name,
        title=title,
        description=description,
        arguments=arguments,
        handler=handler,
        output_schema=schema,
        idempotent=True,
    )


def ticker(given: str) -> str:
    """
    A ticker as it is written.

    Raises:
        UnknownInstrument: It is none.
    """
    return Equity(given.strip().upper()).symbol


async def _quote(call: Call, given: OneTicker) -> Json:
    symbol = ticker(given.symbol)
    quote = await call.floor.lookups.quote(Equity(symbol))
    if quote is None:
        raise no_data(f"{symbol} has no quote")
    return quote_json(quote, call.floor.clock.now())


async def _bars(call: Call, given: BarRows) -> Json:
    symbol = ticker(given.symbol)
    bars = await session_bars(call.floor, symbol, _MINUTES[given.timeframe], given.max_rows)
    if not bars:
        raise no_data(f"{symbol} has no finished bar in this session")
    return _rows(symbol, BAR_COLUMNS, [_bar(bar) for bar in bars])


async def _trades(call: Call, given: TradeRows) -> Json:
    symbol = ticker(given.symbol)
    found = await last_trades(call.floor, symbol, timedelta(minutes=given.minutes), given.max_rows)
    if not found:
        raise no_data(f"{symbol} has no trade in these minutes" if found is not None else "this desk has no tape")
    return _rows(symbol, TRADE_COLUMNS, [_trade(trade) for trade in found])


async def _latest_trade(call: Call, given: OneTicker) -> Json:
    symbol, tape = ticker(given.symbol), call.floor.research.tape
    trade = None if tape is None else await tape.latest_trade(Equity(symbol))
    if trade is None:
        raise no_data(f"{symbol} has no trade")
    return _rows(symbol, TRADE_COLUMNS, [_trade(trade)])


async def _latest_bar(call: Call, given: OneTicker) -> Json:
    symbol = ticker(given.symbol)
    bars = await session_bars(call.floor, symbol, 1, 1)
    if not bars:
        raise no_data(f"{symbol} has no finished bar in this session")
    return _rows(symbol, BAR_COLUMNS, [_bar(bars[-1])])


def _rows(symbol: str, columns: tuple[str, ...], rows: list[list[Any]]) -> Json:
    return {"symbol": symbol, "columns": list(columns), "rows": rows}


def _bar(bar: Bar) -> list[Any]:
    prices = (bar.open, bar.high, bar.low, bar.close, bar.volume)
    return [rendering.utc(bar.start), *(rendering.text(price) for price in prices)]


def _trade(trade: Trade) -> list[Any]:
    return [rendering.utc(trade.at), rendering.text(trade.price), rendering.text(trade.size)]
