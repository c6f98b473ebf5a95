"""Reading the fields of an answer: numbers from text or JSON numbers, times with any fraction; what is odd is named."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tradecore.errors import InvalidRequest, OutcomeUnknown, UnknownInstrument
from tradecore.model.instruments import Instrument, parse_instrument, read_decimal

Raw = Mapping[str, Any]
_SHOWN = 60


class UnreadableAnswer(OutcomeUnknown):
    """The service answered something that can't be read; the message names the field."""


def mapping(value: Any, what: str) -> Raw:
    """
    The value as a JSON object.

    Raises:
        UnreadableAnswer: It is none.
    """
    if not isinstance(value, Mapping):
        raise UnreadableAnswer(f"{what}: {shown(value)} is no object")
    return value


def rows(value: Any, what: str) -> list[Raw]:
    """
    The value as a list of JSON objects; nothing at all is an empty list.

    Raises:
        UnreadableAnswer: It is none.
    """
    if value is None:
        return []
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise UnreadableAnswer(f"{what}: {shown(value)} is no list")
    return [mapping(one, what) for one in value]


def text(raw: Raw, name: str) -> str:
    """
    A field that must be text and not empty.

    Raises:
        UnreadableAnswer: It is missing, empty or no text.
    """
    value = raw.get(name)
    if not isinstance(value, str) or not value:
        raise UnreadableAnswer(f"{name}: {shown(value)} is no text")
    return value


def optional_text(raw: Raw, name: str) -> str | None:
    """A field that may be missing, null or empty."""
    value = raw.get(name)
    return value if isinstance(value, str) and value else None


def decimal(raw: Raw, name: str) -> Decimal:
    """
    A field that must be a number, written as text or as a JSON number; exactly as written, never a float's tail.

    Raises:
        UnreadableAnswer: It is missing or no finite number.
    """
    found = optional_decimal(raw, name)
    if found is None:
        raise UnreadableAnswer(f"{name} is missing")
    return found


def optional_decimal(raw: Raw, name: str) -> Decimal | None:
    """
    A field that may be missing, null or empty.

    Raises:
        UnreadableAnswer: It is there and no finite number.
    """
    value = raw.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise UnreadableAnswer(f"{name}: {shown(value)} is no number")
    try:
        return _exact(str(value), name)
    except InvalidRequest as problem:
        raise UnreadableAnswer(str(problem)) from None


def _exact(written: str, name: str) -> Decimal:
    """Beyond nine decimals (an averaged price) the rest is rounded away."""
    try:
        return read_decimal(written, name)
    except InvalidRequest:
        _, point, fraction = written.partition(".")
        if not point or not fraction.isdigit():
            raise
        return read_decimal(f"{Decimal(written):.9f}", name)


def moment(raw: Raw, name: str) -> datetime:
    """
    A field that must be a time, as aware UTC; digits beyond the microsecond are dropped.

    Raises:
        UnreadableAnswer: It is missing, no time, or names no zone.
    """
    value = raw.get(name)
    to_datetime = getattr(value, "to_datetime", None)
    if to_datetime is not None:
        value = to_datetime()
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise UnreadableAnswer(f"{name}: {shown(value)} is no time") from None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise UnreadableAnswer(f"{name}: {shown(value)} is no time with a zone")
    return value.astimezone(UTC)


def instrument(raw: Raw, name: str = "symbol") -> Instrument:
    """
    A field that must name something this desk knows; crypto pairs are also read without their slash.

    Raises:
        UnreadableAnswer: It names nothing known.
    """
    symbol = text(raw, name)
    if raw.get("asset_class") == "crypto" and "/" not in symbol and symbol.endswith("USD"):
        symbol = f"{symbol[:-3]}/USD"
    try:
        return parse_instrument(symbol)
    except UnknownInstrument as problem:
        raise UnreadableAnswer(f"{name}: {problem}") from None


def shown(value: Any) -> str:
    """A value of an answer for a message: printable and short."""
    clean = "".join(character for character in repr(value) if character.isprintable())
    return clean if len(clean) <= _SHOWN else f"{clean[:_SHOWN]}…"
