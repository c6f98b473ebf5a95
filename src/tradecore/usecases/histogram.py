"""Counting how often something took how long, for whoever watches the desk."""

from bisect import bisect_left
from dataclasses import dataclass, field


@dataclass(slots=True)
class Histogram:
    """
    How many values were at most each edge and above the one before; the last count is of all beyond.

    `edges` rise; `counts` has one more than they are.
    """

    edges: tuple[float, ...]
    counts: list[int] = field(init=False)
    total: float = 0.0

    def __post_init__(self) -> None:
        """Nothing was counted."""
        self.counts = [0] * (len(self.edges) + 1)

    def add(self, value: float) -> None:
        """Count one."""
        self.counts[bisect_left(self.edges, value)] += 1
        self.total += value
