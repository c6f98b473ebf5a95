"""Where completed chains are published for other processes."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

ChainSnapshot = Mapping[str, Any]
"""A chain as JSON, see `tradecore.usecases.chain_snapshot`; `underlying`, `expiry` and `number` are always there."""


class ChainStore(Protocol):
    """
    The newest chain of each underlying, and word of every new one.

    Every call raises Unavailable when the store can't be reached.
    """

    @abstractmethod
    async def publish(self, snapshot: ChainSnapshot, keep_s: float) -> None:
        """Keep it as its underlying's newest for so many seconds, and tell whoever follows."""

    @abstractmethod
    async def newest(self, underlying: str) -> ChainSnapshot | None:
        """The newest; None when there is none, or it is too long ago."""

    @abstractmethod
    async def forget(self, underlying: str) -> None:
        """Take the newest away: its contracts have expired."""

    @abstractmethod
    def follow(self, underlying: str) -> AsyncIterator[ChainSnapshot]:
        """What stands now, if anything, then each newer one for ever; who is slow misses those between."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of whatever it holds open."""
