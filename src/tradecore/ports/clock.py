"""Time as an input."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time; the only source of it."""

    @abstractmethod
    def now(self) -> datetime:
        """The present as aware UTC; never earlier than an answer given before."""
