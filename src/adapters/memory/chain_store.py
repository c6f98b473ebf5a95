"""Published chains in one process."""

import asyncio
from collections.abc import AsyncIterator, Callable

from tradecore.ports.chain_store import ChainSnapshot, ChainStore


class MemoryChainStore(ChainStore):
    """Holds them itself; `seconds` never run backwards."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        """Nothing is there."""
        self._seconds = seconds
        self._newest: dict[str, tuple[float, ChainSnapshot]] = {}
        self._changed = asyncio.Event()

    async def publish(self, snapshot: ChainSnapshot, keep_s: float) -> None:
        """Keep it and wake who follows."""
        self._newest[str(snapshot["underlying"])] = (self._seconds() + keep_s, snapshot)
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def newest(self, underlying: str) -> ChainSnapshot | None:
        """The newest while it stands."""
        until, snapshot = self._newest.get(underlying, (float("-inf"), None))
        return snapshot if self._seconds() < until else None

    async def forget(self, underlying: str) -> None:
        """Take it away."""
        self._newest.pop(underlying, None)

    async def follow(self, underlying: str) -> AsyncIterator[ChainSnapshot]:
        """Whatever is newest each time one is asked for."""
        told: ChainSnapshot | None = None
        while True:
            changed = self._changed
            snapshot = await self.newest(underlying)
            if snapshot is not None and snapshot is not told:
                told = snapshot
                yield snapshot
            else:
                await changed.wait()

    async def close(self) -> None:
        """Nothing is held open."""
