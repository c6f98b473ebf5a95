"""
The exchange's trading sessions: which days trade, when they open and close, and which trading day an instant is in.

Exchange time is America/New_York. The table behind it is generated (`session_table.py`); a day outside it is unknown
and refuses, it is never guessed.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from tradecore.errors import DataMissing
from tradecore.model.session_table import EARLY_CLOSES, FIRST_DAY, HOLIDAYS, LAST_DAY

NEW_YORK: Final = ZoneInfo("America/New_York")
_OPEN: Final = time(9, 30)
_CLOSE: Final = time(16, 0)
_DAY_ROLLS: Final = time(4, 0)
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Session:
    """One regular session; `opens` and `closes` are aware UTC."""

    day: date
    opens: datetime
    closes: datetime

    @property
    def is_half_day(self) -> bool:
        """The exchange closes before 16:00 New York time."""
        return self.closes.astimezone(NEW_YORK).time() < _CLOSE

    @property
    def minutes(self) -> int:
        """Length of the session in minutes."""
        return int((self.closes - self.opens).total_seconds() // 60)

    def at(self, clock_time: time) -> datetime:
        """The instant (UTC) of a New York wall-clock time on this day."""
        return _utc(self.day, clock_time)


@cache
def session_on(day: date) -> Session | None:
    """
    The session of a calendar day, or None when the exchange is closed all day.

    Raises:
        DataMissing: The day is outside the generated table.
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        raise DataMissing(f"{day} is outside the session table ({FIRST_DAY} to {LAST_DAY})")
    if day.weekday() >= 5 or day in HOLIDAYS:
        return None
    closes = EARLY_CLOSES.get(day, _CLOSE)
    return Session(day, _utc(day, _OPEN), _utc(day, closes))


def next_session(after: date) -> Session:
    """The first session on a later day."""
    day = after + _ONE_DAY
    while (found := session_on(day)) is None:
        day += _ONE_DAY
    return found


def previous_session(before: date) -> Session:
    """The last session on an earlier day."""
    day = before - _ONE_DAY
    while (found := session_on(day)) is None:
        day -= _ONE_DAY
    return found


def trading_day(at: datetime) -> date:
    """
    The exchange trading day an instant belongs to, for equities and options.

    A day begins at 04:00 New York time of its session (pre-market) and lasts until the next one begins, so evenings,
    nights, weekends and holidays belong to the session before them.
    """
    local = at.astimezone(NEW_YORK)
    day = local.date() if local.time() >= _DAY_ROLLS else local.date() - _ONE_DAY
    found = session_on(day)
    return found.day if found else previous_session(day).day


@lru_cache(maxsize=256)
def exchange_time(at: datetime) -> str:
    """An instant as New York wall-clock time, HH:MM:SS."""
    return at.astimezone(NEW_YORK).time().isoformat("seconds")


@lru_cache(maxsize=4096)
def _utc(day: date, clock_time: time) -> datetime:
    return datetime.combine(day, clock_time, NEW_YORK).astimezone(UTC)
