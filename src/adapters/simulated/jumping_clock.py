"""A machine's clock that is set now and then, forward or back, and never tells an earlier time than before."""

from datetime import datetime, timedelta

from tradecore.ports.clock import Clock


class JumpingClock(Clock):
    """True time plus how far the machine is off; set back it stands still until true time has caught up."""

    def __init__(self, true: Clock) -> None:
        """Start on time."""
        self._true = true
        self._off = timedelta(0)
        self._latest = true.now()

    def now(self) -> datetime:
        """The machine's present, never earlier than an answer given before."""
        self._latest = max(self._latest, self._true.now() + self._off)
        return self._latest

    def machine_seconds(self) -> float:
        """True seconds."""
        return self._true.machine_seconds()

    def set_off(self, by: timedelta) -> None:
        """Set the machine's clock so far ahead of true time, or behind it (below zero)."""
        self._off = by
