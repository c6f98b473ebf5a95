"""Arguments of the tools of market data."""

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from entrypoints.mcp_server.arguments import Arguments, Name, Number

MOST_ROWS: Final = 60
MOST_CONTRACTS: Final = 150
MOST_SYMBOLS: Final = 100


def _day(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("a day is needed, such as 2026-11-20")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("a day is needed, such as 2026-11-20") from None


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string"})]
Delta = Annotated[Number, Field(ge=0, le=1)]
Strike = Annotated[Number, Field(gt=0)]
# Left out, never null: clients write NaN and infinity as null.
LEFT_OUT: Any = Field(default=None, validate_default=False)


class OfChain(Arguments):
    """An underlying and an expiry."""

    underlying: Name = "SPY"
    expiry: Day | None = None
    right: Literal["call", "put"] | None = None
    strike_from: Strike = LEFT_OUT
    strike_to: Strike = LEFT_OUT


class ChainRows(OfChain):
    """Which part of a chain."""

    delta_from: Delta = LEFT_OUT
    delta_to: Delta = LEFT_OUT
    max_rows: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 20


class ContractRows(OfChain):
    """Which contracts."""

    max_rows: Annotated[int, Field(ge=1, le=MOST_CONTRACTS)] = 50


class OneContract(Arguments):
    """An option."""

    symbol: Name


class OneTicker(Arguments):
    """A share or fund."""

    symbol: Name = "SPY"


class BarRows(OneTicker):
    """Bars of a share."""

    timeframe: Literal["1Min", "5Min", "15Min", "30Min", "1Hour"] = "1Min"
    max_rows: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 30


class TradeRows(OneTicker):
    """Trades of a share."""

    minutes: Annotated[int, Field(ge=1, le=60)] = 1
    max_rows: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 30


class AssetRows(Arguments):
    """Which assets."""

    search: Name
    max_rows: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 20


class CalendarRows(Arguments):
    """From which day, how many sessions."""

    start: Day | None = None
    max_rows: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 10


class Days(Arguments):
    """Of which ticker, in which days."""

    symbol: Name | None = None
    since: Day | None = None
    until: Day | None = None


Symbols = Annotated[list[Name], Field(max_length=MOST_SYMBOLS)]


class NewWatchlist(Arguments):
    """A name and its symbols."""

    name: Name
    symbols: Symbols


class ChangedWatchlist(Arguments):
    """Which list, and what is new of it."""

    watchlist_id: Name
    name: Name | None = None
    symbols: Symbols | None = None
