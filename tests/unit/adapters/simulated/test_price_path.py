import functools
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from adapters.simulated import price_path
from adapters.simulated.price_path import PricePath, seeded_day

SEEDS = range(50)
_ARRAYS = ("offset_ms", "bid_cents", "ask_cents", "bid_size", "ask_size", "volume", "trade_cents")
_FULL, _HALF = 390, 210
_DIGEST_PROGRAM = """
import hashlib
from adapters.simulated.price_path import seeded_day
path = seeded_day(seed=11, session_minutes=390)
names = ("offset_ms", "bid_cents", "ask_cents", "bid_size", "ask_size", "volume", "trade_cents")
print(hashlib.sha256(b"".join(getattr(path, name).tobytes() for name in names)).hexdigest(), path.breakout_minute)
"""


class Bars(NamedTuple):
    high: npt.NDArray[np.int64]
    low: npt.NDArray[np.int64]
    close: npt.NDArray[np.int64]


@functools.cache
def _day(seed: int, minutes: int) -> PricePath:
    return seeded_day(seed=seed, session_minutes=minutes)


@functools.cache
def _bars(seed: int, minutes: int) -> Bars:
    path = _day(seed, minutes)
    edges = np.searchsorted(path.offset_ms, np.arange(minutes + 1) * 60_000)
    parts = [path.trade_cents[start:end] for start, end in pairwise(edges)]
    columns = ([part.max() for part in parts], [part.min() for part in parts], [part[-1] for part in parts])
    return Bars(*(np.array(column) for column in columns))


def _opening_range(bars: Bars) -> tuple[int, int]:
    return int(bars.low[:15].min()), int(bars.high[:15].max())


