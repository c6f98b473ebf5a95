"""Point of control and value area by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradecore.microstructure.profile import Profile, VolumeProfile, value_area

NOW = 1_700_000_000_000


def test_the_value_area_grows_by_the_larger_pair_of_rows() -> None:
    """
    100 in all; POC 10 with 30. Above 11+12 = 25, below 9+8 = 15: up, 55. Above 13+14 = 5, below 15: down, 70.
    """
    rows = {6: 10, 7: 15, 8: 5, 9: 10, 10: 30, 11: 15, 12: 10, 13: 5}
    assert value_area(rows, 1) == Profile(poc=10, vah=12, val=8, volume=100)


def test_a_tie_goes_up() -> None:
    rows = {9: 10, 10: 60, 11: 10, 12: 10, 8: 10}
    assert value_area(rows, 1) == Profile(poc=10, vah=12, val=10, volume=100)


@pytest.mark.parametrize(
    ("rows", "poc"), [({1: 5, 4: 5, 9: 1}, 4), ({1: 5, 9: 5}, 1), ({3: 2}, 3)], ids=["nearest", "lower", "one"]
)
def test_of_equal_rows_the_one_nearest_the_middle_is_the_point_of_control(rows: dict[int, int], poc: int) -> None:
    found = value_area(rows, 1)
    assert found is not None
    assert found.poc == poc


def test_without_trades_there_is_no_profile() -> None:
    assert value_area({}, 1) is None


def test_trades_leave_after_the_window_and_late_ones_count() -> None:
    profile = VolumeProfile(1_800_000, row=10)
    profile.add(NOW + 600_000, 105, 7)
    profile.add(NOW, 118, 5)
    profile.add(NOW - 1_800_000, 118, 99)
    assert profile.profile(NOW + 600_000) == Profile(poc=100, vah=110, val=100, volume=12)
    assert profile.profile(NOW + 1_900_000) == Profile(poc=100, vah=100, val=100, volume=7)
    assert profile.profile(NOW + 2_500_000) is None


@given(st.dictionaries(st.integers(0, 60), st.integers(0, 9), min_size=1, max_size=12))
def test_rows_without_volume_are_walked_two_by_two(rows: dict[int, int]) -> None:
    """As the method says, however quickly it is done."""
    found = value_area(rows, 1)
    filled = [row for row, volume in rows.items() if volume]
    if not filled:
        assert found is None
        return
    assert found is not None
    low = high = found.poc
    covered = rows[found.poc]
    while covered * 100 < 70 * sum(rows.values()):
        above = rows.get(high + 1, 0) + rows.get(high + 2, 0) if high < max(filled) else -1
        below = rows.get(low - 1, 0) + rows.get(low - 2, 0) if low > min(filled) else -1
        covered += max(above, below)
        if above >= below:
            high = min(high + 2, max(filled))
        else:
            low = max(low - 2, min(filled))
    assert (found.val, found.vah) == (low, high)


def test_one_trade_at_an_absurd_price_costs_no_time() -> None:
    assert value_area({1: 50, 10**13: 50}, 1) == Profile(poc=1, vah=10**13, val=1, volume=100)
