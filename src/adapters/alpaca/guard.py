"""What keeps us from asking too much of a service, or a service that fails: budgets and circuit breakers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tradecore.errors import Unavailable

Seconds = Callable[[], float]
_LONGEST_WAIT: Final = 3.0


class Budget:
    """
    So many requests a minute, a part of them at once.

    `take` waits a little for its turn and then gives up: what waits longer would be sent on facts that are old.
    """

    def __init__(self, name: str, per_minute: int, seconds: Seconds) -> None:
        """Begin with everything that may be taken at once: a third of a minute's."""
        self._name = name
        self._rate = per_minute / 60
        self._most = max(per_minute / 3, 1.0)
        self._left = self._most
        self._seconds = seconds
        self._at = seconds()
        self._closed_until = 0.0
        self.waited = 0
        self.refused = 0

    async def take(self, *, leaves: float = 0.0) -> None:
        """
        Take one request's share, leaving that part of what may be taken at once (0 to 1) to others.

        Raises:
            Unavailable: Its turn would come too late.
        """
        wait = self._reserve(1 + leaves * (self._most - 1))
        if wait > 0:
            self.waited += 1
            await asyncio.sleep(wait)

    def close_until(self, at: float) -> None:
        """Let nothing through before this time (machine seconds): the service said so."""
        self._closed_until = max(self._closed_until, at)

    def _reserve(self, needed: float) -> float:
        now = self._seconds()
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        wait = max((needed - self._left) / self._rate, self._closed_until - now, 0.0)
        if wait > _LONGEST_WAIT:
            self.refused += 1
            raise Unavailable(f"the budget for {self._name} is used up for {wait:.0f} s")
        self._left -= 1
        return wait


@dataclass(frozen=True, slots=True)
class BreakerState:
    """How a breaker stands: `open` lets nothing through but one trial now and then."""

    name: str
    open: bool
    failures: int
    opened: int
    why: str


class Breaker:
    """
    Stops asking a service that failed several times in a row, and tries it again after a while, longer each time.

    A refusal is an answer: it closes the breaker like any other.
    """

    def __init__(
        self, name: str, seconds: Seconds, *, failures: int = 5, first: float = 1.0, last: float = 15.0
    ) -> None:
        """Begin closed; open after so many failures for `first` seconds, then twice as long, up to `last`."""
        self._name = name
        self._seconds = seconds
        self._most = failures
        self._first = first
        self._last = last
        self._pause = first
        self._failures = 0
        self._again_at = 0.0
        self._opened = 0
        self._why = ""

    @property
    def state(self) -> BreakerState:
        """How it stands."""
        return BreakerState(self._name, self._failures >= self._most, self._failures, self._opened, self._why)

    def check(self) -> None:
        """
        Let one request pass, or not.

        Raises:
            Unavailable: The breaker is open and no trial is due.
        """
        if self._failures < self._most:
            return
        now = self._seconds()
        if now < self._again_at:
            raise Unavailable(f"{self._name} failed {self._failures} times in a row ({self._why}); waiting")
        self._again_at = now + self._pause

    def succeeded(self) -> None:
        """An answer came."""
        self._failures = 0
        self._pause = self._first
        self._why = ""

    def failed(self, why: str) -> None:
        """No answer came, or one of a service in trouble."""
        self._failures += 1
        self._why = why
        if self._failures < self._most:
            return
        if self._failures == self._most:
            self._opened += 1
        else:
            self._pause = min(self._pause * 2, self._last)
        self._again_at = self._seconds() + self._pause
