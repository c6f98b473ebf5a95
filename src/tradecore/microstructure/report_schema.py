"""The JSON Schema of a market report, draft 7: every field, and what may be null because it is unknown."""

from typing import Any, Final

from tradecore.microstructure.health import WEIGHTS
from tradecore.microstructure.report import REPORT_VERSION

Schema = dict[str, Any]

_NUMBER: Final[Schema] = {"type": "number"}
_AMOUNT: Final[Schema] = {"type": "number", "minimum": 0}
_PRICE: Final[Schema] = {"type": "number", "exclusiveMinimum": 0}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_TIME: Final[Schema] = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
_SIDE: Final[Schema] = {"enum": ["bid", "ask"]}
_PERCENT: Final[Schema] = {"type": "number", "minimum": 0, "maximum": 100}


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: Schema, most: int | None = None) -> Schema:
    return {"type": "array", "items": items} | ({} if most is None else {"maxItems": most})


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_LEVEL: Final[Schema] = {"type": "array", "items": _PRICE, "minItems": 2, "maxItems": 2}
_TOUCH: Final = _object(price=_PRICE, quantity=_PRICE)
_ANOMALY: Final = _object(
    type={"enum": ["spoofing", "iceberg", "flash_crash_risk"]},
    severity={"enum": ["low", "medium", "high"]},
    note={"type": "string"},
    first_seen=_TIME,
    last_seen=_TIME,
    active={"type": "boolean"},
    count={"type": "integer", "minimum": 1},
    evidence={"type": "object", "additionalProperties": {"anyOf": [_NUMBER, {"type": "string"}]}},
)
_PROFILE: Final = _object(
    POC=_AMOUNT, VAH=_AMOUNT, VAL=_AMOUNT, row=_PRICE, volume=_PRICE, window_s=_PRICE, method={"type": "string"}
)
_VACUUM: Final = {
    "type": "object",
    "properties": {"side": _SIDE, "from": _NUMBER, "to": _NUMBER, "quantity": _AMOUNT},
    "required": ["side", "from", "to", "quantity"],
    "additionalProperties": False,
}

REPORT_SCHEMA: Final[Schema] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "Market report of one symbol",
    "description": "Prices in the quote currency, quantities in units of the base, times in UTC (RFC 3339).",
} | _object(
    version={"const": REPORT_VERSION},
    symbol={"type": "string", "minLength": 1},
    venue={"type": "string", "minLength": 1},
    generated_at=_TIME,
    prices=_object(
        last=_maybe(_PRICE),
        change_24h_pct=_maybe(_NUMBER),
        high_24h=_maybe(_PRICE),
        low_24h=_maybe(_PRICE),
        volume_24h=_maybe(_AMOUNT),
        best_bid=_maybe(_TOUCH),
        best_ask=_maybe(_TOUCH),
        mid=_maybe(_PRICE),
        micro_price=_maybe(_PRICE),
        micro_price_formula={"type": "string"},
    ),
    spread=_object(bps=_maybe(_AMOUNT), absolute=_maybe(_AMOUNT)),
    depth=_object(
        levels=_COUNT,
        bids=_list(_LEVEL),
        asks=_list(_LEVEL),
        bid_quantity=_maybe(_AMOUNT),
        ask_quantity=_maybe(_AMOUNT),
        imbalance=_maybe({"type": "number", "minimum": -1, "maximum": 1}),
    ),
    liquidity=_object(
        walls=_list(_object(side=_SIDE, price=_PRICE, quantity=_PRICE, times_p95=_AMOUNT), 40),
        wall_quantity=_maybe(_AMOUNT),
        vacuums=_list(_VACUUM),
        vacuum_quantity=_maybe(_AMOUNT),
        profile=_maybe(_PROFILE),
    ),
    flow=_object(
        orders_per_sec=_AMOUNT,
        net_flow=_NUMBER,
        net_flow_fast=_NUMBER,
        order_flow_imbalance=_NUMBER,
        rate_window_s=_PRICE,
        flow_window_s=_PRICE,
    ),
    anomalies=_list(_ANOMALY),
    health=_object(
        score=_PERCENT,
        components=_object(**dict.fromkeys(WEIGHTS, _PERCENT)),
        weights=_object(**{name: {"const": weight} for name, weight in WEIGHTS.items()}),
    ),
    data_age_ms=_maybe(_COUNT),
    fresh={"type": "boolean"},
    ingestion=_object(
        status={"enum": ["ok", "degraded", "down"]},
        fresh={"type": "boolean"},
        last_event_at=_maybe(_TIME),
        book_in_step={"type": "boolean"},
        gaps=_COUNT,
        resyncs=_COUNT,
    ),
    percentiles_24h=_object(
        spread_bps=_maybe(_PERCENT), depth=_maybe(_PERCENT), orders_per_sec=_maybe(_PERCENT), samples=_COUNT
    ),
)
