"""Waiting, without knowing how time passes."""

from abc import abstractmethod
from collections.abc import Coroutine, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Bell(Protocol):
    """Wakes whoever waits for a change."""

    @abstractmethod
    def ring(self) -> None:
        """Wake every waiter once."""

    @abstractmethod
    async def wait(self, until: datetime) -> bool:
        """Wait for the next ring; False when `until` came first."""


class Timers(Protocol):
    """Suspends a use case until a time on the same clock that `Clock` tells."""

    @abstractmethod
    async def sleep_until(self, at: datetime) -> None:
        """Return at or just after `at`; at once when it is past."""

    @abstractmethod
    def bell(self) -> Bell:
        """A new bell nobody has rung."""

    @abstractmethod
    async def within(self, seconds: float, work: Coroutine[Any, Any, T]) -> T:
        """
        Await `work` for at most so many seconds of the machine's time, then give it up.

        Raises:
            TimeoutError: It took longer; whether it was carried out is not known.
        """

    @abstractmethod
    async def together(self, works: Sequence[Coroutine[Any, Any, None]]) -> None:
        """Carry out all of these side by side and wait for every one; the first failure is raised."""

    @abstractmethod
    async def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Await `work`, which runs to its end also when the caller is cancelled meanwhile."""

    @abstractmethod
    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Carry on with `work` while the caller goes its way; a failure of it stops the desk."""
