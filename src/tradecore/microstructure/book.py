"""An order book on a dense grid of ticks around the touch: an update is a store, however many levels there are."""

from array import array
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

_REACH: Final = 1 << 16
_STEPS: Final = 64
_STRIDE: Final = 4096

Change = tuple[int, int, int]
"""Rank, quantity before, quantity after."""


class BookSide:
    """
    The bids, or the asks, of one book.

    A level stands at a rank: its tick for bids, the negative of it for asks, so that the best has the highest of both.
    The 131,072 ranks around the touch are an array, the rest a dictionary. `best` is the best rank, None without any.

    `notable` collects, until somebody empties it, changes of levels that hold at least `large` before or after, or
    whose rank is in `watched`.
    """

    __slots__ = ("_base", "_far", "_near", "_view", "best", "large", "notable", "sign", "watched")

    def __init__(self, sign: int) -> None:
        """`sign` is 1 for bids and -1 for asks."""
        self.sign = sign
        self.best: int | None = None
        self.large: int = 1 << 62
        self.watched: set[int] = set()
        self.notable: list[Change] = []
        self._base = 0
        self._far: dict[int, int] = {}
        self._near = array("q", bytes(16 * _REACH))
        self._view: NDArray[np.int64] = np.frombuffer(self._near, dtype=np.int64)

    def load(self, levels: Iterable[tuple[int, int]]) -> None:
        """Replace all levels; ticks and quantities."""
        self._view[:] = 0
        self._far = {self.sign * tick: quantity for tick, quantity in levels if quantity}
        self.best = max(self._far, default=None)
        if self.best is not None:
            self._centre(self.best)

    def apply(self, levels: Sequence[tuple[int, int]]) -> None:
        """Set the quantities of levels: ticks and quantities; zero takes a level away."""
        sign, base, near, large, watched = self.sign, self._base, self._near, self.large, self.watched
        best = self.best if self.best is not None else base - 1
        width = 2 * _REACH
        for tick, quantity in levels:
            rank = sign * tick
            index = rank - base
            if not 0 <= index < width:
                self._set_far(rank, quantity)
            else:
                before = near[index]
                near[index] = quantity
                if before >= large or quantity >= large or rank in watched:
                    self.notable.append((rank, before, quantity))
            if quantity and rank > best:
                best = rank
        self.best = best
        self._settle()

    def refine(self, factor: int) -> None:
        """Make the tick so many times smaller."""
        self.load([(tick * factor, quantity) for tick, quantity in self.top(1 << 30)])

    def quantity(self, rank: int) -> int:
        """What stands at a rank."""
        index = rank - self._base
        return self._near[index] if 0 <= index < 2 * _REACH else self._far.get(rank, 0)

    def top(self, count: int) -> list[tuple[int, int]]:
        """The best levels, best first: ticks and quantities."""
        best = self.best
        if best is None:
            return []
        end = best - self._base + 1
        ranks: list[int] = []
        reach = _STRIDE
        while len(ranks) < count and reach < 8 * 4 * _REACH:
            begin = max(0, end - reach)
            ranks = (np.flatnonzero(self._view[begin:end])[::-1][:count] + (begin + self._base)).tolist()
            reach *= 8
        if len(ranks) < count:
            ranks += sorted((rank for rank in self._far if rank < self._base), reverse=True)[: count - len(ranks)]
        return [(self.sign * rank, self.quantity(rank)) for rank in ranks]

    def below_the_best(self, ranks: int) -> NDArray[np.int64]:
        """Quantities at the best rank and the ranks behind it, best first; at most as many as are near; a view."""
        if self.best is None:
            return self._view[:0]
        end = self.best - self._base + 1
        return self._view[max(0, end - ranks) : end][::-1]

    def _set_far(self, rank: int, quantity: int) -> None:
        if quantity:
            self._far[rank] = quantity
        else:
            self._far.pop(rank, None)

    def _settle(self) -> None:
        """Walk from where the best was to where it is, and keep it well inside the array."""
        near = self._near
        index = self.best - self._base if self.best is not None else -1
        for _ in range(_STEPS if index < 2 * _REACH else 0):
            if index < 0 or near[index]:
                break
            index -= 1
        if 0 <= index < 2 * _REACH and not near[index]:
            index = self._filled_below(index)
        self.best = self._base + index if 0 <= index < 2 * _REACH else self._highest()
        if self.best is not None and not _REACH // 2 <= self.best - self._base < 3 * _REACH // 2:
            self._centre(self.best)

    def _filled_below(self, end: int) -> int:
        """The last place before `end` that is not empty; -1 when there is none."""
        while end > 0:
            begin = max(0, end - _STRIDE)
            filled = np.flatnonzero(self._view[begin:end])
            if filled.size:
                return begin + int(filled[-1])
            end = begin
        return -1

    def _highest(self) -> int | None:
        """The best of all, the long way."""
        filled = np.flatnonzero(self._view)
        return max([*self._far, *(filled[-1:] + self._base).tolist()], default=None)

    def _centre(self, best: int) -> None:
        """Lay the array around the best rank."""
        filled = np.flatnonzero(self._view)
        levels = dict(zip((filled + self._base).tolist(), self._view[filled].tolist(), strict=True)) | self._far
        self._base = best - _REACH
        self._view[:] = 0
        self._far = {}
        for rank, quantity in levels.items():
            if 0 <= rank - self._base < 2 * _REACH:
                self._near[rank - self._base] = quantity
            else:
                self._far[rank] = quantity


class OrderBook:
    """Both sides of a book."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        """An empty book."""
        self.bids = BookSide(1)
        self.asks = BookSide(-1)

    @property
    def best_bid(self) -> int | None:
        """Tick of the best bid."""
        return self.bids.best

    @property
    def best_ask(self) -> int | None:
        """Tick of the best ask."""
        return None if self.asks.best is None else -self.asks.best

    @property
    def is_crossed(self) -> bool:
        """Whether somebody bids as much as somebody else asks: no book of a venue that matches."""
        bid, ask = self.best_bid, self.best_ask
        return bid is not None and ask is not None and bid >= ask

    def load(self, bids: Sequence[tuple[int, int]], asks: Sequence[tuple[int, int]]) -> None:
        """Replace both sides."""
        self.bids.load(bids)
        self.asks.load(asks)

    def refine(self, factor: int) -> None:
        """Make the tick so many times smaller."""
        self.bids.refine(factor)
        self.asks.refine(factor)

    def apply(self, bids: Sequence[tuple[int, int]], asks: Sequence[tuple[int, int]]) -> None:
        """Apply one message of changes."""
        if bids:
            self.bids.apply(bids)
        if asks:
            self.asks.apply(asks)
