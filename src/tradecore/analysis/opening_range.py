"""The opening range of a session and whether the newest bar closed beyond it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from tradecore.model.market import Bar


@dataclass(frozen=True, slots=True)
class OpeningRange:
    """High and low traded in the first minutes of the session."""

    high: Decimal
    low: Decimal
    minutes: int


def opening_range(bars: Sequence[Bar], opens: datetime, now: datetime, *, minutes: int = 15) -> OpeningRange | None:
    """
    Range of the bars that start in the session's first `minutes`; None before they are over or without any of them.

    Args:
        bars: Finished bars of the session, oldest first.
        opens: The session's open, UTC.
        now: The present, UTC.
        minutes: Length of the range.
    """
    ends = opens + timedelta(minutes=minutes)
    first = [bar for bar in bars if opens <= bar.start < ends]
    if now < ends or not first:
        return None
    return OpeningRange(max(bar.high for bar in first), min(bar.low for bar in first), minutes)
