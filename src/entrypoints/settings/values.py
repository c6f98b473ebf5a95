"""The types of settings: how text becomes a value, and the words that say what was expected."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

TOOLSETS: Final = ("desk", "options", "stocks", "data", "analytics", "watchlists", "admin", "crypto")
HTTP_KEYS_AT_MOST: Final = 2
HTTP_KEY_CHARACTERS: Final = 32
_MOST_SHOWN: Final = 60
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_HOST_AND_PORT: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])(:(\d{1,5}|\*))?")
_ORIGIN: Final = re.compile(r"https?://([A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Expects:
    """What a value must be, in words that can follow "is not"."""

    words: str


def printable(text: str) -> str:
    """The text without control characters."""
    return "".join(character for character in text if character.isprintable())


def shown(text: str) -> str:
    """The text in quotes, at most 60 characters of it, without control characters."""
    clean = printable(text)
    return f"'{clean[:_MOST_SHOWN]}…'" if len(clean) > _MOST_SHOWN else f"'{clean}'"


def is_loopback(host: str) -> bool:
    """True when only this machine reaches the host."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def listed(value: Any) -> Any:
    """The parts of a text between commas, each once; anything else as it is."""
    if not isinstance(value, str):
        return value
    return tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))


def _some_strategies(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise ValueError("name at least one strategy, or leave it out")
    return names


def _known_toolsets(names: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [shown(name) for name in names if name not in TOOLSETS]
    if unknown or not names:
        raise ValueError(f"no toolset {', '.join(unknown) or 'is named'}; known: {', '.join(TOOLSETS)}")
    return names


def _absolute(value: Path) -> Path:
    if "\0" in str(value):
        raise ValueError(f"{shown(str(value))} can't be a path")
    try:
        return value.expanduser().absolute()
    except RuntimeError as error:
        raise ValueError(f"{shown(str(value))} names a user who isn't there") from error


def _home_expanded(value: str) -> str:
    return str(_absolute(Path(value))) if value.startswith("~") else value


def _file(value: Path) -> Path:
    path = _absolute(value)
    if not path.is_file():
        raise ValueError(f"{shown(str(value))}: no such file")
    return path


def _dollars_not_a_share(value: Decimal) -> Decimal:
    if value < 1:
        percent = f"{float(value) * 100:.4g}" if value >= Decimal("0.001") else "5"
        raise ValueError(f"is in dollars, at least 1; a share of equity is MAX_DAILY_LOSS_PCT, such as {percent} (%)")
    return value


def _host(value: str) -> str:
    try:
        ip_address(value)
    except ValueError:
        if not _HOST.fullmatch(value):
            raise ValueError(f"{shown(value)} is not a host name or address") from None
    return value


def _hosts(values: tuple[str, ...]) -> tuple[str, ...]:
    return _each(values, _HOST_AND_PORT, "a host such as desk.example.com or 127.0.0.1:8000")


def _origins(values: tuple[str, ...]) -> tuple[str, ...]:
    return _each(values, _ORIGIN, "an origin such as https://desk.example.com")


def _each(values: tuple[str, ...], pattern: re.Pattern[str], expected: str) -> tuple[str, ...]:
    for value in values:
        if not pattern.fullmatch(value):
            raise ValueError(f"{shown(value)} is not {expected}")
    return values


def _broker_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)) if host else False
    if not safe or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("must be an https:// address without password or query (http:// on this machine only)")
    return value.rstrip("/")


def _collector_address(value: str) -> str:
    host = ""
    with suppress(ValueError):
        parts = urlsplit(value)
        bare = parts.scheme in ("http", "https") and not ("@" in parts.netloc or parts.query or parts.fragment)
        host = (parts.hostname or "") if bare else ""
    if not host:
        raise ValueError("must be an address like http://127.0.0.1:4318, without password or query")
    return value.rstrip("/")


def _simulator_address(value: str) -> str:
    parts = urlsplit("")
    host, port = "", None
    with suppress(ValueError):
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    bare = parts.path in ("", "/") and not (parts.query or parts.fragment or "@" in parts.netloc) if host else False
    if parts.scheme != "http" or not bare or port is None or not is_loopback(host):
        raise ValueError(f"{shown(value)} is not an address on this machine like http://127.0.0.1:8790")
    return value.rstrip("/")


def _moment(value: str) -> str:
    for form in ("%H:%M", "%Y-%m-%dT%H:%M"):
        try:
            # The zone is the exchange's and is put on by whoever builds the session.
            if datetime.strptime(value, form).strftime(form) == value:  # noqa: DTZ007
                return value
        except ValueError:
            continue
    raise ValueError(f"{shown(value)} is not an exchange time like 09:25 or 2026-11-20T09:25")


