"""Longer bars from minutes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from tradecore.model.market import Bar


def grouped_bars(bars: Sequence[Bar], opens: datetime, minutes: int, now: datetime) -> list[Bar]:
    """
    Bars of so many minutes, counted from `opens`, of one session's minute bars, oldest first.

    Only finished ones: the last is left out while its time is not over, also when its minutes so far are. An interval
    without a trade has no bar.
    """
    lasting = timedelta(minutes=minutes)
    found = []
    for number, group in groupby(bars, key=lambda bar: (bar.start - opens) // lasting):
        members = list(group)
        start = opens + number * lasting
        if start + lasting <= now:
            found.append(_merged(members, start, start + lasting))
    return found


def _merged(bars: Sequence[Bar], start: datetime, end: datetime) -> Bar:
    volume = bars[0].volume
    for bar in bars[1:]:
        volume += bar.volume
    high, low = max(bar.high for bar in bars), min(bar.low for bar in bars)
    return Bar(bars[0].instrument, start, end, bars[0].open, high, low, bars[-1].close, volume)
