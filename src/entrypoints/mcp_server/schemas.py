"""JSON Schemas of the tools' structured results."""

from typing import Any, Final

from tradecore.microstructure.report_schema import REPORT_SCHEMA
from tradecore.usecases.market_reports import ALWAYS

Json = dict[str, Any]

_TEXT: Final[Json] = {"type": "string"}
_NUMBER: Final[Json] = {"type": "number"}
_WHOLE: Final[Json] = {"type": "integer"}
_FLAG: Final[Json] = {"type": "boolean"}
_TEXTS: Final[Json] = {"type": "array", "items": _TEXT}
_OBJECT: Final[Json] = {"type": "object"}
_OBJECTS: Final[Json] = {"type": "array", "items": _OBJECT}


def _maybe(kind: Json) -> Json:
    # Not a list of types, which is as legal: clients that know one type a field reject the tool or drop the field.
    return {"anyOf": [kind, {"type": "null"}]}


_MAYBE_TEXT: Final = _maybe(_TEXT)
_MAYBE_NUMBER: Final = _maybe(_NUMBER)
_MAYBE_WHOLE: Final = _maybe(_WHOLE)
_MAYBE_OBJECT: Final = _maybe(_OBJECT)

_DESK: Final[Json] = {
    "type": "object",
    "properties": {
        "mode": _TEXT,
        "account": _TEXT,
        "state": _TEXT,
        "day_pnl": _MAYBE_TEXT,
        "budget_left": _MAYBE_TEXT,
        "data_age_s": _MAYBE_TEXT,
        "time": _TEXT,
        "exchange_time": _TEXT,
    },
    "required": ["mode", "account", "state", "day_pnl", "budget_left", "data_age_s", "time", "exchange_time"],
}

_ERROR: Final[Json] = {
    "type": "object",
    "properties": {"code": _TEXT, "message": _TEXT, "details": _OBJECT},
    "required": ["code", "message", "details"],
}


def answer(properties: Json, required: tuple[str, ...] = ()) -> Json:
    """
    What a tool says: these properties or a refusal, either with the desk and its recent events.

    Clients check a refusal against this schema too, though it is an error, and show their own error where it fails.
    """
    everything = {"status": _TEXT} | properties | {"error": _ERROR, "desk": _DESK, "recent_events": _OBJECTS}
    either = [{"required": list(required)}, {"required": ["status", "error"]}]
    return {"type": "object", "properties": everything, "required": ["desk", "recent_events"], "anyOf": either}


TRADE: Final = answer(
    {
        "status": {"enum": ["preview", "confirmed", "unknown", "done", "refused"]},
        "mode": _TEXT,
        "account": _TEXT,
        "headline": _TEXT,
        "confirm_token": _TEXT,
        "expires_in_s": _WHOLE,
        "who_confirms": _TEXT,
        "intent_id": _TEXT,
        "strategy": _TEXT,
        "plan": _MAYBE_OBJECT,
        "plans": _OBJECTS,
        "sizing": _MAYBE_OBJECT,
        "cost": _MAYBE_TEXT,
        "fees": _TEXT,
        "max_loss": _MAYBE_TEXT,
        "max_profit": _MAYBE_TEXT,
        "planned_loss": _TEXT,
        "worst_loss": _MAYBE_TEXT,
        "break_evens": _TEXTS,
        "greeks": _MAYBE_OBJECT,
        "signal": _MAYBE_OBJECT,
        "standing": _OBJECT,
        "quote_age_ms": _MAYBE_WHOLE,
        "feed": _MAYBE_TEXT,
        "risk": _MAYBE_OBJECT,
        "probability_of_profit": _MAYBE_NUMBER,
        "probability_basis": _TEXT,
        "ladder": _OBJECTS,
        "before": _OBJECT,
        "after": _OBJECT,
        "changed": _OBJECTS,
        "order_id": _MAYBE_TEXT,
        "client_order_id": _MAYBE_TEXT,
        "state": _TEXT,
        "legs": _OBJECTS,
        "groups": _TEXTS,
        "filled_quantity": _TEXT,
        "average_price": _MAYBE_TEXT,
        "protection": _TEXTS,
        "armed": _TEXTS,
        "replayed": _FLAG,
        "orders": _OBJECTS,
        "what": _TEXT,
        "order_ids": _TEXTS,
        "held": _TEXTS,
        "not_cancelled": _TEXTS,
    },
    ("status",),
)

