"""
One text form for every value of the core: what the journal keeps and what digests are taken of.

Dataclasses become objects, members of a union carry their class name under "is", Decimals and times become text, sets
become sorted lists. `decode` is the exact inverse for the type it is given. Floats keep Python's shortest repr.
"""

import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

from tradecore.errors import InvalidRequest

Json = Any
_TAG = "is"
_PLAIN: frozenset[type] = frozenset({str, int, float, bool, type(None)})
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def encode(value: object) -> Json:
    """A value of the core as JSON types, deterministic whatever the hash seed."""
    encoder = _ENCODERS.get(type(value))
    if encoder is None:
        encoder = _ENCODERS[type(value)] = _encoder_for(type(value))
    return encoder(value)


def decode(kind: Any, data: Json) -> Any:
    """
    Rebuild a value of `kind` (a class, a union, a generic alias) from its encoded form.

    Raises:
        InvalidRequest: The data is not an encoding of that kind.
    """
    try:
        return _decoder(kind)(data)
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise InvalidRequest(f"not an encoded {getattr(kind, '__name__', kind)}: {error!r}") from error


def canonical(value: object) -> bytes:
    """The encoded value as bytes: sorted keys, no spaces, UTF-8."""
    return _CANONICAL.encode(encode(value)).encode()


def digest(value: object) -> str:
    """SHA-256 (hex) of the canonical bytes."""
    return hashlib.sha256(canonical(value)).hexdigest()


def moment(at: datetime) -> str:
    """An aware time as RFC 3339 in UTC with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


def read_moment(text: str) -> datetime:
    """The inverse of `moment`."""
    return datetime.fromisoformat(text)


_ENCODERS: dict[type, Callable[[Any], Json]] = {
    **dict.fromkeys(_PLAIN, lambda v: v),
    Decimal: lambda v: format(v, "f"),
    datetime: moment,
    date: lambda v: v.isoformat(),
    time: lambda v: v.isoformat(),
    timedelta: lambda v: v.total_seconds(),
    tuple: lambda v: [encode(item) for item in v],
    list: lambda v: [encode(item) for item in v],
    frozenset: lambda v: sorted(encode(item) for item in v),
    dict: lambda v: {key: encode(v[key]) for key in sorted(v)},
}


def _encoder_for(kind: type) -> Callable[[Any], Json]:
    if issubclass(kind, Enum):
        return lambda v: v.value
    if dataclasses.is_dataclass(kind):
        return _dataclass_encoder(kind)
    if issubclass(kind, Mapping):
        return lambda v: {key: encode(v[key]) for key in sorted(v)}
    raise TypeError(f"{kind.__name__} has no journal form")


def _dataclass_encoder(kind: type) -> Callable[[Any], Json]:
    names, tag = _stored_names(kind), kind.__name__

    def fields_of(value: Any) -> Json:
        found = {_TAG: tag}
        for name in names:
            item = getattr(value, name)
            found[name] = item if type(item) in _PLAIN else encode(item)
        return found

    return fields_of


@cache
def _stored_names(kind: Any) -> tuple[str, ...]:
    """Fields of a dataclass that its constructor takes; what it derives from them is not stored."""
    return tuple(field.name for field in dataclasses.fields(kind) if field.init)


@cache
def _with_default(kind: Any) -> frozenset[str]:
    nothing = dataclasses.MISSING
    every = dataclasses.fields(kind)
    return frozenset(f.name for f in every if f.default is not nothing or f.default_factory is not nothing)


@cache
def _decoder(kind: Any) -> Callable[[Json], Any]:
    origin = typing.get_origin(kind)
    if origin is not None:
        return _decoder_of_generic(kind, origin, typing.get_args(kind))
    if isinstance(kind, typing.NewType):
        return _decoder(kind.__supertype__)
    return _decoder_of_class(kind)


def _decoder_of_class(kind: Any) -> Callable[[Json], Any]:
    simple: dict[Any, Callable[[Json], Any]] = {
        Decimal: Decimal,
        datetime: read_moment,
        date: date.fromisoformat,
        time: time.fromisoformat,
        timedelta: lambda v: timedelta(seconds=v),
        type(None): lambda v: v,
        float: float,
    }
    if kind in simple:
        return simple[kind]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if dataclasses.is_dataclass(kind):
        return _decoder_of_dataclass(kind)
    if kind in (str, int, bool, Any, object):
        return lambda v: v
    raise TypeError(f"{kind} has no journal form")


def _decoder_of_dataclass(kind: Any) -> Callable[[Json], Any]:
    hints: dict[str, Any] = {}

    def build(data: Json) -> Any:
        if data[_TAG] != kind.__name__:
            raise ValueError(f"{data[_TAG]} where {kind.__name__} was expected")
        if not hints:
            hints.update({name: _decoder(hint) for name, hint in typing.get_type_hints(kind).items()})
        # What a field with a default said is missing in what was written before the field came.
        names = [name for name in _stored_names(kind) if name in data or name not in _with_default(kind)]
        return kind(**{name: hints[name](data[name]) for name in names})

    return build


def _decoder_of_generic(kind: Any, origin: Any, args: tuple[Any, ...]) -> Callable[[Json], Any]:
    if origin in (typing.Union, types.UnionType):
        return _decoder_of_union(args)
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        return lambda v: tuple(_decoder(args[0])(item) for item in v)
    if origin is tuple:
        return lambda v: tuple(_decoder(arg)(item) for arg, item in zip(args, v, strict=True))
    if origin is frozenset:
        return lambda v: frozenset(_decoder(args[0])(item) for item in v)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return lambda v: {key: _decoder(args[1])(item) for key, item in v.items()}
    raise TypeError(f"{kind} has no journal form")


def _decoder_of_union(args: tuple[Any, ...]) -> Callable[[Json], Any]:
    by_name = {arg.__name__: arg for arg in args if dataclasses.is_dataclass(arg) and isinstance(arg, type)}
    plain = [arg for arg in args if arg is not type(None) and arg not in by_name.values()]

    def build(data: Json) -> Any:
        if data is None and type(None) in args:
            return None
        if isinstance(data, dict) and data.get(_TAG) in by_name:
            return _decoder(by_name[data[_TAG]])(data)
        if len(plain) == 1:
            return _decoder(plain[0])(data)
        raise ValueError(f"no member of the union fits {str(data)[:60]}")

    return build
