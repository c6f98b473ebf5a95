"""Where the book is thick and where it is thin: walls and vacuums against what was usual in the last minutes."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradecore.microstructure.book import BookSide
from tradecore.microstructure.thresholds import Thresholds
from tradecore.microstructure.windows import RollingQuantiles

_SAMPLED_EACH_MS: Final = 1_000
_FEWEST_TICKS: Final = 5
_MOST_WALLS: Final = 20


class Wall(NamedTuple):
    """A level that holds far more than others; `times` is its quantity over the usual large one."""

    sign: int
    tick: int
    quantity: int
    times: float


class Vacuum(NamedTuple):
    """Adjacent zones that hold next to nothing, from the lower to the higher tick, both included."""

    sign: int
    low: int
    high: int
    quantity: int


class Liquidity:
    """What levels and zones usually hold, and which do not."""

    __slots__ = ("_levels", "_sampled", "_thresholds", "_zones")

    def __init__(self, thresholds: Thresholds) -> None:
        """Nothing is usual yet."""
        self._thresholds = thresholds
        self._levels = RollingQuantiles(thresholds.depth_ms)
        self._zones = RollingQuantiles(thresholds.depth_ms)
        self._sampled: int | None = None

    def sample(self, at: int, bids: BookSide, asks: BookSide, minimum: int) -> None:
        """Remember how deep the book is, once a second; sets from where on a level counts as large."""
        if self._sampled is not None and at - self._sampled < _SAMPLED_EACH_MS:
            return
        self._sampled = at
        top = [quantity for side in (bids, asks) for _, quantity in side.top(self._thresholds.levels)]
        self._levels.add(at, np.array(top, dtype=np.float64))
        for side in (bids, asks):
            self._zones.add(at, self._depths(side).astype(np.float64))
        usual = self._levels.quantile(at, self._thresholds.wall_share) or 0.0
        bids.large = asks.large = max(int(self._thresholds.spoof_factor * usual), minimum, 1)

    def wall_quantity(self, now: int) -> int | None:
        """From how much on a level is a wall; None before anything was seen."""
        usual = self._levels.quantile(now, self._thresholds.wall_share)
        if usual is None:
            return None
        return max(int(self._thresholds.wall_factor * usual), int(self._thresholds.wall_minimum * 1e8), 1)

    def vacuum_quantity(self, now: int) -> int | None:
        """Up to how much a vacuum may hold, half of the median at most; None before anything was seen."""
        low, usual = (self._zones.quantile(now, share) for share in (self._thresholds.vacuum_share, 0.5))
        return None if low is None or usual is None else int(min(low, usual / 2))

    def walls(self, now: int, side: BookSide) -> list[Wall]:
        """The largest walls within reach of the touch, best price first."""
        least = self.wall_quantity(now)
        if least is None or side.best is None:
            return []
        depths = side.below_the_best(_reach(side.best, self._thresholds.reach_bps))
        found = np.flatnonzero(depths >= least)
        if found.size > _MOST_WALLS:
            found = np.sort(found[np.argsort(depths[found])[-_MOST_WALLS:]])
        best, usual = side.best, least / self._thresholds.wall_factor
        return [
            Wall(side.sign, side.sign * (best - behind), int(depths[behind]), float(depths[behind]) / usual)
            for behind in found.tolist()
        ]

    def vacuums(self, now: int, side: BookSide) -> list[Vacuum]:
        """The thin regions near the touch, adjacent zones together, nearest first."""
        most = self.vacuum_quantity(now)
        if most is None or side.best is None:
            return []
        depths, ticks = self._depths(side), zone_ticks(side.best, self._thresholds.zone_bps)
        found: list[Vacuum] = []
        begin = None
        for zone, is_thin in enumerate([*(depths <= most).tolist(), False]):
            if is_thin and begin is None:
                begin = zone
            elif not is_thin and begin is not None:
                ends = sorted((side.best - begin * ticks, side.best - zone * ticks + 1))
                low, high = sorted(side.sign * rank for rank in ends)
                found.append(Vacuum(side.sign, low, high, int(depths[begin:zone].sum())))
                begin = None
        return found

    def thin_share(self, now: int, *sides: BookSide) -> float:
        """The share of zones near the touch that are vacuums, of all sides together."""
        most = self.vacuum_quantity(now)
        zones: list[int] = [depth for side in sides for depth in self._depths(side).tolist()]
        return len([depth for depth in zones if depth <= most]) / len(zones) if most is not None and zones else 0.0

    def _depths(self, side: BookSide) -> NDArray[np.int64]:
        """What each zone holds, nearest first."""
        if side.best is None:
            return np.zeros(0, dtype=np.int64)
        ticks, zones = zone_ticks(side.best, self._thresholds.zone_bps), self._thresholds.zones
        depths = side.below_the_best(ticks * zones)
        whole = depths[: len(depths) // ticks * ticks]
        held: NDArray[np.int64] = whole.reshape(-1, ticks).sum(axis=1)
        return held


def zone_ticks(best: int, bps: float) -> int:
    """How many ticks a zone of so many basis points has; five at least, because a vacuum takes several."""
    return max(_FEWEST_TICKS, _reach(best, bps))


def _reach(best: int, bps: float) -> int:
    return max(1, round(abs(best) * bps / 10_000))
