"""Reaching a person who is away from the desk, and showing the world outside that the desk lives."""

from abc import abstractmethod
from typing import Protocol

from tradecore.errors import Unavailable
from tradecore.model.notices import Notice


class AskedToWait(Unavailable):
    """The receiver takes nothing now; `seconds` is how long it asks to be left alone."""

    def __init__(self, message: str, seconds: float) -> None:
        """Say why, and for how long."""
        super().__init__(message)
        self.seconds = seconds


class Alerting(Protocol):
    """
    Hands notices to one place where a person sees them.

    No message of an error holds the place's address, which is a secret.
    """

    @abstractmethod
    async def deliver(self, notice: Notice) -> None:
        """
        Hand one notice over; the same one again is shown again, with the same id.

        Raises:
            AskedToWait: Too many came; try again after its seconds.
            Unavailable: It did not arrive; try again.
            OutcomeUnknown: It may have arrived; try again, twice is better than never.
            Rejected: The place does not take it; trying again changes nothing.
        """

    @abstractmethod
    async def close(self) -> None:
        """Let go of whatever it holds open."""


class Heartbeat(Protocol):
    """Tells a service outside that the desk lives, so that it can call somebody when it falls silent."""

    @abstractmethod
    async def beat(self) -> None:
        """
        Tell it once.

        Raises:
            Unavailable, Rejected, OutcomeUnknown: It was not told, or may not have been.
        """

    @abstractmethod
    async def close(self) -> None:
        """Let go of whatever it holds open."""
