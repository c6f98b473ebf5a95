"""Reading an order request: members of a JSON object, as text or as numbers, into a ticket."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from adapters.simulated.brokerage.refusals import invalid, unprocessable

TYPES: Final = ("market", "limit", "stop", "stop_limit", "trailing_stop")
TIMES: Final = ("day", "gtc", "opg", "cls", "ioc", "fok")
CLASSES: Final = ("", "simple", "bracket", "oco", "oto", "mleg")
INTENTS: Final = ("buy_to_open", "buy_to_close", "sell_to_open", "sell_to_close")
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?")
_LONGEST_ID: Final = 128


@dataclass(frozen=True, slots=True)
class LegTicket:
    """One leg of a multi-leg order as it was asked for."""

    symbol: str
    ratio: int
    side: str | None
    intent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """An order as it was asked for: members that are absent are None."""

    symbol: str | None
    side: str | None
    type: str
    time_in_force: str
    order_class: str
    client_order_id: str | None
    qty: Decimal | None
    notional: Decimal | None
    limit: Decimal | None
    stop: Decimal | None
    trail_price: Decimal | None
    trail_percent: Decimal | None
    extended_hours: bool
    intent: str | None
    take_profit: Decimal | None
    stop_loss: Decimal | None
    stop_loss_limit: Decimal | None
    legs: tuple[LegTicket, ...]


def read_ticket(body: Mapping[str, Any]) -> Ticket:
    """
    The ticket of a request; members it does not know are passed over, as the service does.

    Raises:
        Refusal: A member is missing or not of its kind.
    """
    take_profit, stop_loss = _nested(body, "take_profit"), _nested(body, "stop_loss")
    order_class = _choice(body, "order_class", CLASSES) or "simple"
    return Ticket(
        symbol=_text(body, "symbol"),
        side=_choice(body, "side", ("buy", "sell")),
        type=_required(_choice(body, "type", TYPES), "type"),
        time_in_force=_required(_choice(body, "time_in_force", TIMES), "time_in_force"),
        order_class=order_class,
        client_order_id=client_order_id(body),
        qty=_above_zero(number(body, "qty"), "qty"),
        notional=_above_zero(number(body, "notional"), "notional"),
        limit=_price(body, "limit_price", order_class),
        stop=_above_zero(number(body, "stop_price"), "stop_price"),
        trail_price=_above_zero(number(body, "trail_price"), "trail_price"),
        trail_percent=_above_zero(number(body, "trail_percent"), "trail_percent"),
        extended_hours=_flag(body, "extended_hours"),
        intent=_choice(body, "position_intent", INTENTS),
        take_profit=_above_zero(number(take_profit, "limit_price"), "take_profit.limit_price"),
        stop_loss=_above_zero(number(stop_loss, "stop_price"), "stop_loss.stop_price"),
        stop_loss_limit=_above_zero(number(stop_loss, "limit_price"), "stop_loss.limit_price"),
        legs=_legs(body) if order_class == "mleg" else (),
    )


def client_order_id(body: Mapping[str, Any]) -> str | None:
    """The caller's own id of the order, None to be given one."""
    given = _text(body, "client_order_id")
    if given is not None and len(given) > _LONGEST_ID:
        raise invalid(f"client_order_id must be no more than {_LONGEST_ID} characters")
    return given


def number(body: Mapping[str, Any], name: str) -> Decimal | None:
    """A member that is a number, written as text or as a JSON number; None where it is absent."""
    given = body.get(name)
    if given is None or given == "":
        return None
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise invalid(f"{name} must be a number")
    text = str(given)
    if len(text) > 40 or not _NUMBER.fullmatch(text):
        raise invalid(f"{name} must be a number")
    value = Decimal(text)
    if value.adjusted() > 12 or (value != 0 and value.adjusted() < -9):
        raise invalid(f"{name} is out of range")
    # As it would be written: 1.0 is 1, and 1E+2 is 100.
    return Decimal(f"{value.normalize():f}")


def _legs(body: Mapping[str, Any]) -> tuple[LegTicket, ...]:
    given = body.get("legs")
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        raise invalid("mleg orders require legs")
    return tuple(_leg(one) for one in given)


def _leg(body: Mapping[str, Any]) -> LegTicket:
    ratio = number(body, "ratio_qty")
    if ratio is None or ratio < 1 or ratio != int(ratio):
        raise invalid("legs require ratio_qty, a whole number of at least 1")
    symbol = _text(body, "symbol")
    if not symbol:
        raise invalid("legs require symbol")
    intent = _choice(body, "position_intent", INTENTS)
    side = _choice(body, "side", ("buy", "sell"))
    if side is None and intent is None:
        raise invalid("legs require side or position_intent")
    return LegTicket(symbol, int(ratio), side, intent)


def _nested(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    given = body.get(name)
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise invalid(f"{name} must be an object")
    return given


def _text(body: Mapping[str, Any], name: str) -> str | None:
    given = body.get(name)
    if given is None or given == "":
        return None
    if not isinstance(given, str):
        raise invalid(f"{name} must be a string")
    if not given.isprintable():
        raise invalid(f"invalid {name}")
    return given


def _choice(body: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str | None:
    given = _text(body, name)
    if given is not None and given not in known:
        raise invalid(f"invalid {name}: {given[:32]}")
    return given


def _flag(body: Mapping[str, Any], name: str) -> bool:
    given = body.get(name)
    if given is None or isinstance(given, bool):
        return bool(given)
    raise invalid(f"{name} must be a boolean")


def _required(given: str | None, name: str) -> str:
    if given is None:
        raise invalid(f"{name} is required")
    return given


def _above_zero(value: Decimal | None, name: str) -> Decimal | None:
    if value is not None and value <= 0:
        raise unprocessable(f"{name} must be > 0")
    return value


def _price(body: Mapping[str, Any], name: str, order_class: str) -> Decimal | None:
    # The net of a multi-leg order is negative for a credit.
    value = number(body, name)
    return value if order_class == "mleg" else _above_zero(value, name)
