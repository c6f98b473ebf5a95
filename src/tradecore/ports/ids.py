"""Identity as an input."""

from abc import abstractmethod
from typing import Protocol


class IdSource(Protocol):
    """Makes ids and secrets; a seeded one repeats itself."""

    @abstractmethod
    def intent_id(self) -> str:
        """A new short id, unique for the account for ever, of characters every venue takes (a-z, 0-9)."""

    @abstractmethod
    def token(self) -> str:
        """A new secret of 256 random bits, URL-safe text."""
