"""Where events of pairs come from."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from tradecore.microstructure.events import MarketEvent

Publish = Callable[[str, Sequence[MarketEvent]], Awaitable[None]]
"""Takes a symbol and its next events, oldest first; raises Unavailable when they could not be kept."""


class MarketEventFeed(Protocol):
    """
    Tells events of the symbols it was made for.

    Each symbol begins with a snapshot of its book, and has another at least once a minute, so that who comes later can
    follow. Events that could not be published are lost; a snapshot follows as soon as publishing works again.
    """

    @property
    @abstractmethod
    def venue(self) -> str:
        """Whose events these are, for example BINANCE."""

    @property
    @abstractmethod
    def symbols(self) -> tuple[str, ...]:
        """The pairs."""

    @abstractmethod
    async def run(self, publish: Publish) -> None:
        """Publish until the events end or the caller cancels it."""
