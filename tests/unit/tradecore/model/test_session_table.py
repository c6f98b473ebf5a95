"""The generated table against days known from elsewhere: the exchange's own notices and holiday pages."""

from datetime import date, time

import pytest

from tradecore.model.session_table import EARLY_CLOSES, FIRST_DAY, HOLIDAYS, LAST_DAY


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2012-10-29", "hurricane Sandy"),
        ("2012-10-30", "hurricane Sandy"),
        ("2018-12-05", "mourning for President Bush"),
        ("2025-01-09", "mourning for President Carter"),
        ("2022-06-20", "first Juneteenth kept, on the Monday"),
        ("2026-07-03", "Independence Day, on the Friday before"),
        ("2026-04-03", "Good Friday"),
        ("2026-11-26", "Thanksgiving"),
        ("2026-12-25", "Christmas"),
    ],
)
def test_the_exchange_was_or_is_closed(day: str, why: str) -> None:
    assert date.fromisoformat(day) in HOLIDAYS, why


@pytest.mark.parametrize("day", ["2013-07-03", "2015-12-24", "2026-11-27", "2026-12-24"])
def test_half_days_end_at_one(day: str) -> None:
    assert EARLY_CLOSES[date.fromisoformat(day)] == time(13, 0)


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2021-06-18", "Juneteenth was a law by then, but no market holiday yet"),
        ("2010-12-31", "a New Year's Day on a Saturday moves nothing"),
        ("2012-10-31", "the first day after Sandy was a full one"),
        ("2013-10-04", "an ordinary Friday"),
        ("2020-03-16", "a halt is not a half day"),
    ],
)
def test_a_full_day(day: str, why: str) -> None:
    parsed = date.fromisoformat(day)
    assert parsed not in HOLIDAYS, why
    assert parsed not in EARLY_CLOSES, why


def test_the_range_is_stated() -> None:
    assert FIRST_DAY.isoformat() == "2008-01-01"
    assert LAST_DAY.isoformat() == "2028-12-31"
    assert all(FIRST_DAY <= day <= LAST_DAY for day in HOLIDAYS | EARLY_CLOSES.keys())


def test_every_entry_is_a_weekday_and_stands_once() -> None:
    assert all(day.weekday() < 5 for day in HOLIDAYS | EARLY_CLOSES.keys())
    assert HOLIDAYS.isdisjoint(EARLY_CLOSES)


@pytest.mark.parametrize(("year", "sessions"), [(2008, 253), (2012, 250), (2018, 251), (2023, 250), (2024, 252)])
def test_the_years_have_the_published_number_of_sessions(year: int, sessions: int) -> None:
    days = (date.fromordinal(n) for n in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()))
    assert sum(day.weekday() < 5 and day not in HOLIDAYS for day in days) == sessions
