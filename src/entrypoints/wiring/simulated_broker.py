"""The simulated broker's world: its brokerage as its ledger left it, and its clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import orjson

from adapters.simulated.brokerage.brokerage import Brokerage
from adapters.simulated.brokerage.ledger import FORMAT, Ledger
from adapters.simulated.brokerage.listings import Listings
from adapters.simulated.brokerage.pace import BrokerageClock
from adapters.simulated.brokerage.recorded import RecordedListings
from adapters.simulated.brokerage.requests import repeat
from adapters.simulated.rolling_market import next_full_session
from adapters.system.lease import FileLease
from adapters.system.time import machine_seconds
from entrypoints.limits_file import shipped_fees
from entrypoints.settings import SettingsError
from entrypoints.wiring.recording import Recording, kept, read_again, recorded_days
from tradecore import __version__
from tradecore.errors import DataMissing, JournalCorrupt
from tradecore.model.sessions import NEW_YORK, Session, next_session, session_on

_STARTS_AT: Final = time(10, 0)
_CUT_OFF: Final = time(15, 15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """
    What the owner asked for; None leaves a choice to the ledger.

    `start` is YYYY-MM-DDTHH:MM New York time; `day` is the recorded day that is played instead of a simulated market.
    """

    directory: Path
    seed: int | None
    speed: float
    start: str | None
    always_open: bool
    day: Recording | None = None


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
        InvalidRequest, DataMissing, DataMalformed: The recorded day can't be used.
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
    found = next(lines, None)
    head = _fresh_head(wanted, today) if found is None else _checked(found, wanted)
    listings = _listings(head)
    if found is None:
        ledger.append([orjson.dumps(head) + b"\n"])
    begins = datetime.fromisoformat(head["begins"])
    brokerage = Brokerage(listings=listings, fees=shipped_fees(), begins=begins, always_open=bool(head["always_open"]))
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
        resumed=found is not None,
    )


def _fresh_head(wanted: Wanted, today: date) -> dict[str, Any]:
    if wanted.day is not None:
        return _recorded_head(wanted, wanted.day)
    session = _last_full_session(today)
    begins = session.at(_STARTS_AT) if wanted.start is None else _instant(wanted.start)
    stays = session.at(_CUT_OFF) if wanted.always_open and wanted.start is None else None
    return _head(wanted, begins, stays, None)


def _recorded_head(wanted: Wanted, day: Recording) -> dict[str, Any]:
    if wanted.always_open:
        raise SettingsError("--day and --always-open exclude each other: a recorded day ends")
    begins = None if wanted.start is None else _instant(wanted.start)
    days = recorded_days(day, None if begins is None else begins.astimezone(NEW_YORK).date())
    session = days[0].session
    return _head(wanted, begins or session.opens, next_session(session.day).opens, kept(day, days))


def _head(wanted: Wanted, begins: datetime, stays: datetime | None, day: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "ledger": FORMAT,
        "version": __version__,
        "seed": 1 if wanted.seed is None else wanted.seed,
        "begins": begins.isoformat(),
        "always_open": wanted.always_open,
        "stays_before": None if stays is None else stays.isoformat(),
        "start": wanted.start,
        "day": day,
    }


def _listings(head: dict[str, Any]) -> Listings:
    return Listings(head["seed"]) if head["day"] is None else RecordedListings(head["seed"], read_again(head["day"]))


def _checked(head: dict[str, Any], wanted: Wanted) -> dict[str, Any]:
    if head.get("ledger") != FORMAT or head.get("version") != __version__:
        raise JournalCorrupt("the ledger was written by another version; begin in another --state directory", entry=1)
    named = {"seed": wanted.seed, "start": wanted.start, "always_open": wanted.always_open or None}
    for name, value in named.items():
        if value is not None and head[name] != value:
            raise SettingsError(
                f"{wanted.directory} holds a world with {name} {head[name]}, not {value}; name another with --state"
            )
    if wanted.day is not None and (head["day"] or {}).get("path") != str(wanted.day.path.absolute()):
        raise SettingsError(f"{wanted.directory} holds a world without this --day; name another with --state")
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
