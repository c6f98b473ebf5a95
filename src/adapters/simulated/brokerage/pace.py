"""The brokerage's clock: paced, stepped by hand, or kept before an instant it approaches and never reaches."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

_APPROACH: Final = timedelta(minutes=15)


class BrokerageClock:
    """Market time (UTC) that passes `rate` seconds in each second of the machine; a rate of 0 moves by steps alone."""

    def __init__(
        self, begins: datetime, rate: float, seconds: Callable[[], float], stays_before: datetime | None = None
    ) -> None:
        """Start at `begins`; `seconds` counts the machine's and never runs backwards."""
        self.rate = rate
        self._begins = begins
        self._seconds = seconds
        self._since = seconds()
        self._stays_before = stays_before

    def now(self) -> datetime:
        """The market's present."""
        return self._kept(self._begins + timedelta(seconds=(self._seconds() - self._since) * self.rate))

    def step(self, seconds: float) -> datetime:
        """Move on by this much at once; the new present."""
        self._begins, self._since = self._unkept() + timedelta(seconds=seconds), self._seconds()
        return self.now()

    def _unkept(self) -> datetime:
        return self._begins + timedelta(seconds=(self._seconds() - self._since) * self.rate)

    def _kept(self, now: datetime) -> datetime:
        if self._stays_before is None:
            return now
        slows = self._stays_before - _APPROACH
        if now <= slows:
            return now
        # Time never stands still, so that quotes stay fresh: each quarter of an hour brings the instant nearer by 63 %.
        left = _APPROACH * math.exp(-((now - slows) / _APPROACH))
        return self._stays_before - max(left, timedelta(milliseconds=1))
