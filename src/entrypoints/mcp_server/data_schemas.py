"""JSON Schemas of what the tools of market data answer."""

from typing import Any, Final

from entrypoints.mcp_server.schemas import answer

Json = dict[str, Any]

_TEXT: Final[Json] = {"type": "string"}
_NUMBER: Final[Json] = {"type": "number"}
_WHOLE: Final[Json] = {"type": "integer"}
_FLAG: Final[Json] = {"type": "boolean"}
_TEXTS: Final[Json] = {"type": "array", "items": _TEXT}
_OBJECT: Final[Json] = {"type": "object"}
_OBJECTS: Final[Json] = {"type": "array", "items": _OBJECT}
_ROWS: Final[Json] = {"type": "array", "items": {"type": "array"}}
_MAYBE_TEXT: Final[Json] = {"anyOf": [_TEXT, {"type": "null"}]}
_MAYBE_NUMBER: Final[Json] = {"anyOf": [_NUMBER, {"type": "null"}]}
_MAYBE_OBJECT: Final[Json] = {"anyOf": [_OBJECT, {"type": "null"}]}

CHAIN: Final = answer(
    {
        "age_s": _NUMBER,
        "spot": _MAYBE_NUMBER,
        "spot_age_s": _MAYBE_NUMBER,
        "minutes_to_expiry": _MAYBE_NUMBER,
        "underlying": _TEXT,
        "expiry": _TEXT,
        "source": _TEXT,
        "columns": _TEXTS,
        "rows": _ROWS,
        "left_out": _WHOLE,
        "note": _MAYBE_TEXT,
    },
    ("age_s", "spot", "minutes_to_expiry", "columns", "rows", "left_out"),
)
CONTRACTS: Final = answer(
    {"underlying": _TEXT, "expiry": _TEXT, "columns": _TEXTS, "rows": _ROWS, "left_out": _WHOLE},
    ("underlying", "expiry", "columns", "rows", "left_out"),
)
QUOTE: Final = answer(
    {
        "symbol": _TEXT,
        "bid": _MAYBE_TEXT,
        "ask": _MAYBE_TEXT,
        "mid": _MAYBE_TEXT,
        "bid_size": _TEXT,
        "ask_size": _TEXT,
        "problem": _MAYBE_TEXT,
        "age_s": _NUMBER,
        "at": _TEXT,
        "source": _TEXT,
    },
    ("symbol", "bid", "ask", "age_s", "at"),
)
SNAPSHOT: Final = answer(
    {
        "symbol": _TEXT,
        "quote": _OBJECT,
        "spot": _MAYBE_NUMBER,
        "minutes_to_expiry": _MAYBE_NUMBER,
        "figures": _OBJECT,
        "iv_reason": _MAYBE_TEXT,
    },
    ("symbol", "quote", "figures", "iv_reason"),
)
STREAMING: Final = answer({"streaming": _OBJECT, "note": _MAYBE_TEXT}, ("streaming",))
CONTEXT: Final = answer(
    {
        "symbol": _TEXT,
        "at": _TEXT,
        "last": _MAYBE_TEXT,
        "bars": _WHOLE,
        "chain_age_s": _MAYBE_NUMBER,
        "minutes_to_expiry": _MAYBE_NUMBER,
        "figures": _OBJECT,
        "missing": _OBJECT,
        "definitions": _OBJECT,
    },
    ("symbol", "figures", "missing", "definitions"),
)
TICKER_ROWS: Final = answer({"symbol": _TEXT, "columns": _TEXTS, "rows": _ROWS}, ("symbol", "columns", "rows"))
TABLE: Final = answer({"columns": _TEXTS, "rows": _ROWS, "left_out": _WHOLE}, ("columns", "rows", "left_out"))
ASSET: Final = answer(
    {
        "symbol": _TEXT,
        "name": _MAYBE_OBJECT,
        "exchange": _TEXT,
        "asset_class": _TEXT,
        "tradable": _FLAG,
        "shortable": _FLAG,
        "fractionable": _FLAG,
        "has_options": _FLAG,
    },
    ("symbol", "tradable", "has_options"),
)
ANNOUNCEMENTS: Final = answer({"announcements": _OBJECTS, "left_out": _WHOLE}, ("announcements", "left_out"))
WATCHLISTS: Final = answer({"watchlists": _OBJECTS, "left_out": _WHOLE}, ("watchlists", "left_out"))
