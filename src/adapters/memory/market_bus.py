"""A market bus in one process."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from tradecore.ports.market_bus import Entry, MarketBus, Message

_AT_A_TIME: Final = 500
_SET_ASIDE_MOST: Final = 1_000


@dataclass(slots=True)
class _Stream:
    waiting: deque[Entry] = field(default_factory=deque)
    delivered: deque[Entry] = field(default_factory=deque)
    pending: dict[str, Entry] = field(default_factory=dict)
    owner: str | None = None
    owned_until: datetime | None = None
    came: asyncio.Event = field(default_factory=asyncio.Event)


class MemoryMarketBus(MarketBus):
    """
    Holds everything itself; entries older than `retention` go away, read or not.

    `now` is the clock, `lease` how long a stream stays its owner's without another word.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        retention: timedelta = timedelta(minutes=60),
        lease: timedelta = timedelta(seconds=5),
    ) -> None:
        """Nothing is there."""
        self._now = now
        self._retention = retention
        self._lease = lease
        self._streams: dict[str, _Stream] = {}
        self._reports: dict[str, Mapping[str, Any]] = {}
        self._count = 0
        self.set_aside_entries: deque[tuple[str, Entry, str]] = deque(maxlen=_SET_ASIDE_MOST)

    async def publish(self, symbol: str, messages: Sequence[Message]) -> None:
        """Append."""
        stream = self._stream(symbol)
        self._count += 1
        at = int(self._now().timestamp() * 1000)
        stream.waiting.append(Entry(f"{at}-{self._count}", at, tuple(messages)))
        oldest = at - int(self._retention.total_seconds() * 1000)
        for entries in (stream.delivered, stream.waiting):
            while entries and entries[0].at < oldest:
                entries.popleft()
        stream.came.set()

    async def streams(self) -> list[str]:
        """Symbols with a stream."""
        return sorted(self._streams)

    async def own(self, symbol: str, worker: str) -> bool:
        """Take or renew."""
        stream, now = self._stream(symbol), self._now()
        if stream.owner not in (None, worker) and stream.owned_until is not None and now < stream.owned_until:
            return False
        stream.owner, stream.owned_until = worker, now + self._lease
        return True

    async def release(self, symbol: str, worker: str) -> None:
        """Give up."""
        stream = self._stream(symbol)
        if stream.owner == worker:
            stream.owner = stream.owned_until = None

    async def unfinished(self, symbol: str, worker: str) -> list[Entry]:  # noqa: ARG002 - one process, one group
        """Everything delivered and not acknowledged."""
        return list(self._stream(symbol).pending.values())

    async def history(self, symbol: str, since: int) -> list[Entry]:
        """What was delivered already."""
        stream = self._stream(symbol)
        return [entry for entry in stream.delivered if entry.at >= since]

    async def read(self, symbol: str, worker: str, wait_s: float) -> list[Entry]:  # noqa: ARG002
        """The next entries."""
        stream = self._stream(symbol)
        if not stream.waiting:
            stream.came.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await stream.came.wait()
            except TimeoutError:
                return []
        found = [stream.waiting.popleft() for _ in range(min(_AT_A_TIME, len(stream.waiting)))]
        stream.delivered.extend(found)
        stream.pending |= {entry.entry_id: entry for entry in found}
        return found

    async def finish(
        self, symbol: str, worker: str, report: Mapping[str, Any] | None, entry_ids: Iterable[str]
    ) -> bool:
        """Keep and acknowledge."""
        stream = self._stream(symbol)
        if stream.owner != worker or stream.owned_until is None or self._now() >= stream.owned_until:
            return False
        if report is not None:
            self._reports[symbol] = report
        for entry_id in entry_ids:
            stream.pending.pop(entry_id, None)
        return True

    async def set_aside(self, symbol: str, entry_id: str, reason: str) -> None:
        """Remember it, and acknowledge."""
        entry = self._stream(symbol).pending.pop(entry_id, None)
        if entry is not None:
            self.set_aside_entries.append((symbol, entry, reason))

    async def report(self, symbol: str) -> Mapping[str, Any] | None:
        """The newest."""
        return self._reports.get(symbol)

    async def reported(self) -> list[str]:
        """Symbols with a report."""
        return sorted(self._reports)

    async def close(self) -> None:
        """Nothing is held open."""

    def _stream(self, symbol: str) -> _Stream:
        return self._streams.setdefault(symbol, _Stream())
