"""How much traded at each tick in each tenth of a second of the last while."""

from typing import Final

_SLICE_MS: Final = 100


class TradedAt:
    """Quantities traded by tick; what is older than `keeps` milliseconds is forgotten."""

    __slots__ = ("_keeps", "_slices")

    def __init__(self, keeps: int) -> None:
        """Nothing traded yet."""
        self._keeps = keeps // _SLICE_MS
        self._slices: dict[int, dict[int, int]] = {}

    def add(self, at: int, tick: int, quantity: int) -> None:
        """Count a trade."""
        rows = self._slices.setdefault(at // _SLICE_MS, {})
        rows[tick] = rows.get(tick, 0) + quantity

    def between(self, tick: int, begin: int, end: int) -> int:
        """What traded at a tick between two times, to a tenth of a second and both included."""
        slices = range(begin // _SLICE_MS, end // _SLICE_MS + 1)
        return sum(self._slices[time].get(tick, 0) for time in slices if time in self._slices)

    def forget(self, now: int) -> None:
        """Let go of what is too old."""
        first = now // _SLICE_MS - self._keeps
        for time in [time for time in self._slices if time <= first]:
            del self._slices[time]