SCAN: Final = answer(
    {"hits": _OBJECTS, "omitted": _WHOLE, "left_out": _OBJECT, "missing": _MAYBE_TEXT, "definition": _TEXT},
    ("hits", "left_out", "missing"),
)
ORDER: Final = answer({"order": _OBJECT}, ("order",))
ORDERS: Final = answer({"orders": _OBJECTS, "next_cursor": _MAYBE_TEXT, "armed": _TEXTS}, ("orders", "next_cursor"))
POSITIONS: Final = answer({"positions": _OBJECTS, "omitted": _WHOLE}, ("positions",))
ACCOUNT: Final = answer(
    {
        "account": _TEXT,
        "cash": _TEXT,
        "equity": _TEXT,
        "buying_power": _TEXT,
        "options_buying_power": _TEXT,
        "currency": _TEXT,
        "at": _TEXT,
    },
    ("account", "cash", "equity", "buying_power", "options_buying_power"),
)
PNL: Final = answer(
    {
        "day": _TEXT,
        "realised": _TEXT,
        "fees": _TEXT,
        "unrealised": _MAYBE_TEXT,
        "total": _MAYBE_TEXT,
        "missing": _TEXTS,
        "wins": _WHOLE,
        "losses": _WHOLE,
        "trades": _WHOLE,
        "delta": _MAYBE_NUMBER,
        "positions": _OBJECTS,
    },
    ("realised", "fees", "unrealised", "total"),
)
RISK: Final = answer(
    {
        "state": _TEXT,
        "reason": _TEXT,
        "daily_cap": _MAYBE_TEXT,
        "loss_today": _TEXT,
        "committed": _MAYBE_TEXT,
        "budget_left": _MAYBE_TEXT,
        "trades_left": _MAYBE_WHOLE,
        "groups_left": _MAYBE_WHOLE,
        "missing_limits": _TEXTS,
        "limits": _OBJECT,
    },
    ("state", "daily_cap", "budget_left"),
)
WHAT_IF: Final = answer(
    {
        "spot": _TEXT,
        "minutes": _TEXT,
        "iv_points": _TEXT,
        "gain": _MAYBE_TEXT,
        "greeks": _MAYBE_OBJECT,
        "groups": _OBJECT,
        "missing": _TEXTS,
    },
    ("spot", "gain", "greeks", "groups", "missing"),
)
_HELD: Final[Json] = {"underlying": _TEXT, "spot": _MAYBE_TEXT, "missing": _TEXTS, "elsewhere": _TEXTS}
DELTA: Final = answer(
    _HELD | {"delta": _MAYBE_NUMBER, "delta_cap": _MAYBE_TEXT, "groups": _OBJECT},
    ("delta", "delta_cap", "groups", "missing"),
)
GREEKS: Final = answer(
    _HELD | {"greeks": _MAYBE_OBJECT, "groups": _OBJECT},
    ("greeks", "groups", "missing"),
)
RISK_METRICS: Final = answer(
    _HELD | {"greeks": _MAYBE_OBJECT, "ladder": _OBJECT, "expiring": _OBJECTS, "headroom": _OBJECT, "warnings": _TEXTS},
    ("greeks", "ladder", "expiring", "headroom", "warnings"),
)
PAYOFF: Final = answer(
    {"title": _TEXT, "spot": _TEXT, "break_evens": _TEXTS, "best_shown": _TEXT, "worst_shown": _TEXT},
    ("title", "spot", "break_evens"),
)
DAY_BRIEF: Final = answer(
    {
        "phase": {"enum": ["before", "during", "after"]},
        "session": _TEXT,
        "clock": _TEXTS,
        "next_session": _TEXT,
        "result": _OBJECT,
        "room": _OBJECT,
        "groups": _OBJECTS,
        "working_orders": _WHOLE,
        "provisional": _FLAG,
        "alerts": _TEXTS,
    },
    ("phase", "session", "clock", "result", "room", "groups", "provisional"),
)
EXPLANATION: Final = answer(
    {
        "subject": _TEXT,
        "what": _TEXT,
        "why": _TEXT,
        "next_step": _TEXT,
        "set_by": _TEXT,
        "figures": _OBJECTS,
        "smallest_change": _OBJECTS,
        "order": _MAYBE_OBJECT,
        "history": _OBJECTS,
    },
    ("what", "why"),
)
UPDATES: Final = answer(
    {"updates": _OBJECTS, "cursor": _TEXT, "lost": _WHOLE, "more": _FLAG}, ("updates", "cursor", "lost", "more")
)
CLOCK: Final = answer(
    {
        "timestamp": _TEXT,
        "is_open": _FLAG,
        "next_open": _TEXT,
        "next_close": _TEXT,
        "simulated": _FLAG,
        "speed": _TEXT,
    },
    ("timestamp", "is_open", "next_open", "next_close"),
)
RECONCILED: Final = answer(
    {"status": _TEXT, "differences": _OBJECTS, "unknown": _TEXTS, "locked": _TEXTS},
    ("status", "differences", "unknown", "locked"),
)
HEALTH: Final = answer(
    {"status": _TEXT, "ready": _FLAG, "version": _TEXT, "checks": _OBJECTS},
    ("status", "ready"),
)


def _outline(schema: Json, depth: int = 0) -> Json:
    """
    Names and types of a report's fields down to those of its sections.

    A client checks every answer against this, and the whole schema takes it tens of milliseconds.
    """
    if "anyOf" in schema:
        return {"anyOf": [_outline(option, depth) for option in schema["anyOf"]]}
    kept: Json = {key: schema[key] for key in ("type", "enum", "const") if key in schema}
    if depth < _OUTLINED and "properties" in schema:
        kept["properties"] = {name: _outline(part, depth + 1) for name, part in schema["properties"].items()}
    return kept


_OUTLINED: Final = 2
# Sections that were not asked for are left out.
REPORT: Final = answer(_outline(REPORT_SCHEMA)["properties"], ALWAYS)
