"""A clock that stands until it is told to move."""

from datetime import datetime, timedelta

from tradecore.ports.clock import Clock


class ManualClock(Clock):
    """Tells the time it was set to."""

    def __init__(self, now: datetime) -> None:
        """Stand at `now` (aware UTC)."""
        self._now = now

    def now(self) -> datetime:
        """The time it was set to."""
        return self._now

    def machine_seconds(self) -> float:
        """Seconds to the time it was set to."""
        return self._now.timestamp()

    def advance(self, by: timedelta) -> None:
        """
        Move forward.

        Raises:
            ValueError: `by` is negative.
        """
        if by < timedelta(0):
            raise ValueError("a clock does not run backwards")
        self._now += by
