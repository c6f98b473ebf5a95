"""Patterns planted in a recorded market: the levels and trades of somebody who was not there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tradecore.microstructure.events import UNITS, DepthDiff, DepthSnapshot, MarketEvent, Trade
from tradecore.microstructure.sequence import BookSequence

KINDS: Final = ("spoofing", "iceberg", "flash_crash_risk")
FIRST_MS: Final = 40_000
EACH_MS: Final = 50_000
_TOP: Final = 20
_THIN_SHARE: Final = 0.003


@dataclass(frozen=True, slots=True)
class Planted:
    """A pattern and when it was there."""

    kind: str
    begins: int
    ends: int


@dataclass(slots=True)
class Planter:
    """
    Adds patterns to the events of one pair, one every fifty seconds, the kinds in turn from a seeded first.

    Whatever it does to the book is told by the next recorded message about it, so no update id changes; trades are
    numbered anew. A level is what was recorded plus what is planted there, and nothing where the book is thinned out.
    """

    seed: int
    planted: list[Planted] = field(default_factory=list)
    _chance: np.random.Generator = field(init=False)
    _recorded: tuple[dict[int, int], dict[int, int]] = field(default_factory=lambda: ({}, {}))
    _added: dict[tuple[int, int], int] = field(default_factory=dict)
    _sequence: BookSequence = field(default_factory=BookSequence)
    _dirty: set[tuple[int, int]] = field(default_factory=set)
    _thin: tuple[int, int] | None = None
    _held: tuple[int, int] | None = None
    _plan: "Iterator[list[tuple[int, bool]]] | None" = None
    _next: int = 0
    _turn: int = 0
    _size: int = 0
    _trades: int = 1_000

    def __post_init__(self) -> None:
        """Draw the first kind."""
        self._chance = np.random.default_rng([self.seed, 0x504C])
        self._turn = int(self._chance.integers(len(KINDS)))

    def over(self, events: Iterable[MarketEvent]) -> Iterator[MarketEvent]:
        """The events with the patterns in them."""
        for event in events:
            if isinstance(event, DepthDiff):
                yield from self._step(event)
            elif isinstance(event, Trade):
                yield self._numbered(event)
            else:
                if isinstance(event, DepthSnapshot):
                    self._load(event)
                yield event

    def _load(self, snapshot: DepthSnapshot) -> None:
        is_wanted, later = self._sequence.take_snapshot(snapshot)
        if is_wanted:
            self._recorded = (dict(snapshot.bids), dict(snapshot.asks))
        for diff in later:
            self._record(diff)

    def _step(self, diff: DepthDiff) -> Iterator[MarketEvent]:
        following = self._sequence.take(diff)
        if not following:
            yield diff
            return
        for one in following:
            self._record(one)
        yield from self._told(diff)

    def _record(self, diff: DepthDiff) -> None:
        for side, levels in enumerate((diff.bids, diff.asks)):
            for price, quantity in levels:
                self._dirty.add((side, price))
                if quantity:
                    self._recorded[side][price] = quantity
                else:
                    self._recorded[side].pop(price, None)

    def _told(self, diff: DepthDiff) -> Iterator[MarketEvent]:
        for price, is_buy in self._act(diff.at):
            yield self._numbered(Trade(diff.at, 0, price, self._size, is_buy))
        told: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
        for side, price in sorted(self._dirty):
            told[side].append((price, self._shown(side, price)))
        self._dirty.clear()
        yield diff._replace(bids=tuple(told[0]), asks=tuple(told[1]))

    def _numbered(self, trade: Trade) -> Trade:
        self._trades += 1
        return trade._replace(trade_id=self._trades)

    def _shown(self, side: int, price: int) -> int:
        if self._thin is not None and self._thin[0] < price < self._thin[1]:
            return 0
        if self._is_held(side, price):
            return 0
        return self._recorded[side].get(price, 0) + self._added.get((side, price), 0)

    def _act(self, now: int) -> list[tuple[int, bool]]:
        """What is traded now; begins, carries on and ends patterns."""
        if not self._next:
            self._next = now + FIRST_MS
        if self._plan is None and now >= self._next and all(self._recorded):
            self._next = now + EACH_MS
            kind = KINDS[self._turn % len(KINDS)]
            self._turn += 1
            self._plan = {"spoofing": self._spoof, "iceberg": self._iceberg, "flash_crash_risk": self._crash}[kind]()
            self.planted.append(Planted(kind, now, now))
        if self._plan is None:
            return []
        last = self.planted[-1]
        self.planted[-1] = Planted(last.kind, last.begins, now)
        traded = next(self._plan, None)
        if traded is None:
            self._plan = None
        return traded or []

    def _add(self, side: int, price: int, quantity: int) -> None:
        self._added[side, price] = quantity
        self._dirty.add((side, price))

    def _best(self, side: int) -> int:
        return min(self._recorded[1]) if side else max(self._recorded[0])

    def _usual_large(self) -> int:
        top = [
            quantity
            for side, levels in enumerate(self._recorded)
            for _, quantity in sorted(levels.items(), reverse=not side)[:_TOP]
        ]
        return int(np.quantile(top, 0.95))

    def _spoof(self) -> Iterator[list[tuple[int, bool]]]:
        """Four to eight times an order of 10 to 25 usual large ones, 3 to 15 bps away, for 0.2 to 1.5 s."""
        side, tick = int(self._chance.integers(2)), _tick(self._recorded[0])
        for _ in range(int(self._chance.integers(4, 9))):
            away = int(self._best(side) * self._chance.uniform(3, 15) / 10_000) // tick * tick
            price = self._best(side) + (away if side else -away)
            self._add(side, price, int(self._usual_large() * self._chance.uniform(10, 25)))
            for _ in range(int(self._chance.integers(2, 16))):
                if self._holds(side, price):
                    yield []
            self._add(side, price, 0)
            for _ in range(int(self._chance.integers(8, 20))):
                yield []

    def _iceberg(self) -> Iterator[list[tuple[int, bool]]]:
        """A tranche at the touch, refilled 100 ms after each fill, until 4 to 9 times what is shown was traded."""
        side = int(self._chance.integers(2))
        price = self._best(side)
        beside = self._recorded[side].get(price, 0)
        tranche = max(UNITS // 10, int(beside * self._chance.uniform(0.5, 1.5)))
        size = int(tranche * self._chance.uniform(0.3, 0.9))
        wanted, traded = int((tranche + beside) * self._chance.uniform(4, 9)), 0
        self._add(side, price, tranche)
        self._held = (side, price)
        while traded < wanted:
            self._size = size
            self._add(side, price, tranche - size)
            traded += size
            yield [(price, side == 1)]
            self._add(side, price, tranche)
            for _ in range(int(self._chance.integers(2, 7))):
                yield []
        self._add(side, price, 0)
        self._dirty.update((1 - side, other) for other in self._recorded[1 - side] if self._is_held(1 - side, other))
        self._held = None
        yield []

    def _is_held(self, side: int, price: int) -> bool:
        """Whether a recorded level would have been matched by the iceberg that stands now."""
        if self._held is None or self._held[0] == side:
            return False
        return price <= self._held[1] if side else price >= self._held[1]

    def _holds(self, side: int, price: int) -> bool:
        """Whether the market beside the iceberg is still on its side of the price."""
        return self._best(0) < price if side else self._best(1) > price

    def _crash(self) -> Iterator[list[tuple[int, bool]]]:
        """Thirty basis points each side empty, and for ten seconds more is sold each second."""
        middle = (self._best(0) + self._best(1)) // 2
        reach = int(middle * _THIN_SHARE)
        self._thin = (middle - reach, middle + reach)
        self._touch_all()
        for number in range(100):
            self._size = int(UNITS * self._chance.uniform(0.2, 0.5)) * (1 + number // 10)
            bids = [price for price in self._recorded[0] if price <= middle - reach]
            yield [(max(bids), False)] if number % 2 and bids else []
        self._touch_all()
        self._thin = None
        yield []

    def _touch_all(self) -> None:
        low, high = self._thin or (0, 0)
        for side, levels in enumerate(self._recorded):
            self._dirty.update((side, price) for price in levels if low < price < high)


def _tick(levels: dict[int, int]) -> int:
    return int(np.gcd.reduce(np.array(list(levels), dtype=np.int64)))
