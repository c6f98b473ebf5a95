"""Write src/tradecore/model/session_table.py: the days on which New York (XNYS) keeps unusual hours."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time, timedelta
from importlib.metadata import version
from pathlib import Path

import exchange_calendars

TABLE = Path(__file__).parent.parent / "src" / "tradecore" / "model" / "session_table.py"
FIRST, LAST = date(2008, 1, 1), date(2028, 12, 31)
OPEN, CLOSE = time(9, 30), time(16, 0)
NEW_YORK = "America/New_York"
SATURDAY = 5
TEMPLATE = '''"""
Holidays and early closes of the New York Stock Exchange (XNYS).

Generated from exchange_calendars {version}; do not edit, run `uv run nox -s sessions_table`.
Every other weekday from FIRST_DAY to LAST_DAY trades {open} to {close}, New York time; none of the range opens late.
Days not yet lived follow the rules known to that release: a day of mourning or a storm cannot be known ahead.
"""

from collections.abc import Mapping
from datetime import date, time
from types import MappingProxyType
from typing import Final

FIRST_DAY: Final = date.fromisoformat("{first}")
LAST_DAY: Final = date.fromisoformat("{last}")

_HOLIDAYS = """
{holidays}
"""

_EARLY_CLOSES = """
{early_closes}
"""

HOLIDAYS: Final[frozenset[date]] = frozenset(map(date.fromisoformat, _HOLIDAYS.split()))
"""Weekdays without a session."""

EARLY_CLOSES: Final[Mapping[date, time]] = MappingProxyType(
    {{
        date.fromisoformat(day): time.fromisoformat(close)
        for day, _, close in (entry.partition("T") for entry in _EARLY_CLOSES.split())
    }}
)
"""Sessions that end early, and when they do, New York time."""
'''


def main() -> None:
    """Write the table, or stop where the format could not carry what the calendar says."""
    hours = _hours()
    _refuse("open at another hour", [day for day, (opening, _) in hours.items() if opening != OPEN])
    _refuse("close after hours", [day for day, (_, closing) in hours.items() if closing > CLOSE])
    _refuse("fall on a weekend", [day for day in hours if day.weekday() >= SATURDAY])
    holidays = [day for day in _weekdays() if day not in hours]
    early_closes = {day: closing for day, (_, closing) in hours.items() if closing != CLOSE}
    table = TEMPLATE.format(
        version=version("exchange_calendars"),
        first=FIRST,
        last=LAST,
        open=f"{OPEN:%H:%M}",
        close=f"{CLOSE:%H:%M}",
        holidays=_lines(day.isoformat() for day in holidays),
        early_closes=_lines(f"{day.isoformat()}T{closing:%H:%M}" for day, closing in early_closes.items()),
    )
    TABLE.write_text(table, encoding="utf-8")
    print(f"{TABLE.name}: {len(hours)} sessions, {len(holidays)} holidays, {len(early_closes)} early closes")


def _hours() -> dict[date, tuple[time, time]]:
    calendar = exchange_calendars.get_calendar("XNYS", start=FIRST.isoformat(), end=LAST.isoformat())
    opens = calendar.opens.dt.tz_convert(NEW_YORK)
    closes = calendar.closes.dt.tz_convert(NEW_YORK)
    return {
        day.date(): (opening.time(), closing.time())
        for day, opening, closing in zip(calendar.sessions, opens, closes, strict=True)
    }


def _weekdays() -> Iterator[date]:
    days = (FIRST + timedelta(days=offset) for offset in range((LAST - FIRST).days + 1))
    return (day for day in days if day.weekday() < SATURDAY)


def _refuse(what: str, days: Sequence[date]) -> None:
    if days:
        raise SystemExit(f"these sessions {what}, which the table cannot say: {', '.join(map(str, days))}")


def _lines(entries: Iterable[str]) -> str:
    return textwrap.fill(" ".join(entries), width=110, break_on_hyphens=False)


if __name__ == "__main__":
    main()
