"""
Market events as messages: `type`, `venue`, `symbol`, `ts_event` and `payload`, numbers as decimal text.

`ENVELOPE_SCHEMA` is the JSON Schema of one. `read_envelope` is more lenient about what changes no meaning, other fields
and the number of digits, and refuses everything else that the schema would refuse.
"""

from collections.abc import Callable, Mapping
from math import isfinite, nan
from typing import Any, Final

from tradecore.errors import DataMalformed
from tradecore.microstructure.events import (
    MOST_VOLUME,
    DayTicker,
    DepthDiff,
    DepthSnapshot,
    Levels,
    MarketEvent,
    Trade,
    units,
)

Envelope = Mapping[str, Any]

_TEXT: Final = {"type": "string", "pattern": r"^\d{1,20}(\.\d{1,8})?$"}
_SIGNED: Final = {"type": "string", "pattern": r"^-?\d{1,20}(\.\d{1,12})?$"}
_ID: Final = {"type": "integer", "minimum": 0}
_PAIRS: Final = {"type": "array", "items": {"type": "array", "items": [_TEXT, _TEXT], "minItems": 2, "maxItems": 2}}


def _payload(kind: str, optional: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    payload = {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }
    return {"properties": {"type": {"const": kind}, "payload": payload}}


ENVELOPE_SCHEMA: Final[dict[str, Any]] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "Market event",
    "description": "Prices and quantities are decimal text; ts_event is milliseconds since 1970-01-01 UTC, 0 unknown.",
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "venue": {"type": "string", "minLength": 1},
        "symbol": {"type": "string", "minLength": 1},
        "ts_event": _ID,
        "payload": {"type": "object"},
    },
    "required": ["type", "venue", "symbol", "ts_event", "payload"],
    "additionalProperties": False,
    "oneOf": [
        _payload("trade_tick", trade_id=_ID, price=_TEXT, quantity=_TEXT, side={"enum": ["buy", "sell"]}),
        _payload("order_book_depth", last_update_id=_ID, bids=_PAIRS, asks=_PAIRS),
        _payload(
            "order_book_delta",
            ("previous_update_id",),
            first_update_id=_ID,
            last_update_id=_ID,
            previous_update_id=_ID,
            bids=_PAIRS,
            asks=_PAIRS,
        ),
        _payload("ticker_24h", last=_TEXT, change_pct=_SIGNED, high=_TEXT, low=_TEXT, volume=_TEXT),
    ],
}


def envelope(event: MarketEvent, venue: str, symbol: str) -> Envelope:
    """An event as a message."""
    kind, payload = _payload_of(event)
    return {"type": kind, "venue": venue, "symbol": symbol, "ts_event": event.at, "payload": payload}


def read_envelope(message: Envelope, symbol: str) -> MarketEvent:
    """
    The event of a message about this symbol.

    Raises:
        DataMalformed: It is no such message; the error says what is wrong.
    """
    try:
        if message["symbol"] != symbol:
            raise DataMalformed(f"a message about {str(message['symbol'])[:20]!r} in the stream of {symbol}")
        if not _is_text(message["venue"]):
            raise DataMalformed("a message of no venue")
        at = _whole(message["ts_event"])
        return _READERS[message["type"]](at, message["payload"])
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise DataMalformed(f"no market event: {type(problem).__name__} {str(problem)[:60]}") from problem


def _payload_of(event: MarketEvent) -> tuple[str, dict[str, Any]]:
    if isinstance(event, Trade):
        side = "buy" if event.is_buy else "sell"
        amounts = {"price": _text(event.price), "quantity": _text(event.quantity)}
        return "trade_tick", {"trade_id": event.trade_id, **amounts, "side": side}
    if isinstance(event, DepthSnapshot):
        sides = {"bids": _pairs(event.bids), "asks": _pairs(event.asks)}
        return "order_book_depth", {"last_update_id": event.last_id, **sides}
    if isinstance(event, DepthDiff):
        ids = {"first_update_id": event.first_id, "last_update_id": event.last_id}
        previous = {} if event.previous_id is None else {"previous_update_id": event.previous_id}
        return "order_book_delta", {**ids, **previous, "bids": _pairs(event.bids), "asks": _pairs(event.asks)}
    return "ticker_24h", {
        "last": _text(event.last),
        "change_pct": f"{event.change * 100:.6f}",
        "high": _text(event.high),
        "low": _text(event.low),
        "volume": _text(event.volume),
    }


def _trade(at: int, payload: Envelope) -> Trade:
    is_buy = {"buy": True, "sell": False}[payload["side"]]
    return Trade(at, _whole(payload["trade_id"]), units(payload["price"]), units(payload["quantity"]), is_buy)


def _depth(at: int, payload: Envelope) -> DepthSnapshot:
    return DepthSnapshot(at, _whole(payload["last_update_id"]), _levels(payload["bids"]), _levels(payload["asks"]))


def _delta(at: int, payload: Envelope) -> DepthDiff:
    return DepthDiff(
        at,
        _whole(payload["first_update_id"]),
        _whole(payload["last_update_id"]),
        _levels(payload["bids"]),
        _levels(payload["asks"]),
        _whole(payload["previous_update_id"]) if "previous_update_id" in payload else None,
    )


def _ticker(at: int, payload: Envelope) -> DayTicker:
    last, high, low = (units(payload[name]) for name in ("last", "high", "low"))
    change = float(payload["change_pct"]) if _is_text(payload["change_pct"]) else nan
    if not isfinite(change):
        raise DataMalformed("a change that is no number")
    return DayTicker(at, last, change / 100, high, low, units(payload["volume"], MOST_VOLUME))


_READERS: Final[Mapping[str, Callable[[int, Envelope], MarketEvent]]] = {
    "trade_tick": _trade,
    "order_book_depth": _depth,
    "order_book_delta": _delta,
    "ticker_24h": _ticker,
}


def _levels(pairs: Any) -> Levels:
    if type(pairs) is not list or not {list}.issuperset(map(type, pairs)):
        raise DataMalformed("levels that are no list of pairs")
    return tuple([(units(price), units(quantity)) for price, quantity in pairs])


def _pairs(levels: Levels) -> list[list[str]]:
    return [[_text(price), _text(quantity)] for price, quantity in levels]


def _text(number: int) -> str:
    whole, part = divmod(number, 10**8)
    return f"{whole}.{part:08}".rstrip("0").rstrip(".") if part else str(whole)


def _is_text(text: Any) -> bool:
    return type(text) is str and text != ""


def _whole(number: Any) -> int:
    if type(number) is not int or number < 0:
        raise DataMalformed(f"{str(number)[:20]!r} is no whole number")
    return number
