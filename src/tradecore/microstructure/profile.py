"""The volume profile: what traded at which price in the last half hour."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import Final, NamedTuple

METHOD: Final = (
    "trades; POC is the row with the most volume, at a tie the one nearest the middle of the profile, then the lower; "
    "the value area grows from it by the larger of the two rows above and the two below, upwards at a tie, to 70 %"
)
_SLICES: Final = 60
_VALUE_AREA: Final = 70


class Profile(NamedTuple):
    """Lower edges of the rows of most volume and of the value area's ends, in the prices' own unit."""

    poc: int
    vah: int
    val: int
    volume: int


class VolumeProfile:
    """Volume by row over a window of event time; what falls out of it goes a sixtieth of the window at a time."""

    __slots__ = ("_rows", "_slice", "_slices", "row")

    def __init__(self, window: int, row: int) -> None:
        """So many milliseconds; `row` is the height of a row in the prices' unit."""
        self.row = row
        self._slice = max(1, window // _SLICES)
        self._slices: dict[int, dict[int, int]] = {}
        self._rows: dict[int, int] = {}

    def add(self, at: int, price: int, quantity: int) -> None:
        """Count a trade."""
        row, time = price // self.row, at // self._slice
        rows = self._slices.get(time)
        if rows is None:
            if self._slices and time <= max(self._slices) - _SLICES:
                return
            rows = self._slices[time] = {}
        rows[row] = rows.get(row, 0) + quantity
        self._rows[row] = self._rows.get(row, 0) + quantity

    def profile(self, now: int) -> Profile | None:
        """Point of control and value area; None when nothing traded."""
        self._forget(now)
        return value_area(self._rows, self.row)

    def _forget(self, now: int) -> None:
        first = now // self._slice - _SLICES
        for time in [time for time in self._slices if time <= first]:
            for row, quantity in self._slices.pop(time).items():
                self._rows[row] -= quantity
                if not self._rows[row]:
                    del self._rows[row]


def value_area(rows: Mapping[int, int], height: int) -> Profile | None:
    """
    The profile of volumes by row number; None without any volume.

    Source: the pair-of-rows method of CBOT's Market Profile, as Linn Software documents it (question 123, method A).
    """
    total = sum(rows.values())
    if not total:
        return None
    filled = sorted(row for row, volume in rows.items() if volume)
    lowest, highest = filled[0], filled[-1]
    most = max(rows.values())
    poc = min(
        (row for row, volume in rows.items() if volume == most), key=lambda row: (abs(2 * row - lowest - highest), row)
    )
    low = high = poc
    covered = most
    while 100 * covered < _VALUE_AREA * total:
        above = rows.get(high + 1, 0) + rows.get(high + 2, 0) if high < highest else -1
        below = rows.get(low - 1, 0) + rows.get(low - 2, 0) if low > lowest else -1
        if not max(above, below):
            high, low = _over_nothing(filled, high, low, up=not above)
        elif above >= below:
            covered += above
            high = min(high + 2, highest)
        else:
            covered += below
            low = max(low - 2, lowest)
    return Profile(poc * height, high * height, low * height, total)


def _over_nothing(filled: list[int], high: int, low: int, *, up: bool) -> tuple[int, int]:
    """Where the area ends after all empty pairs of one direction: a far row costs no more than a near one."""
    if up:
        return high + (filled[bisect_right(filled, high)] - high - 1) // 2 * 2, low
    return high, low - (low - filled[bisect_left(filled, low) - 1] - 1) // 2 * 2
