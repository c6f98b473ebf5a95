"""Kinds of days: the seeded path bent into a trend, a narrow range, a crash, or stopped by a halt."""

from dataclasses import replace
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from adapters.simulated.price_path import FloatArray, IntArray, PricePath

_MS_PER_MINUTE: Final = 60_000
_TREND: Final = (0.008, 0.015)
_NARROW: Final = (0.25, 0.5)
_FALL: Final = (0.025, 0.045)
_FALLS_FOR_MINUTES: Final = 12
_HALTED_MINUTES: Final = (5, 16)
_OPENING_MINUTES: Final = 30


class Regime(StrEnum):
    """
    A kind of day.

    `trend` drifts 0.8 to 1.5 % one way after the first half hour; `range` moves a quarter to a half as far from the
    open; `crash` falls 2.5 to 4.5 % within 12 minutes and stays there; `halt` has no quotes and trades for 5 to 15
    minutes and opens again up to 1 % away.
    """

    USUAL = "usual"
    TREND = "trend"
    RANGE = "range"
    CRASH = "crash"
    HALT = "halt"


def bent(path: PricePath, regime: Regime, *, seed: int, session_minutes: int) -> PricePath:
    """The path as it would have been on such a day; the same for the same seed."""
    if regime is Regime.USUAL:
        return path
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 0x524547])))
    minutes: FloatArray = path.offset_ms / _MS_PER_MINUTE
    first = float(path.bid_cents[0])
    if regime is Regime.TREND:
        share = np.clip((minutes - _OPENING_MINUTES) / (session_minutes - _OPENING_MINUTES), 0.0, 1.0)
        return _moved(path, _side(random) * random.uniform(*_TREND) * first * share)
    if regime is Regime.RANGE:
        return _moved(path, (float(random.uniform(*_NARROW)) - 1.0) * (path.bid_cents - first))
    begins = float(random.uniform(60, session_minutes - 90))
    if regime is Regime.CRASH:
        share = np.clip((minutes - begins) / _FALLS_FOR_MINUTES, 0.0, 1.0)
        return _moved(path, -random.uniform(*_FALL) * first * share)
    length = float(random.uniform(*_HALTED_MINUTES))
    gap = _side(random) * random.uniform(0.0, 0.01) * first * (minutes >= begins + length)
    return _without(_moved(path, gap), (minutes < begins) | (minutes >= begins + length))


def _side(random: np.random.Generator) -> int:
    return 1 if random.random() < 0.5 else -1


def _moved(path: PricePath, by: npt.NDArray[np.floating]) -> PricePath:
    cents = np.rint(by).astype(np.int64)
    moved = {name: getattr(path, name) + cents for name in ("bid_cents", "ask_cents", "trade_cents")}
    return _frozen(replace(path, **moved))


def _without(path: PricePath, kept: np.ndarray) -> PricePath:
    names = ("offset_ms", "bid_cents", "ask_cents", "bid_size", "ask_size", "volume", "trade_cents")
    return _frozen(replace(path, **{name: getattr(path, name)[kept] for name in names}))


def _frozen(path: PricePath) -> PricePath:
    arrays: tuple[IntArray, ...] = (path.offset_ms, path.bid_cents, path.ask_cents, path.bid_size, path.ask_size)
    for array in (*arrays, path.volume, path.trade_cents):
        array.setflags(write=False)
    return path
