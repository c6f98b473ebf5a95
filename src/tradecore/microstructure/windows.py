"""Windows over event time: their cost does not grow with what is in them, nor does order change it."""

from math import exp, log
from typing import Final

import numpy as np
from numpy.typing import NDArray

_STEP: Final = log(1.02)
_BINS: Final = 2_048


class RollingSum:
    """
    The sum over the last `window` milliseconds, to a step of a two-hundredth of it.

    What comes late is counted where it belongs, as long as that is still in the window. The window never goes back.
    """

    __slots__ = ("_last", "_step", "_steps", "_sums", "_total")

    def __init__(self, window: int) -> None:
        """So many milliseconds."""
        self._steps = min(200, window)
        self._step = window // self._steps
        self._sums = [0] * self._steps
        self._total = 0
        self._last = -1

    def add(self, at: int, value: int) -> None:
        """Count a value at its time."""
        time = at // self._step
        if time > self._last:
            self._advance(time)
        if time > self._last - self._steps:
            self._sums[time % self._steps] += value
            self._total += value

    def total(self, now: int) -> int:
        """The sum of the steps that end with the one of `now`, or with the newest."""
        time = now // self._step
        if time > self._last:
            self._advance(time)
        return self._total

    def _advance(self, time: int) -> None:
        """Empty the steps that the window moves on to."""
        for new in range(max(self._last, time - self._steps) + 1, time + 1):
            place = new % self._steps
            self._total -= self._sums[place]
            self._sums[place] = 0
        self._last = time


class RollingQuantiles:
    """
    Quantiles of what was seen in the last `window` milliseconds, to two percent of a value.

    Values are counted in bins that grow by two percent, in thirty slices of the window.
    """

    __slots__ = ("_below", "_counts", "_looked", "_slice", "_slices", "_times", "_total")

    def __init__(self, window: int, slices: int = 30) -> None:
        """So many milliseconds, forgotten a slice at a time."""
        self._slices = slices
        self._slice = max(1, window // slices)
        self._counts = np.zeros((slices, _BINS), dtype=np.int32)
        self._times = [-1] * slices
        self._total = np.zeros(_BINS, dtype=np.int64)
        self._below: NDArray[np.int64] | None = None
        self._looked = -1

    def add(self, at: int, values: NDArray[np.float64]) -> None:
        """Count values that are zero or at least one, and not above 1e17."""
        time = at // self._slice
        place = time % self._slices
        if self._times[place] > time:
            return
        if self._times[place] < time:
            self._total -= self._counts[place]
            self._counts[place] = 0
            self._times[place] = time
        counted = np.bincount(_bins(values), minlength=_BINS)
        self._counts[place] += counted.astype(np.int32)
        self._total += counted
        self._below = None

    def count(self, now: int) -> int:
        """How many values are in the window."""
        return int(self._counted(now)[-1])

    def quantile(self, now: int, share: float) -> float | None:
        """The value that so large a share of all is not above; None when nothing was seen."""
        below = self._counted(now)
        if not below[-1]:
            return None
        found = int(below.searchsorted(share * float(below[-1])))
        return 0.0 if found == 0 else exp((found - 0.5) * _STEP)

    def rank(self, now: int, value: float) -> float | None:
        """The share of what was seen that is below a value, those in its own bin by half."""
        below = self._counted(now)
        if not below[-1]:
            return None
        own = int(_bins(np.array([value]))[0])
        return float(below[own] - self._total[own] / 2) / float(below[-1])

    def _counted(self, now: int) -> NDArray[np.int64]:
        """How many values are not above each bin."""
        slice_now = now // self._slice
        if slice_now > self._looked:
            self._looked = slice_now
            for place, time in enumerate(self._times):
                if 0 <= time <= slice_now - self._slices:
                    self._total -= self._counts[place]
                    self._counts[place] = 0
                    self._times[place] = -1
                    self._below = None
        if self._below is None:
            self._below = self._total.cumsum()
        return self._below


def _bins(values: NDArray[np.float64]) -> NDArray[np.int64]:
    logs = np.log(np.maximum(values, 1.0)) / _STEP
    found: NDArray[np.int64] = np.where(values < 1.0, 0, np.minimum(logs.astype(np.int64) + 1, _BINS - 1))
    return found


class KnownIds:
    """
    Says of each id whether it came before, where ids count up by one and may come late.

    Those that are missing are remembered, the newest ten thousand of them; an older one that comes after all counts as
    known, because counting something twice is worse than not at all.
    """

    __slots__ = ("_highest", "_lowest", "_missing")

    _MOST: Final = 10_000

    def __init__(self) -> None:
        """Nothing came yet."""
        self._highest: int | None = None
        self._lowest = 0
        self._missing: dict[int, None] = {}

    @property
    def missing(self) -> int:
        """How many ids between the lowest and the highest have not come."""
        return len(self._missing)

    def is_new(self, number: int) -> bool:
        """Whether this id comes for the first time; it is known afterwards."""
        highest = self._highest
        if highest is None:
            self._highest = self._lowest = number
        elif number == highest + 1:
            self._highest = number
        elif number > highest:
            self._miss(max(highest + 1, number - self._MOST), number)
            self._highest = number
        elif number < self._lowest:
            self._miss(max(number + 1, self._lowest - self._MOST), self._lowest)
            self._lowest = number
        elif number in self._missing:
            del self._missing[number]
        else:
            return False
        return True

    def _miss(self, first: int, end: int) -> None:
        self._missing.update(dict.fromkeys(range(first, end)))
        while len(self._missing) > self._MOST:
            del self._missing[next(iter(self._missing))]
