"""How much a price really moved: two estimates from one-minute bars, as yearly volatilities.

Either estimate is a volatility per minute first. A year then has 98,280 minutes on the trading clock (252 sessions of
390) or 525,600 on the calendar clock; the calendar one is the clock of this desk's implied volatilities.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Final

import numpy as np

from tradecore.analysis.option_calculator import MinuteClock
from tradecore.model.market import Bar

FEWEST_MINUTES: Final = 15
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class RealisedVolatility:
    """A volatility as a fraction per root year of either clock, from `minutes` observations; 0.2 is 20 %."""

    trading: float
    calendar: float
    minutes: int


def close_to_close(bars: Sequence[Bar]) -> RealisedVolatility | None:
    """
    The sample standard deviation (n - 1) of log returns between closes of consecutive minutes.

    A return over a minute without a bar is left out. None with fewer than FEWEST_MINUTES returns.
    """
    pairs = [(a, b) for a, b in pairwise(_traded(bars)) if b.start - a.start == _MINUTE]
    if len(pairs) < FEWEST_MINUTES:
        return None
    returns = np.array([np.log(float(b.close) / float(a.close)) for a, b in pairs])
    return _of_year(float(np.std(returns, ddof=1)), len(pairs))


def parkinson(bars: Sequence[Bar]) -> RealisedVolatility | None:
    """
    Parkinson's estimate (1980) from ranges: the root of the mean of ln(high / low)^2 / (4 ln 2), a minute.

    It sees no move between two bars, and too little of one in which few trades show. None with fewer than
    FEWEST_MINUTES bars.
    """
    traded = _traded(bars)
    if len(traded) < FEWEST_MINUTES:
        return None
    ranges = np.array([np.log(float(bar.high) / float(bar.low)) for bar in traded])
    return _of_year(float(np.sqrt(np.mean(ranges**2) / (4 * np.log(2)))), len(traded))


def _traded(bars: Sequence[Bar]) -> list[Bar]:
    """Bars whose prices are prices."""
    return [bar for bar in bars if 0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high]


def _of_year(per_minute: float, minutes: int) -> RealisedVolatility:
    trading, calendar = (per_minute * clock.per_year**0.5 for clock in (MinuteClock.TRADING, MinuteClock.CALENDAR))
    return RealisedVolatility(trading, calendar, minutes)
