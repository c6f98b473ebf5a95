"""Trading days at their edges."""

from datetime import UTC, date, datetime, time

import pytest

from tradecore.errors import DataMissing
from tradecore.model.sessions import next_session, previous_session, session_on, trading_day
from tradecore.testing.builders import at


@pytest.mark.parametrize(
    ("day", "clock", "belongs_to"),
    [
        ("2026-11-20", "04:00", "2026-11-20"),
        ("2026-11-20", "03:59:59.999999", "2026-11-19"),
        ("2026-11-20", "23:59", "2026-11-20"),
        ("2026-11-21", "12:00", "2026-11-20"),
        ("2026-11-23", "03:59", "2026-11-20"),
        ("2026-11-23", "04:00", "2026-11-23"),
        ("2026-11-26", "12:00", "2026-11-25"),
        ("2026-11-27", "03:59", "2026-11-25"),
        ("2026-11-27", "18:00", "2026-11-27"),
        # The clocks change on a Sunday at two: Monday still begins at four, New York time.
        ("2026-03-09", "03:59", "2026-03-06"),
        ("2026-03-09", "04:00", "2026-03-09"),
        ("2026-11-02", "03:59", "2026-10-30"),
        ("2026-11-02", "04:00", "2026-11-02"),
    ],
)
def test_an_instant_belongs_to_the_trading_day_that_began_last(day: str, clock: str, belongs_to: str) -> None:
    assert trading_day(at(clock, date.fromisoformat(day))) == date.fromisoformat(belongs_to)


@pytest.mark.parametrize(
    ("day", "opens", "closes"),
    [
        ("2026-11-20", "14:30", "21:00"),
        ("2026-07-06", "13:30", "20:00"),
        ("2026-03-06", "14:30", "21:00"),
        ("2026-03-09", "13:30", "20:00"),
        ("2026-11-27", "14:30", "18:00"),
    ],
)
def test_a_session_opens_and_closes_in_new_york_time(day: str, opens: str, closes: str) -> None:
    """09:30 and 16:00 (13:00) are 5 hours behind UTC in winter and 4 in summer."""
    parsed = date.fromisoformat(day)
    session = session_on(parsed)
    assert session is not None
    assert session.opens == datetime.combine(parsed, time.fromisoformat(opens), UTC)
    assert session.closes == datetime.combine(parsed, time.fromisoformat(closes), UTC)
    assert session.is_half_day == (day == "2026-11-27")
    assert session.minutes == (210 if session.is_half_day else 390)


@pytest.mark.parametrize("day", ["2026-11-21", "2026-11-22", "2026-11-26", "2026-12-25"])
def test_a_closed_day_has_no_session(day: str) -> None:
    assert session_on(date.fromisoformat(day)) is None


def test_neighbouring_sessions_skip_closed_days() -> None:
    assert next_session(date(2026, 11, 25)).day == date(2026, 11, 27)
    assert previous_session(date(2026, 11, 27)).day == date(2026, 11, 25)


@pytest.mark.parametrize("day", ["2007-12-31", "2029-01-01"])
def test_a_day_outside_the_table_is_unknown_and_not_guessed(day: str) -> None:
    with pytest.raises(DataMissing, match="outside the session table"):
        session_on(date.fromisoformat(day))
