"""Volume-weighted average price of a session."""

from collections.abc import Sequence
from decimal import Decimal

from tradecore.model.market import Bar

_THREE = Decimal(3)


def session_vwap(bars: Sequence[Bar]) -> Decimal | None:
    """
    The sum of typical price times volume over the sum of volumes; None while nothing was traded.

    The typical price of a bar is (high + low + close) / 3. `bars` are the finished bars of a session from its open.
    """
    volume = sum((bar.volume for bar in bars), Decimal(0))
    if volume <= 0:
        return None
    return sum(((bar.high + bar.low + bar.close) / _THREE * bar.volume for bar in bars), Decimal(0)) / volume
