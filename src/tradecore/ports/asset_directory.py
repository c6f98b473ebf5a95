"""What the broker lists."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from tradecore.model.reference import Asset


class AssetDirectory(Protocol):
    """
    Shares and funds that can be held at one broker.

    Every call raises Unavailable, Rejected or OutcomeUnknown when it does not answer.
    """

    @abstractmethod
    async def asset(self, symbol: str) -> Asset | None:
        """One asset by its ticker; None when the broker does not list it."""

    @abstractmethod
    async def assets(self) -> Sequence[Asset]:
        """Every active share and fund, by ticker; may be some hours old."""
