"""The tick of a symbol, found from its prices: the largest step that all of them are multiples of."""

from collections.abc import Iterable
from math import gcd

from tradecore.microstructure.events import Levels


class Grid:
    """Turns prices in units of 1e-8 into ticks; `tick` is the size of one, 0 before any price was seen."""

    __slots__ = ("tick",)

    def __init__(self, tick: int = 0) -> None:
        """Begin with a known size, or learn it."""
        self.tick = tick

    def fits(self, levels: Levels) -> bool:
        """Whether every price is a whole number of ticks."""
        return self.tick > 0 and gcd(self.tick, *[price for price, _ in levels]) == self.tick

    def learn(self, prices: Iterable[int]) -> None:
        """Make the tick as fine as these prices need."""
        self.tick = gcd(self.tick, *prices)

    def ticks(self, levels: Levels) -> list[tuple[int, int]]:
        """The levels with prices as ticks."""
        tick = self.tick
        return [(price // tick, quantity) for price, quantity in levels]
