"""The same bars and ticks for every engine, from a seed and the standard library alone."""

import random
from dataclasses import dataclass

SESSION_MINUTES = 390
FIRST_PRICE = 60_000


@dataclass(frozen=True, slots=True)
class CentBar:
    """One minute of trading in cents; `minute` counts from the first session's open."""

    minute: int
    open: int
    high: int
    low: int
    close: int
    volume: int


def minute_bars(sessions: int, seed: int = 4) -> list[CentBar]:
    """A random walk of whole sessions, oldest first; each session begins where the last one ended."""
    chance = random.Random(seed)
    price, bars = FIRST_PRICE, []
    for minute in range(sessions * SESSION_MINUTES):
        opened, price = price, price + chance.randrange(-40, 41)
        high, low = max(opened, price) + chance.randrange(12), min(opened, price) - chance.randrange(12)
        bars.append(CentBar(minute, opened, high, low, price, 1000 + chance.randrange(9000)))
    return bars


def bid_cents(count: int, seed: int = 1) -> list[int]:
    """Bids of a walk in single cents; the ask is a cent above each."""
    chance = random.Random(seed)
    price, bids = FIRST_PRICE, []
    for _ in range(count):
        price += chance.choice((-1, 0, 1))
        bids.append(price)
    return bids
