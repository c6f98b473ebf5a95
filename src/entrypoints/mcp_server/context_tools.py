"""The tool that tells how a market stands."""

import dataclasses
from typing import Any, Final

from entrypoints.mcp_server import data_schemas, rendering
from entrypoints.mcp_server.calls import Call, Json, Tool
from entrypoints.mcp_server.data_arguments import OneTicker
from entrypoints.mcp_server.data_rendering import rounded
from entrypoints.mcp_server.untrusted import stripped
from tradecore.usecases.market_context import MarketContext, market_context

_CONTEXT: Final = (
    "Session VWAP, 15-minute opening range, realised volatility, IV at the money with rank and percentile, expected "
    "move and put/call skew of a ticker; what is not known has its reason in missing."
)
DEFINITIONS: Final = {
    "vwap": "sum of (high+low+close)/3 x volume / sum of volume, finished minutes of this session",
    "opening_range": "high and low of the first 15 minutes",
    "close_to_close": "sample deviation of 1-minute log returns; trading: x root 98,280, calendar: x root 525,600",
    "parkinson": "root of mean ln(high/low)^2 / (4 ln 2) of 1-minute bars, same years",
    "at_the_money": "mean IV of call and put at the strike nearest the spot; calendar clock, 525,600 minutes a year",
    "expected_move": "straddle: price of the straddle at the money; one_sigma: spot x iv x root(minutes/525,600)",
    "skew": "IV of the 25-delta put less that of the 25-delta call",
    "iv_standing": "in percent, among up to 252 days' at-the-money IV taken 150 to 180 minutes after the open",
}


def context_tools() -> list[Tool]:
    """Of the toolsets analytics and data."""
    return [
        Tool(
            name="get_market_context",
            title="Market context",
            description=_CONTEXT,
            arguments=OneTicker,
            handler=_context,
            output_schema=data_schemas.CONTEXT,
            idempotent=True,
        )
    ]


async def _context(call: Call, given: OneTicker) -> Json:
    return context_json(await market_context(call.floor, given.symbol.strip().upper()))


def context_json(found: MarketContext) -> Json:
    """Figures rounded for reading, with the definition of each that is there."""
    figures = {name: _figure(getattr(found, name)) for name in DEFINITIONS}
    known = {name: value for name, value in figures.items() if value is not None}
    return {
        "symbol": found.symbol,
        "at": rendering.utc(found.at),
        "last": rendering.text(found.last),
        "bars": found.bars,
        "chain_age_s": rounded(found.chain_age_s, 3),
        "minutes_to_expiry": rounded(found.minutes_to_expiry, 3),
        "figures": known,
        "missing": {name: stripped(why) for name, why in found.missing.items()},
        "definitions": {name: DEFINITIONS[name] for name in known},
    }


def _figure(value: Any) -> Any:
    if value is None or isinstance(value, int):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: _figure(part) for name, part in dataclasses.asdict(value).items()}
    return rounded(float(value), 4)
