"""A seeded order book of one pair with its trades, and patterns planted in it on request."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import numpy as np

from tradecore.microstructure.events import UNITS, DayTicker, DepthDiff, DepthSnapshot, Levels, MarketEvent, Trade

STEP_MS: Final = 100
TICK: Final = UNITS // 100
_LEVELS: Final = 150
_WIDEST: Final = 40
_CHANGES: Final = 8
_TRADES_A_STEP: Final = 0.4
_SNAPSHOT_EACH: Final = 600
_TICKER_EACH: Final = 10
_PATTERN_EACH: Final = 400
_FIRST_PATTERN: Final = 200
_DAY_VOLUME: Final = 25_000 * UNITS

Pattern = Literal["spoofing", "iceberg", "flash_crash_risk"]
PATTERNS: Final[tuple[Pattern, ...]] = ("spoofing", "iceberg", "flash_crash_risk")
_LASTS: Final = {"spoofing": 60, "iceberg": 80, "flash_crash_risk": 110}


class Planted(NamedTuple):
    """A pattern and when it was there, in milliseconds since 1970-01-01 UTC."""

    pattern: Pattern
    begins: int
    ends: int


@dataclass(slots=True)
class OrderFlow:
    """
    A market in steps of a tenth of a second: its middle wanders, levels come, change and go, aggressors trade.

    The same seed, first price and patterns give the same events. `price` is the first middle in units of 1e-8.
    One of the `patterns` after another begins every forty seconds; `planted` tells which and when.
    """

    seed: int
    price: int
    begins: int
    patterns: Sequence[Pattern] = ()
    planted: list[Planted] = field(default_factory=list)
    _chance: np.random.Generator = field(init=False)
    _middle: int = field(init=False)
    _sides: dict[int, dict[int, int]] = field(init=False)
    _changed: dict[int, dict[int, int]] = field(init=False)
    _update: int = 1_000
    _trade: int = 0
    _step: int = 0
    _spoofed: int = 0
    _refilled: int = 0
    _day: list[int] = field(init=False)

    def __post_init__(self) -> None:
        """Lay out the book."""
        self._chance = np.random.default_rng([self.seed, 0x4F46])
        self._middle = self.price // TICK
        self._sides, self._changed = {1: {}, -1: {}}, {1: {}, -1: {}}
        for sign, levels in self._sides.items():
            away = 1
            for _ in range(_LEVELS):
                levels[self._middle - sign * away] = self._quantity()
                away += int(self._chance.integers(1, 12))
        self._day = [self.price, self.price]

    def steps(self) -> Iterator[tuple[int, list[MarketEvent]]]:
        """For ever: the time of a step, and what happened in it, oldest first."""
        while True:
            yield self._next()

    def snapshot(self, at: int) -> DepthSnapshot:
        """The book as of the last step, which was at this time."""
        return DepthSnapshot(at, self._update, self._levels(1), self._levels(-1))

    def _next(self) -> tuple[int, list[MarketEvent]]:
        at = self.begins + STEP_MS * self._step
        events: list[MarketEvent] = []
        pattern, since = self._pattern(at)
        self._wander(pattern)
        if pattern is not None:
            events += self._act(pattern, since, at)
        events += [self._aggress(at) for _ in range(int(self._chance.poisson(_TRADES_A_STEP)))]
        events.append(self._diff(at))
        if self._step % _SNAPSHOT_EACH == 0:
            events.append(self.snapshot(at))
        if self._step % _TICKER_EACH == 0:
            events.append(self._ticker(at))
        self._step += 1
        return at, events

    def _pattern(self, at: int) -> tuple[Pattern | None, int]:
        """The pattern of this step and how many steps it lasts already."""
        number, since = divmod(self._step - _FIRST_PATTERN, _PATTERN_EACH)
        if not self.patterns or number < 0:
            return None, 0
        pattern = self.patterns[number % len(self.patterns)]
        if since >= _LASTS[pattern]:
            return None, 0
        if since == 0:
            self.planted.append(Planted(pattern, at, at + STEP_MS * _LASTS[pattern]))
        return pattern, since

    def _wander(self, pattern: Pattern | None) -> None:
        """Move the middle, and change a few levels near it."""
        if pattern != "iceberg":
            self._middle += int(self._chance.integers(-2, 3))
        for sign, levels in self._sides.items():
            for tick in [tick for tick in levels if sign * (tick - self._middle) >= 0]:
                self._set(sign, tick, 0)
            wide = 1 if pattern != "flash_crash_risk" else _WIDEST * 30
            if self._middle - sign * wide not in levels and pattern is None:
                self._set(sign, self._middle - sign, self._quantity())
            for _ in range(_CHANGES):
                away = wide + int(self._chance.exponential(200))
                quantity = 0 if self._chance.random() < 0.4 and len(levels) > _LEVELS // 2 else self._quantity()
                self._set(sign, self._middle - sign * away, quantity)

    def _act(self, pattern: Pattern, since: int, at: int) -> list[MarketEvent]:
        if pattern == "spoofing":
            self._spoof(since)
            return []
        if pattern == "iceberg":
            return self._refill(since, at)
        return self._sell_out(since, at)

    def _spoof(self, since: int) -> None:
        """An ask of sixty to ninety, ten basis points away, for three of every ten steps."""
        tick = self._middle + self._middle // 1_000
        if since % 10 == 0:
            self._spoofed = tick
            self._set(-1, tick, int(self._chance.integers(60, 90)) * UNITS)
        elif since % 10 == 3:
            self._set(-1, self._spoofed, 0)

    def _refill(self, since: int, at: int) -> list[MarketEvent]:
        """Three are shown at one bid, one is sold into it every other step, and what was sold is refilled."""
        if since == 0:
            self._refilled = self._middle - 1
        self._set(1, self._refilled, 3 * UNITS)
        return [self._trade_at(at, self._refilled, UNITS, is_buy=False)] if since % 2 else []

    def _sell_out(self, since: int, at: int) -> list[MarketEvent]:
        """Bids near the touch go, then more is sold each second."""
        for tick in [tick for tick in self._sides[1] if tick > self._middle - 30 * _WIDEST]:
            self._set(1, tick, 0)
        for tick in [tick for tick in self._sides[-1] if tick < self._middle + 30 * _WIDEST]:
            self._set(-1, tick, 0)
        best = max(self._sides[1])
        return [self._trade_at(at, best, UNITS * (1 + since // 10), is_buy=False)]

    def _aggress(self, at: int) -> Trade:
        is_buy = bool(self._chance.random() < 0.5)
        tick = min(self._sides[-1]) if is_buy else max(self._sides[1])
        return self._trade_at(at, tick, max(1, int(self._quantity() * self._chance.random() / 4)), is_buy=is_buy)

    def _trade_at(self, at: int, tick: int, quantity: int, *, is_buy: bool) -> Trade:
        self._trade += 1
        sign = -1 if is_buy else 1
        self._set(sign, tick, max(0, self._sides[sign].get(tick, 0) - quantity))
        price = tick * TICK
        self._day = [min(self._day[0], price), max(self._day[1], price)]
        return Trade(at, self._trade, price, quantity, is_buy)

    def _diff(self, at: int) -> DepthDiff:
        first, self._update = self._update + 1, self._update + 3
        bids, asks = (
            tuple((tick * TICK, quantity) for tick, quantity in sorted(self._changed[sign].items())) for sign in (1, -1)
        )
        self._changed = {1: {}, -1: {}}
        return DepthDiff(at, first, self._update, bids, asks)

    def _ticker(self, at: int) -> DayTicker:
        last = self._middle * TICK
        return DayTicker(at, last, (last - self.price) / self.price, self._day[1], self._day[0], _DAY_VOLUME)

    def _levels(self, sign: int) -> Levels:
        return tuple((tick * TICK, quantity) for tick, quantity in sorted(self._sides[sign].items()))

    def _quantity(self) -> int:
        """Mostly small, seldom a few units."""
        return max(1, int(self._chance.lognormal(-1.0, 1.0) * UNITS // 1_000_000)) * 1_000_000

    def _set(self, sign: int, tick: int, quantity: int) -> None:
        if quantity:
            self._sides[sign][tick] = quantity
        elif self._sides[sign].pop(tick, None) is None:
            return
        self._changed[sign][tick] = quantity