def _clock_time(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError(f"{shown(value)} is not a New York time like 16:15")
    return time.fromisoformat(value) if isinstance(value, str) else value


def _http_keys(value: SecretStr) -> SecretStr:
    keys = listed(value.get_secret_value())
    if not 0 < len(keys) <= HTTP_KEYS_AT_MOST:
        raise ValueError(f"takes one key, or two while the old one is rotated out; {len(keys)} are given")
    if any(len(key) < HTTP_KEY_CHARACTERS or not re.fullmatch(r"[!-~]+", key) for key in keys):
        raise ValueError(f"each key needs at least {HTTP_KEY_CHARACTERS} letters, digits or signs, without spaces")
    return value


def _one_word(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]+", value.get_secret_value()):
        raise ValueError("the value is not one word of printable signs")
    return value


def _database_address(value: SecretStr) -> SecretStr:
    if not re.match(r"(postgres(ql)?|sqlite)(\+\w+)?://", value.get_secret_value()):
        raise ValueError("must begin with postgresql:// or sqlite://")
    return value


def _webhook_address(value: SecretStr) -> SecretStr:
    text, host, scheme = value.get_secret_value(), "", ""
    with suppress(ValueError):
        parts = urlsplit(text)
        host, scheme, _ = parts.hostname or "", parts.scheme, parts.port
    plain = re.fullmatch(r"[!-~]+", text) is not None and "#" not in text
    safe = plain and bool(host) and (scheme == "https" or (scheme == "http" and is_loopback(host)))
    if not safe:
        raise ValueError("must be an https:// address (http:// on this machine only)")
    return value


Switch = Annotated[bool, Expects("true or false")]
Mode = Annotated[Literal["simulated", "paper", "live"], Expects("simulated, paper or live")]
Confirmer = Annotated[Literal["model", "elicit", "operator"], Expects("model, elicit or operator")]
DataFeed = Annotated[Literal["sip", "iex", "delayed_sip"], Expects("sip, iex or delayed_sip")]
LiveAccount = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,40}$"), Expects("an account number (letters and digits)")]
Bucket = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"), Expects("a bucket's name")]

Port = Annotated[int, Field(ge=1, le=65_535), Expects("a port from 1 to 65535")]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1), Expects("a whole number from 0 to 4294967295")]
RequestRate = Annotated[int, Field(ge=1, le=1_000_000), Expects("a whole number from 1 to 1000000")]
Minutes = Annotated[int, Field(ge=0, le=390), Expects("a whole number of minutes from 0 to 390")]
Period = Annotated[int, Field(ge=1, le=86_400), Expects("a whole number of seconds from 1 to 86400")]
ChainPeriod = Annotated[float, Field(ge=0.25, le=60, allow_inf_nan=False), Expects("a number of seconds, 0.25 to 60")]

Dollars = Annotated[Decimal, Field(ge=0, le=10**9), Expects("an amount of dollars, zero or more")]
DailyLoss = Annotated[
    Decimal, Field(le=10**9), AfterValidator(_dollars_not_a_share), Expects("an amount of dollars, 1 or more")
]
Percent = Annotated[Decimal, Field(ge=0, le=100), Expects("a percentage from 0 to 100")]
Fraction = Annotated[Decimal, Field(ge=0, le=1), Expects("a fraction from 0 to 1 (0.02 is 2 %)")]
Delta = Annotated[Decimal, Field(ge=0, le=10**9), Expects("a number of share-equivalents, zero or more")]
Patience = Annotated[Decimal, Field(ge=1, le=3_600), Expects("a number of seconds from 1 to 3600")]
Speed = Annotated[Decimal, Field(ge=Decimal("0.1"), le=1_000), Expects("a number from 0.1 to 1000")]

Directory = Annotated[Path, AfterValidator(_absolute), Expects("a directory")]
ExistingFile = Annotated[Path, AfterValidator(_file), Expects("an existing file")]
LimitsSource = Annotated[str, AfterValidator(_home_expanded), Expects("a shipped profile or the path of a YAML file")]
Strategies = Annotated[
    tuple[str, ...], BeforeValidator(listed), AfterValidator(_some_strategies), Expects("names separated by commas")
]
Toolsets = Annotated[
    tuple[str, ...], BeforeValidator(listed), AfterValidator(_known_toolsets), Expects("names separated by commas")
]
Hosts = Annotated[
    tuple[str, ...], BeforeValidator(listed), AfterValidator(_hosts), Expects("hosts separated by commas")
]
Origins = Annotated[
    tuple[str, ...], BeforeValidator(listed), AfterValidator(_origins), Expects("origins separated by commas")
]
Host = Annotated[str, AfterValidator(_host), Expects("a host name or address")]
BrokerAddress = Annotated[str, AfterValidator(_broker_address), Expects("an https:// address")]
CollectorAddress = Annotated[
    str, AfterValidator(_collector_address), Expects("an http:// or https:// address without password or query")
]
SimulatorAddress = Annotated[
    str, AfterValidator(_simulator_address), Expects("an address on this machine like http://127.0.0.1:8790")
]
ExchangeMoment = Annotated[str, AfterValidator(_moment), Expects("HH:MM or YYYY-MM-DDTHH:MM, New York time")]
ClockTime = Annotated[time, BeforeValidator(_clock_time), Expects("HH:MM, New York time")]

Secret = Annotated[SecretStr, AfterValidator(_one_word), Expects("one word of printable signs")]
HttpKeys = Annotated[SecretStr, AfterValidator(_http_keys), Expects("one or two keys separated by a comma")]
WebhookAddress = Annotated[SecretStr, AfterValidator(_webhook_address), Expects("an https:// address")]
WebhookKind = Annotated[
    Literal["json", "slack", "discord", "telegram", "ntfy"], Expects("json, slack, discord, telegram or ntfy")
]
AlertSeverity = Annotated[Literal["info", "warning", "critical"], Expects("info, warning or critical")]
RepeatPeriod = Annotated[int, Field(ge=1, le=86_400), Expects("a whole number of seconds from 1 to 86400")]
BeatPeriod = Annotated[int, Field(ge=1, le=3_600), Expects("a whole number of seconds from 1 to 3600")]
KeptDays = Annotated[int, Field(ge=1, le=3_650), Expects("a whole number of days from 1 to 3650")]
DatabaseAddress = Annotated[SecretStr, AfterValidator(_database_address), Expects("a database address")]
