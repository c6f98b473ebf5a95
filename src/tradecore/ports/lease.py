"""The right to be an account's only writer."""

from abc import abstractmethod
from typing import Protocol


class Lease(Protocol):
    """Held for the life of a desk; nobody takes it from a living holder."""

    @property
    @abstractmethod
    def number(self) -> int:
        """Counts the holders of this account; each new holder's is higher."""

    @abstractmethod
    def release(self) -> None:
        """Give the account up; idempotent."""
