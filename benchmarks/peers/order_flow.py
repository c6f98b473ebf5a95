"""The same changes of an order book for every engine, from a seed and the standard library alone."""

import random

FIRST_TICK = 6_180_000
TICK = 1_000_000
"""The tick in units of 1e-8: a cent."""

Change = tuple[bool, int, int]
"""Whether it is a bid, its tick, its quantity in units of 1e-8; zero takes it away."""


def first_levels(count: int = 500, seed: int = 2) -> list[Change]:
    """A book of so many levels a side, a few ticks apart."""
    chance = random.Random(seed)
    found = []
    for is_bid in (True, False):
        tick = FIRST_TICK
        for _ in range(count):
            tick += chance.randrange(1, 8) * (-1 if is_bid else 1)
            found.append((is_bid, tick, chance.randrange(1, 500) * 1_000_000))
    return found


def level_changes(count: int, seed: int = 3) -> list[Change]:
    """Changes near a touch that wanders, a third of them removals."""
    chance = random.Random(seed)
    middle, found = FIRST_TICK, []
    for _ in range(count):
        middle += chance.choice((-1, 0, 0, 0, 1))
        is_bid = chance.random() < 0.5
        away = min(int(chance.expovariate(0.02)) + 1, 2_000)
        quantity = 0 if chance.random() < 0.35 else chance.randrange(1, 500) * 1_000_000
        found.append((is_bid, middle - away if is_bid else middle + away, quantity))
    return found
