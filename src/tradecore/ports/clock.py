"""Time as an input."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time; the only source of it."""

    @abstractmethod
    def now(self) -> datetime:
        """The present as aware UTC; never earlier than an answer given before."""

    @abstractmethod
    def machine_seconds(self) -> float:
        """Seconds of the machine since some time in its past; they pass evenly, whatever sets its clock."""
