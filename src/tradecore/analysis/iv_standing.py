"""Where today's implied volatility stands among those of earlier days."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

FEWEST_DAYS: Final = 20
MOST_DAYS: Final = 252


@dataclass(frozen=True, slots=True, kw_only=True)
class IvStanding:
    """
    Rank and percentile of a volatility among `days` earlier ones, both in percent.

    `rank` is where it lies between the lowest and the highest, 0 to 100 and beyond where it leaves that range;
    `percentile` the share of days that were strictly below it.
    """

    rank: float
    percentile: float
    low: float
    high: float
    days: int


def iv_standing(iv: float, history: Sequence[float]) -> IvStanding | None:
    """
    Standing among the last MOST_DAYS of `history`, oldest first, without today.

    None with fewer than FEWEST_DAYS, or when all of them are equal and there is no range.
    """
    earlier = list(history)[-MOST_DAYS:]
    if len(earlier) < FEWEST_DAYS or min(earlier) == max(earlier):
        return None
    low, high = min(earlier), max(earlier)
    below = sum(one < iv for one in earlier)
    return IvStanding(
        rank=100 * (iv - low) / (high - low),
        percentile=100 * below / len(earlier),
        low=low,
        high=high,
        days=len(earlier),
    )
