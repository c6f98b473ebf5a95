"""Limits from YAML: the shipped profiles, or the owner's own file."""

import dataclasses
import difflib
import typing
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import yaml

from tradecore.model.fees import FeeSchedule
from tradecore.risk.limits import Limits, MarketEvent

PROFILES: Final = ("default", "recorded")
_HINTS: Final = typing.get_type_hints(Limits)


class _EachKeyOnce(yaml.BaseLoader):
    """Makes only text, and refuses a key that is written twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping whose keys all differ."""
        keys = [self.construct_object(key) for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.YAMLError(f"{twice!r} is written twice")
        return super().construct_mapping(node, deep)


class LimitsError(Exception):
    """A limits file can't be used; the message names the key."""


def load_limits(source: str, interval: timedelta | None = None) -> Limits:
    """
    The limits of a shipped profile or of a file.

    A file stands alone: what it leaves out is not set, and orders that need it are refused.

    Args:
        source: "default", "recorded" or a path.
        interval: Length of the recorded bars; the profile `recorded` needs it.

    Raises:
        LimitsError: No such file, not YAML, an unknown key or a value of the wrong type.
    """
    if source in PROFILES:
        shipped = _shipped()
        values = dict(shipped["default"])
        if source == "recorded":
            values |= shipped["recorded"]
        return _limits(source, values, interval)
    path = Path(source)
    if not path.is_file():
        raise LimitsError(f"limits {source}: no such file; use {' or '.join(PROFILES)} or the path of a YAML file")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LimitsError(f"limits {source}: can't be read ({error})") from error
    return _limits(path.name, _read(text, source), interval)


def shipped_fees() -> FeeSchedule:
    """The shipped fee schedule."""
    fees = _shipped()["fees"]
    return FeeSchedule(
        per_contract=Decimal(fees["per_contract"]),
        taf_per_contract_sold=Decimal(fees["taf_per_contract_sold"]),
        as_of=date.fromisoformat(fees["as_of"]),
    )


def _shipped() -> dict[str, Any]:
    text = files("entrypoints").joinpath("risk_parameters.yaml").read_text(encoding="utf-8")
    return _read(text, "shipped")


def _read(text: str, source: str) -> dict[str, Any]:
    try:
        # Every scalar stays text, so that a number reaches Decimal without passing through a float.
        found = yaml.load(text, Loader=_EachKeyOnce)
    except yaml.YAMLError as error:
        raise LimitsError(f"limits {source}: not YAML ({' '.join(str(error).split())})") from error
    if not isinstance(found, dict):
        raise LimitsError(f"limits {source}: expected `name: value` lines")
    return found


def _limits(profile: str, values: dict[str, Any], interval: timedelta | None) -> Limits:
    values = dict(values)
    aged = values.pop("quote_age_intervals", None)
    stepped = values.pop("entry_step_intervals", None)
    names = {field.name for field in dataclasses.fields(Limits)} - {"profile"}
    unknown = sorted(set(values) - names)
    if unknown:
        near = difflib.get_close_matches(unknown[0], names, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise LimitsError(f"limits {profile}: unknown key {unknown[0]!r}{hint}")
    read = {name: _value(profile, name, value) for name, value in values.items()}
    if aged is not None or stepped is not None:
        read |= _by_interval(profile, aged, stepped, interval)
    return Limits(profile=profile, **read)


def _by_interval(profile: str, aged: Any, stepped: Any, interval: timedelta | None) -> dict[str, Decimal]:
    if interval is None:
        raise LimitsError(f"limits {profile}: only for recorded bars (`tradecore replay`)")
    seconds = Decimal(str(interval.total_seconds()))
    found: dict[str, Decimal] = {}
    if aged is not None:
        age = _number(profile, "quote_age_intervals", aged) * seconds
        found |= {"max_quote_age_s": age, "max_underlying_age_s": age, "max_chain_age_s": age}
    if stepped is not None:
        # A second more than whole intervals, so that a step never races the bar that may fill it.
        found["entry_step_s"] = _number(profile, "entry_step_intervals", stepped) * seconds + 1
    return found


def _value(profile: str, name: str, value: Any) -> Any:
    wanted = next(member for member in typing.get_args(_HINTS[name]) if member is not type(None))
    if wanted is bool:
        if str(value).lower() not in ("true", "false"):
            raise LimitsError(f"limits {profile}: {name} must be true or false, not {value!r}")
        return str(value).lower() == "true"
    if wanted is time:
        return _time(profile, name, value)
    if typing.get_origin(wanted) is tuple:
        return _events(profile, name, value)
    number = _number(profile, name, value)
    if wanted is int:
        if number != int(number):
            raise LimitsError(f"limits {profile}: {name} must be a whole number, not {value!r}")
        return int(number)
    return number


def _number(profile: str, name: str, value: Any) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise LimitsError(f"limits {profile}: {name} must be a number, not {value!r}") from error
    if not number.is_finite() or number < 0:
        raise LimitsError(f"limits {profile}: {name} must be zero or more, not {value!r}")
    return number


def _time(profile: str, name: str, value: Any) -> time:
    try:
        return time.fromisoformat(str(value))
    except ValueError as error:
        raise LimitsError(f"limits {profile}: {name} must be a time like 15:00, not {value!r}") from error


def _events(profile: str, name: str, value: Any) -> tuple[MarketEvent, ...]:
    try:
        pairs = [(str(item["name"]), datetime.fromisoformat(str(item["at"]))) for item in value or []]
    except (TypeError, KeyError, ValueError) as error:
        raise LimitsError(f"limits {profile}: {name} is a list of `name:` and `at:` (ISO time with zone)") from error
    if any(at.tzinfo is None for _, at in pairs):
        raise LimitsError(f"limits {profile}: {name}: every `at` needs a time zone")
    return tuple(MarketEvent(what, at) for what, at in pairs)
