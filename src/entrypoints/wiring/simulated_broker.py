"""The simulated broker's world: its brokerage as its ledger left it, and its clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import orjson

from adapters.simulated.brokerage.brokerage import Brokerage
from adapters.simulated.brokerage.ledger import FORMAT, Ledger
from adapters.simulated.brokerage.pace import BrokerageClock
from adapters.simulated.brokerage.requests import repeat
from adapters.simulated.rolling_market import next_full_session
from adapters.system.lease import FileLease
from adapters.system.time import machine_seconds
from entrypoints.limits_file import shipped_fees
from entrypoints.settings import SettingsError
from tradecore import __version__
from tradecore.errors import DataMissing, JournalCorrupt
from tradecore.model.sessions import NEW_YORK, Session, session_on

_STARTS_AT: Final = time(10, 0)
_CUT_OFF: Final = time(15, 15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the owner asked for: `start` is YYYY-MM-DDTHH:MM New York time; None leaves a choice to the ledger."""

    directory: Path
    seed: int | None
    speed: float
    start: str | None
    always_open: bool


@dataclass(slots=True, kw_only=True)
class BrokerWorld:
    """A brokerage with its clock and its ledger; `seconds` counts the machine's."""

    brokerage: Brokerage
    clock: BrokerageClock
    ledger: Ledger
    lease: FileLease
    seconds: Callable[[], float]
    begins: datetime
    resumed: bool


def broker_world(wanted: Wanted, today: date, seconds: Callable[[], float] = machine_seconds) -> BrokerWorld:
    """
    The world of a directory: a new one, or the one that was left there, at the instant of its last request.

    Raises:
        SettingsError: The start is no instant of a known day, or the directory holds another world than the one wanted.
        AccountHeld, JournalUnavailable, JournalCorrupt: The directory can't be used.
    """
    lease = FileLease(wanted.directory / "lock")
    try:
        ledger = Ledger(wanted.directory / "requests.jsonl")
        return _world(wanted, today, seconds, ledger, lease)
    except BaseException:
        lease.release()
        raise


def _world(wanted: Wanted, today: date, seconds: Callable[[], float], ledger: Ledger, lease: FileLease) -> BrokerWorld:
    lines = ledger.read()
    kept = next(lines, None)
    head = _fresh_head(wanted, today) if kept is None else _checked(kept, wanted)
    if kept is None:
        ledger.append([orjson.dumps(head) + b"\n"])
    begins = datetime.fromisoformat(head["begins"])
    brokerage = Brokerage(seed=head["seed"], fees=shipped_fees(), begins=begins, always_open=bool(head["always_open"]))
    for number, line in enumerate(lines, 2):
        repeat(brokerage, line, number)
    stays_before = datetime.fromisoformat(head["stays_before"]) if head["stays_before"] else None
    clock = BrokerageClock(brokerage.now, wanted.speed, seconds, stays_before)
    return BrokerWorld(
        brokerage=brokerage,
        clock=clock,
        ledger=ledger,
        lease=lease,
        seconds=seconds,
        begins=begins,
        resumed=kept is not None,
    )


def _fresh_head(wanted: Wanted, today: date) -> dict[str, Any]:
    session = _last_full_session(today)
    begins = session.at(_STARTS_AT) if wanted.start is None else _instant(wanted.start)
    stays = session.at(_CUT_OFF) if wanted.always_open and wanted.start is None else None
    return {
        "ledger": FORMAT,
        "version": __version__,
        "seed": 1 if wanted.seed is None else wanted.seed,
        "begins": begins.isoformat(),
        "always_open": wanted.always_open,
        "stays_before": None if stays is None else stays.isoformat(),
        "start": wanted.start,
    }


def _checked(head: dict[str, Any], wanted: Wanted) -> dict[str, Any]:
    if head.get("ledger") != FORMAT or head.get("version") != __version__:
        raise JournalCorrupt("the ledger was written by another version; begin in another --state directory", entry=1)
    named = {"seed": wanted.seed, "start": wanted.start, "always_open": wanted.always_open or None}
    for name, value in named.items():
        if value is not None and head[name] != value:
            raise SettingsError(
                f"{wanted.directory} holds a world with {name} {head[name]}, not {value}; name another with --state"
            )
    return head


def _instant(start: str) -> datetime:
    try:
        day_text, _, time_text = start.partition("T")
        day, at = date.fromisoformat(day_text), time.fromisoformat(time_text)
        session_on(day)
        return datetime.combine(day, at, NEW_YORK).astimezone(UTC)
    except (ValueError, DataMissing) as error:
        raise SettingsError(f"--start {start}: name an instant as YYYY-MM-DDTHH:MM, New York time") from error


def _last_full_session(today: date) -> Session:
    session = next_full_session(today - timedelta(days=10))
    while (later := next_full_session(session.day)).day <= today:
        session = later
    return session
