"""At-the-money implied volatility, one a day."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DailyIv:
    """A day's volatility, a fraction per root calendar year."""

    day: date
    iv: float


class IvHistory(Protocol):
    """
    Keeps one volatility of each underlying and day, for good.

    Every call raises Unavailable when it can't be read or written.
    """

    @abstractmethod
    async def add(self, underlying: str, day: date, iv: float) -> bool:
        """Keep a day's; False, and nothing changes, when that day has one already."""

    @abstractmethod
    async def days(self, underlying: str, before: date, most: int) -> Sequence[DailyIv]:
        """The last days before that day, at most so many, oldest first; empty when there are none."""
