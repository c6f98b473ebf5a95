"""
More traded at a price than ever stood there, in fills of the same size, and what is shown comes back to what it was.

Without order ids this is an inference: somebody refills. The note says so.
"""

from collections import deque
from collections.abc import Collection
from statistics import median
from typing import Final

from tradecore.microstructure.anomalies import Finding, Severity
from tradecore.microstructure.book import BookSide
from tradecore.microstructure.events import Trade
from tradecore.microstructure.thresholds import Thresholds

_STEADY: Final = 0.6
_VERY: Final = 3.0
_LIKE: Final = 0.2
_ACTIVE_MS: Final = 10_000
_FILLS_KEPT: Final = 128
_LEVELS_KEPT: Final = 32


class _Price:
    """What happened lately at one price of one side."""

    __slots__ = ("last", "refilled", "refills", "shown", "sizes")

    def __init__(self, at: int, shown: int) -> None:
        self.last = at
        self.refills = 0
        self.sizes: deque[int] = deque(maxlen=_FILLS_KEPT)
        self.shown: deque[int] = deque([shown], maxlen=_LEVELS_KEPT)
        self.refilled: deque[int] = deque(maxlen=_LEVELS_KEPT // 2)


class IcebergDetector:
    """Follows the prices at which something trades."""

    __slots__ = ("_prices", "_thresholds")

    def __init__(self, thresholds: Thresholds) -> None:
        """Nothing was seen."""
        self._thresholds = thresholds
        self._prices: dict[tuple[int, int], _Price] = {}

    def trade(self, trade: Trade, side: BookSide, rank: int) -> None:
        """Take a trade with what rests at a rank of this side."""
        price = self._prices.get((side.sign, rank))
        if price is None:
            price = self._prices[side.sign, rank] = _Price(trade.at, side.quantity(rank))
            side.watched.add(rank)
        price.last = max(price.last, trade.at)
        price.sizes.append(trade.quantity)

    def see(self, side: BookSide, changes: list[tuple[int, int, int]]) -> None:
        """Take the changes at watched ranks that one message brought."""
        for rank, before, after in changes:
            price = self._prices.get((side.sign, rank))
            if price is None:
                continue
            price.shown.append(after)
            if after > before:
                price.refills += 1
                price.refilled.append(after)

    def findings(self, now: int, bids: BookSide, asks: BookSide, tick: int) -> list[Finding]:
        """What is suspicious now; `tick` is its size in units of 1e-8."""
        found = []
        for (sign, rank), price in list(self._prices.items()):
            side = bids if sign > 0 else asks
            if now - price.last > self._thresholds.iceberg_window_ms or not side.quantity(rank):
                del self._prices[sign, rank]
                side.watched.discard(rank)
            elif now - price.last <= _ACTIVE_MS and self._looks_refilled(price):
                found.append(self._finding(sign, sign * rank * tick / 1e8, price))
        return found

    def _looks_refilled(self, price: _Price) -> bool:
        wanted, like = self._thresholds, _like_fills(price.sizes)
        if len(like) < wanted.iceberg_fills or sum(like) < wanted.iceberg_times_shown * max(price.shown):
            return False
        if sum(like) < wanted.iceberg_like_fills * sum(price.sizes):
            return False
        is_refilled = len(price.refilled) >= max(1, wanted.iceberg_fills // 2)
        return is_refilled and _alike(price.refilled, _STEADY) >= wanted.iceberg_stable_share

    def _finding(self, sign: int, at_price: float, price: _Price) -> Finding:
        side, like = "bid" if sign > 0 else "ask", _like_fills(price.sizes)
        times = sum(like) / max(price.shown)
        is_clear = times >= _VERY * self._thresholds.iceberg_times_shown
        return Finding(
            kind="iceberg",
            key=f"{side} {at_price}",
            severity=Severity.HIGH if is_clear else Severity.MEDIUM,
            note=f"inferred: {times:.1f} times the most that was shown traded at one {side} in {len(like)} like fills",
            evidence={
                "side": side,
                "price": at_price,
                "fills": len(like),
                "traded": sum(like) / 1e8,
                "most_shown": max(price.shown) / 1e8,
                "refills_seen": price.refills,
                "like_fills": round(sum(like) / sum(price.sizes), 3),
            },
        )


def _like_fills(sizes: Collection[int]) -> list[int]:
    """The fills about as large as the one in which half of the volume is reached, which leaves small ones out."""
    left = sum(sizes) / 2
    for middle in sorted(sizes, reverse=True):
        left -= middle
        if left <= 0:
            return [size for size in sizes if abs(size - middle) <= _LIKE * middle]
    return []


def _alike(values: Collection[int], spread: float) -> float:
    """The share of values that are within a share of their median."""
    middle = median(values)
    return sum(abs(value - middle) <= spread * middle for value in values) / len(values)
