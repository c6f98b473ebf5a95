"""Which messages may change a book, and in which order: Binance's rules for a local book, spot and futures."""

from typing import Final

from tradecore.microstructure.events import DepthDiff, DepthSnapshot

_WAITS_FOR: Final = 20
_KEEPS: Final = 2_000


class BookSequence:
    """
    Puts depth messages into the order of their updates, once each.

    A message that comes too early waits for the one before it. When more than twenty wait, that one is lost: the book
    is out of step, nothing is passed on, and a snapshot is needed. Messages before a snapshot wait for it.

    `gaps` counts lost messages, `resyncs` snapshots that brought the book into step again after one.
    """

    __slots__ = ("_fresh", "_waiting", "gaps", "last_id", "resyncs")

    def __init__(self) -> None:
        """Out of step, as every book is before its first snapshot."""
        self.last_id: int | None = None
        self.gaps = 0
        self.resyncs = 0
        self._waiting: dict[int, DepthDiff] = {}
        self._fresh = False

    @property
    def in_step(self) -> bool:
        """Whether the book is the venue's as of `last_id`."""
        return self.last_id is not None

    def take_snapshot(self, snapshot: DepthSnapshot) -> tuple[bool, list[DepthDiff]]:
        """
        Whether the snapshot is to be loaded, and what follows it at once.

        One that is older than the book, or older than what follows can continue, is not.
        """
        if self.last_id is not None and snapshot.last_id <= self.last_id:
            return False, []
        later = [diff for diff in self._waiting.values() if diff.last_id > snapshot.last_id]
        first = min(later, key=_first_id, default=None)
        if first is not None and not _continues(first, snapshot.last_id, fresh=True):
            return False, []
        if self.last_id is None and self.gaps:
            self.resyncs += 1
        self.last_id, self._fresh = snapshot.last_id, True
        self._waiting = {diff.first_id: diff for diff in later}
        return True, self._follow()

    def take(self, diff: DepthDiff) -> list[DepthDiff]:
        """What may be applied now, in order; nothing when the message came twice or too early."""
        last_id = self.last_id
        if last_id is not None and diff.last_id <= last_id:
            return []
        if last_id is not None and not self._waiting and _continues(diff, last_id, fresh=self._fresh):
            self.last_id, self._fresh = diff.last_id, False
            return [diff]
        self._waiting[diff.first_id] = diff
        if last_id is None:
            self._forget_the_oldest()
            return []
        found = self._follow()
        if len(self._waiting) > _WAITS_FOR:
            self.lose()
        return found

    def lose(self) -> None:
        """Something does not fit: the book is out of step until the next snapshot."""
        if self.last_id is not None:
            self.gaps += 1
            self.last_id = None

    def _follow(self) -> list[DepthDiff]:
        found: list[DepthDiff] = []
        for diff in sorted(self._waiting.values(), key=_first_id):
            if self.last_id is None or not (diff.last_id <= self.last_id or self._may_follow(diff)):
                break
            del self._waiting[diff.first_id]
            if diff.last_id > self.last_id:
                self.last_id, self._fresh = diff.last_id, False
                found.append(diff)
        return found

    def _may_follow(self, diff: DepthDiff) -> bool:
        return self.last_id is not None and _continues(diff, self.last_id, fresh=self._fresh)

    def _forget_the_oldest(self) -> None:
        if len(self._waiting) > _KEEPS:
            del self._waiting[min(self._waiting)]


def _first_id(diff: DepthDiff) -> int:
    return diff.first_id


def _continues(diff: DepthDiff, last_id: int, *, fresh: bool) -> bool:
    """Whether a message is the next one; right after a snapshot it may begin before it."""
    if diff.previous_id is None:
        return diff.first_id <= last_id + 1 <= diff.last_id
    return diff.previous_id == last_id or (fresh and diff.first_id <= last_id <= diff.last_id)
