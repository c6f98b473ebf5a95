"""The record of every command, decision, intent, broker event and alert."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tradecore.model.encoding import Json
from tradecore.model.quick_values import quick


@quick
@dataclass(frozen=True, slots=True)
class JournalHead:
    """Where the chain ends: number and hash of its last entry; (0, 64 zeros) when empty."""

    seq: int
    hash: str

    def __str__(self) -> str:
        """SEQ:HASH, as `audit verify --head` takes it."""
        return f"{self.seq}:{self.hash}"


@quick
@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One entry: 1-based number, time (UTC), kind, content of JSON types, and its link in the chain."""

    seq: int
    at: datetime
    kind: str
    body: Json
    hash: str


class Journal(Protocol):
    """Append-only, hash-chained; entries are never changed or removed."""

    @property
    @abstractmethod
    def head(self) -> JournalHead:
        """The newest entry's number and hash."""

    @abstractmethod
    def append(self, at: datetime, kind: str, body: Json) -> JournalEntry:
        """
        Add one entry to the chain; it survives a crash only after `make_durable`.

        Raises:
            JournalUnavailable: It can't be written; nothing may be sent on the strength of it.
        """

    @abstractmethod
    async def make_durable(self) -> None:
        """
        Return once every entry appended so far would survive power loss.

        Raises:
            JournalUnavailable: The device refused; the journal stays unusable, a second try is not made.
        """

    @abstractmethod
    def entries(self) -> Iterator[JournalEntry]:
        """Every entry from the first, including ones not yet durable."""

    @abstractmethod
    def close(self) -> None:
        """Write out what is buffered and release the files; appending afterwards raises JournalUnavailable."""
