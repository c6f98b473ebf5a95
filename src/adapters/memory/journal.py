"""A journal that lives and dies with the process: the same chain, no disk."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

import orjson

from tradecore.errors import JournalUnavailable
from tradecore.model.encoding import Json, moment
from tradecore.ports.journal import Journal, JournalEntry, JournalHead


class MemoryJournal(Journal):
    """Keeps entries in a list."""

    def __init__(self) -> None:
        """Start empty."""
        self._entries: list[JournalEntry] = []
        self._closed = False

    @property
    def head(self) -> JournalHead:
        """The newest entry's number and hash."""
        return JournalHead(len(self._entries), self._entries[-1].hash if self._entries else "0" * 64)

    def append(self, at: datetime, kind: str, body: Json) -> JournalEntry:
        """Add one entry."""
        if self._closed:
            raise JournalUnavailable("the journal is closed")
        head = self.head
        content = orjson.dumps([head.seq + 1, head.hash, moment(at), kind, body])
        entry = JournalEntry(head.seq + 1, at, kind, orjson.loads(content)[4], hashlib.sha256(content).hexdigest())
        self._entries.append(entry)
        return entry

    async def make_durable(self) -> None:
        """Nothing survives this process, so there is nothing to wait for."""

    def entries(self) -> Iterator[JournalEntry]:
        """Every entry from the first."""
        return iter(list(self._entries))

    def close(self) -> None:
        """Take nothing more."""
        self._closed = True