@pytest.mark.parametrize("minutes", [_FULL, _HALF])
@pytest.mark.parametrize("seed", SEEDS)
def test_ticks_advance_inside_the_session_at_four_or_more_a_second(seed: int, minutes: int) -> None:
    offset = _day(seed, minutes).offset_ms
    assert offset[0] >= 0
    assert offset[-1] < minutes * 60_000
    assert (np.diff(offset) > 0).all()
    assert np.unique(np.diff(offset)).size > 100
    per_ten_seconds = np.bincount(offset // 10_000, minlength=minutes * 6)
    assert per_ten_seconds.size == minutes * 6
    assert (per_ten_seconds >= 40).all()


@pytest.mark.parametrize("minutes", [_FULL, _HALF])
@pytest.mark.parametrize("seed", SEEDS)
def test_every_tick_has_a_sane_book_and_a_trade_inside_it(seed: int, minutes: int) -> None:
    path = _day(seed, minutes)
    assert {getattr(path, name).dtype for name in _ARRAYS} == {np.dtype(np.int64)}
    assert {getattr(path, name).shape for name in _ARRAYS} == {path.offset_ms.shape}
    spread = path.ask_cents - path.bid_cents
    assert set(np.unique(spread)) == {1, 2}
    assert (spread == 1).mean() > 0.8
    assert ((path.bid_cents <= path.trade_cents) & (path.trade_cents <= path.ask_cents)).all()
    assert min(path.bid_size.min(), path.ask_size.min(), path.volume.min()) >= 1


@pytest.mark.parametrize("minutes", [_FULL, _HALF])
@pytest.mark.parametrize("seed", SEEDS)
def test_first_close_beyond_the_opening_range_is_the_planted_breakout(seed: int, minutes: int) -> None:
    path, bars = _day(seed, minutes), _bars(seed, minutes)
    low, high = _opening_range(bars)
    close = bars.close[15:]
    first = 15 + int(np.flatnonzero((close > high) | (close < low))[0])
    assert first == path.breakout_minute
    assert 20 <= first < 90
    assert bool(bars.close[first] > high) is path.breakout_up
    beyond = bars.close[first] - high if path.breakout_up else low - bars.close[first]
    assert 5 <= beyond <= 60


@pytest.mark.parametrize("seed", SEEDS)
def test_breakout_either_continues_or_fades_as_announced(seed: int) -> None:
    path, bars = _day(seed, _FULL), _bars(seed, _FULL)
    side = 1 if path.breakout_up else -1
    entry = bars.close[path.breakout_minute]
    move = side * (bars.close[path.breakout_minute + 1 : path.breakout_minute + 48] - entry) / entry
    if path.follow_through:
        assert 0.0035 < move.max() < 0.0100
        assert move[: int(move.argmax())].min(initial=0.0) > -0.0012
    else:
        assert -0.0080 < move.min() < -0.0025
        assert move[: int(move.argmin())].max(initial=0.0) < 0.0012


def test_directions_and_outcomes_are_drawn_from_the_seed_in_the_promised_proportions() -> None:
    draws = [price_path._draw_plan(price_path._stream(seed, 1)) for seed in range(2000)]
    # Three standard errors of a proportion over 2,000 draws are 0.034.
    assert abs(np.mean([plan.up for plan in draws]) - 0.50) < 0.034
    assert abs(np.mean([plan.follow_through for plan in draws]) - 0.55) < 0.034
    assert {plan.breakout_minute for plan in draws} == set(range(20, 81))


def test_realised_volatility_and_day_range_are_plausible_for_an_index_fund() -> None:
    volatilities, ranges = [], []
    for seed in SEEDS:
        bars = _bars(seed, _FULL)
        volatilities.append(float(np.sqrt(np.mean(np.diff(np.log(bars.close)) ** 2) * 390 * 252)))
        ranges.append((bars.high.max() - bars.low.min()) / bars.close[0])
    assert min(volatilities) > 0.10
    assert max(volatilities) < 0.25
    assert min(ranges) > 0.004
    assert max(ranges) < 0.015
    assert 0.005 < float(np.median(ranges)) < 0.012


def test_volume_and_volatility_are_higher_at_both_ends_of_the_day_than_at_noon() -> None:
    volume = np.zeros(_FULL)
    squared = np.zeros(_FULL - 1)
    for seed in SEEDS:
        path = _day(seed, _FULL)
        volume += np.bincount(path.offset_ms // 60_000, weights=path.volume.astype(float), minlength=_FULL)
        squared += np.diff(np.log(_bars(seed, _FULL).close)) ** 2
    for profile in (volume, squared):
        noon = profile[165:225].mean()
        assert profile[:30].mean() > 1.3 * noon
        assert profile[-30:].mean() > 1.3 * noon


def test_open_price_sets_the_first_mid() -> None:
    path = seeded_day(seed=5, session_minutes=_FULL, open_price=431.27)
    assert path.bid_cents[0] <= 43_127 <= path.ask_cents[0]


def test_a_cheap_underlying_still_breaks_out() -> None:
    path = seeded_day(seed=8, session_minutes=_FULL, open_price=100.0)
    edge = int(np.searchsorted(path.offset_ms, 15 * 60_000))
    last = int(np.searchsorted(path.offset_ms, (path.breakout_minute + 1) * 60_000)) - 1
    close = path.trade_cents[last]
    opening = path.trade_cents[:edge]
    assert (close > opening.max()) if path.breakout_up else (close < opening.min())


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not() -> None:
    first, again, other = (seeded_day(seed=seed, session_minutes=_HALF) for seed in (3, 3, 4))
    for name in _ARRAYS:
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()
        assert getattr(first, name).tobytes() != getattr(other, name).tobytes()


def test_arrays_cannot_be_modified() -> None:
    with pytest.raises(ValueError, match="read-only"):
        _day(0, _HALF).bid_cents[0] = 1


def test_same_seed_gives_the_same_bytes_in_processes_with_different_hash_seeds() -> None:
    outputs = {_run(_DIGEST_PROGRAM, hash_seed) for hash_seed in ("1", "2")}
    assert len(outputs) == 1
    assert len(outputs.pop().split()[0]) == 64


@pytest.mark.parametrize("fault", [{"seed": -1}, {"session_minutes": 100}, {"open_price": 5.0}, {"open_price": np.nan}])
def test_impossible_arguments_are_refused(fault: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must"):
        seeded_day(**({"seed": 1, "session_minutes": _FULL} | fault))


def _run(program: str, hash_seed: str) -> str:
    source = Path(price_path.__file__).parents[2]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(source)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    return done.stdout
