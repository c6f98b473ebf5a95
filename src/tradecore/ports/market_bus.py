"""Where market events are kept until somebody has understood them, and the reports of what they say."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

Message = Mapping[str, Any]
"""A market event as its envelope: `type`, `venue`, `symbol`, `ts_event`, `payload`."""


class Entry(NamedTuple):
    """
    Messages that were published together, by the id the bus gave them.

    `messages` is None where what is there can't be read as messages at all; `at` is when it was published, in
    milliseconds since 1970-01-01 UTC.
    """

    entry_id: str
    at: int
    messages: Sequence[Message] | None


class MarketBus(Protocol):
    """
    A stream of messages for each symbol, read by a group of workers, and the newest report of each symbol.

    A stream has one owner at a time: `own` takes or renews a lease that ends by itself when its owner dies. What was
    delivered and not yet acknowledged is delivered again, to the next owner. Messages may come twice.

    Every call raises Unavailable when the bus can't be reached.
    """

    @abstractmethod
    async def publish(self, symbol: str, messages: Sequence[Message]) -> None:
        """Append messages to a symbol's stream, as one entry; what is older than the retention goes away by itself."""

    @abstractmethod
    async def streams(self) -> list[str]:
        """Every symbol that has a stream, in order."""

    @abstractmethod
    async def own(self, symbol: str, worker: str) -> bool:
        """Take or renew the right to a stream; False while another worker has it."""

    @abstractmethod
    async def release(self, symbol: str, worker: str) -> None:
        """Give a stream up; nothing happens when this worker does not have it."""

    @abstractmethod
    async def unfinished(self, symbol: str, worker: str) -> list[Entry]:
        """Take over everything that was delivered to anybody and never acknowledged."""

    @abstractmethod
    async def history(self, symbol: str, since: int) -> list[Entry]:
        """What was published since a time and has been delivered already, oldest first."""

    @abstractmethod
    async def read(self, symbol: str, worker: str, wait_s: float) -> list[Entry]:
        """The next entries, which are this worker's until it acknowledges them; waits so long for the first."""

    @abstractmethod
    async def finish(
        self, symbol: str, worker: str, report: Mapping[str, Any] | None, entry_ids: Iterable[str]
    ) -> bool:
        """
        Keep a report as the symbol's newest, and acknowledge the entries it contains: both, or neither.

        False, and neither, when the stream is no longer this worker's.
        """

    @abstractmethod
    async def set_aside(self, symbol: str, entry_id: str, reason: str) -> None:
        """Put an entry that can't be understood where a person can look at it, and acknowledge it."""

    @abstractmethod
    async def report(self, symbol: str) -> Mapping[str, Any] | None:
        """The newest report of a symbol; None when there is none."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of whatever it holds open."""

    @abstractmethod
    async def reported(self) -> list[str]:
        """Every symbol that has a report, in order."""
