"""Windows hold what happened in them, whatever the order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradecore.microstructure.windows import KnownIds, RollingQuantiles, RollingSum

NOW = 1_700_000_000_000


@given(st.lists(st.tuples(st.integers(0, 9_999), st.integers(-50, 50)), max_size=60), st.randoms(use_true_random=False))
def test_a_rolling_sum_is_the_sum_of_the_window(values: list[tuple[int, int]], chance: object) -> None:
    window = RollingSum(10_000)
    shuffled = list(values)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    for back, value in shuffled:
        window.add(NOW - back, value)
    assert window.total(NOW) == sum(value for back, value in values if back < 9_950)


def test_what_left_the_window_does_not_count() -> None:
    window = RollingSum(10_000)
    window.add(NOW, 7)
    assert [window.total(NOW + after) for after in (0, 9_900, 10_050)] == [7, 7, 0]


@given(st.lists(st.integers(0, 40), max_size=80))
def test_an_id_is_new_once(numbers: list[int]) -> None:
    known, seen = KnownIds(), set[int]()
    for number in numbers:
        assert known.is_new(number) == (number not in seen)
        seen.add(number)
    assert known.missing == (max(seen) - min(seen) + 1 - len(seen) if seen else 0)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_quantile_is_right_to_two_percent(share: float) -> None:
    values = np.random.default_rng(7).lognormal(10, 2, 5_000)
    kept = RollingQuantiles(300_000)
    for number, part in enumerate(np.split(values, 50)):
        kept.add(NOW + 1_000 * number, part)
    found = kept.quantile(NOW + 49_000, share)
    assert found == pytest.approx(float(np.quantile(values, share)), rel=0.02)
    assert kept.rank(NOW + 49_000, found or 0.0) == pytest.approx(share, abs=0.01)


def test_quantiles_forget() -> None:
    kept = RollingQuantiles(300_000)
    kept.add(NOW, np.array([5.0, 0.0]))
    assert kept.count(NOW + 200_000) == 2
    assert kept.quantile(NOW + 200_000, 0.5) == 0.0
    assert kept.quantile(NOW + 400_000, 0.5) is None
    assert kept.rank(NOW + 400_000, 1.0) is None
