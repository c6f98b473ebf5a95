"""JSON Schemas of the tools' structured results."""

from typing import Any, Final

Json = dict[str, Any]

_TEXT: Final[Json] = {"type": "string"}
_MAYBE_TEXT: Final[Json] = {"type": ["string", "null"]}
_MAYBE_NUMBER: Final[Json] = {"type": ["number", "null"]}
_WHOLE: Final[Json] = {"type": "integer"}
_FLAG: Final[Json] = {"type": "boolean"}
_TEXTS: Final[Json] = {"type": "array", "items": _TEXT}
_OBJECT: Final[Json] = {"type": "object"}
_MAYBE_OBJECT: Final[Json] = {"type": ["object", "null"]}
_OBJECTS: Final[Json] = {"type": "array", "items": _OBJECT}

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


def answer(properties: Json, required: tuple[str, ...] = ()) -> Json:
    """An answer's schema: these properties, the desk and its recent events."""
    everything = properties | {"desk": _DESK, "recent_events": _OBJECTS}
    return {"type": "object", "properties": everything, "required": [*required, "desk", "recent_events"]}


TRADE: Final = answer(
    {
        "status": {"enum": ["preview", "confirmed", "unknown", "done"]},
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
        "quote_age_ms": {"type": ["integer", "null"]},
        "feed": _MAYBE_TEXT,
        "risk": _MAYBE_OBJECT,
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
        "replayed": _FLAG,
        "orders": _OBJECTS,
        "what": _TEXT,
        "order_ids": _TEXTS,
        "held": _TEXTS,
    },
    ("status",),
)

ORDER: Final = answer({"order": _OBJECT}, ("order",))
ORDERS: Final = answer({"orders": _OBJECTS, "next_cursor": _MAYBE_TEXT}, ("orders", "next_cursor"))
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
        "trades_left": {"type": ["integer", "null"]},
        "groups_left": {"type": ["integer", "null"]},
        "missing_limits": _TEXTS,
        "limits": _OBJECT,
    },
    ("state", "daily_cap", "budget_left"),
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
HEALTH: Final = answer(
    {"status": _TEXT, "ready": _FLAG, "version": _TEXT, "checks": _OBJECTS},
    ("status", "ready"),
)
