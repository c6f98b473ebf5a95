"""Market data as JSON."""

import math
from datetime import datetime
from typing import Any

from entrypoints.mcp_server import rendering
from entrypoints.mcp_server.untrusted import stripped
from tradecore.model.market import Quote

Json = dict[str, Any]


def rounded(value: float | None, digits: int) -> float | None:
    """A figure for reading; None for what is not known."""
    return None if value is None or math.isnan(value) else round(value, digits)


def quote_json(quote: Quote, now: datetime) -> Json:
    """Both sides, what is wrong with them, and how old they are."""
    return {
        "symbol": quote.instrument.symbol,
        "bid": rendering.text(quote.bid),
        "ask": rendering.text(quote.ask),
        "mid": rendering.text(quote.mid),
        "bid_size": rendering.text(quote.bid_size),
        "ask_size": rendering.text(quote.ask_size),
        "problem": quote.problem,
        "age_s": float(quote.age_seconds(now)),
        "at": rendering.utc(quote.at),
        "source": stripped(quote.source),
    }
