"""Named lists of symbols."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from tradecore.model.reference import Watchlist


class Watchlists(Protocol):
    """
    The account's lists; names are unique.

    Every call raises Unavailable or OutcomeUnknown when the keeper of the lists does not answer.
    """

    @abstractmethod
    async def watchlists(self) -> Sequence[Watchlist]:
        """Every list with its symbols, by name."""

    @abstractmethod
    async def create(self, name: str, symbols: Sequence[str]) -> Watchlist:
        """
        Keep a new list.

        Raises:
            Rejected: The name is taken, or a symbol is not known there.
        """

    @abstractmethod
    async def update(self, watchlist_id: str, name: str | None, symbols: Sequence[str] | None) -> Watchlist:
        """
        Change its name, its symbols, or both; None leaves that part as it is.

        Raises:
            Rejected: There is no such list, the name is taken, or a symbol is not known there.
        """
