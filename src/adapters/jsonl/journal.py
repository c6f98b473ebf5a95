"""The journal as hash-chained JSONL segments, made durable with fdatasync."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, NoReturn

from adapters.jsonl.entry_codec import read_line, write_line
from adapters.jsonl.verify import JournalState, Verification, read_segment, segments, verify
from tradecore.errors import DataMissing, JournalCorrupt, JournalUnavailable
from tradecore.model.encoding import Json, moment, read_moment
from tradecore.ports.journal import Journal, JournalEntry, JournalHead

SEGMENT: Final = "segment"
_SEGMENT_BYTES: Final = 64 * 1024 * 1024


class JsonlJournal(Journal):
    """Appends to `<directory>/000001.jsonl` and so on; one process at a time, under the account's lease."""

    def __init__(self, directory: Path, *, header: Json = None, segment_bytes: int = _SEGMENT_BYTES) -> None:
        """
        Open a journal for writing, mending a torn tail; `header` begins what this holder writes and every segment.

        Raises:
            JournalCorrupt: An entry is not what was written; nothing is appended to such a journal.
            JournalUnavailable: The directory can't be written.
        """
        self._directory = directory
        self._segment_bytes = segment_bytes
        self._header = header
        self._header_due = header is not None
        self._failed: str | None = None
        try:
            directory.mkdir(parents=True, exist_ok=True)
            found = _standing(directory)
            self._segment = max(len(list(directory.glob("[0-9]*.jsonl"))), 1)
            self._head = found.head if found else JournalHead(0, "0" * 64)
            self._file = self._open(mend=found)
        except OSError as error:
            raise JournalUnavailable(f"{directory} can't be written: {error.strerror}") from error

    @property
    def head(self) -> JournalHead:
        """The newest entry's number and hash."""
        return self._head

    @property
    def directory(self) -> Path:
        """Where the segments are."""
        return self._directory

    def append(self, at: datetime, kind: str, body: Json) -> JournalEntry:
        """Write one entry to the file; durable after `make_durable`."""
        if self._failed:
            raise JournalUnavailable(self._failed)
        try:
            if self._size >= self._segment_bytes:
                self._roll()
                self._header_due = self._header is not None
            if self._header_due:
                self._header_due = False
                self._write(at, SEGMENT, self._header)
            return self._write(at, kind, body)
        except OSError as error:
            self._fail(error)

    def _write(self, at: datetime, kind: str, body: Json) -> JournalEntry:
        seq = self._head.seq + 1
        line, digest = write_line(seq, self._head.hash, moment(at), kind, body)
        _write_all(self._file, line)
        self._size += len(line)
        self._head = JournalHead(seq, digest)
        return JournalEntry(seq, at, kind, body, digest)

    async def make_durable(self) -> None:
        """Wait for the device; an error is final because the kernel forgets which bytes it lost."""
        if self._failed:
            raise JournalUnavailable(self._failed)
        try:
            os.fdatasync(self._file)
        except OSError as error:
            self._fail(error)

    def entries(self) -> Iterator[JournalEntry]:
        """Every entry from the first."""
        return read_entries(self._directory)

    def close(self) -> None:
        """Make durable what was written and release the file; idempotent."""
        if self._file >= 0:
            if not self._failed:
                os.fdatasync(self._file)
            os.close(self._file)
            self._file = -1
        self._failed = self._failed or "the journal is closed"

    def _open(self, mend: Verification | None = None) -> int:
        path = self._directory / f"{self._segment:06d}.jsonl"
        new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        if mend is not None and mend.state is JournalState.TORN:
            if mend.torn_bytes:
                os.ftruncate(descriptor, os.fstat(descriptor).st_size - mend.torn_bytes)
            elif mend.entries:
                os.write(descriptor, b"\n")
            os.fsync(descriptor)
        if new:
            _sync_directory(self._directory)
        self._size = os.fstat(descriptor).st_size
        return descriptor

    def _roll(self) -> None:
        os.fdatasync(self._file)
        os.close(self._file)
        self._segment += 1
        self._file = self._open()

    def _fail(self, error: OSError) -> NoReturn:
        self._failed = f"{self._directory} can't be written: {error.strerror}"
        raise JournalUnavailable(self._failed) from error


def read_entries(directory: Path) -> Iterator[JournalEntry]:
    """
    Every entry of a journal directory, which is not changed.

    Raises:
        DataMissing: There is no journal.
        JournalCorrupt: A line that is not a torn tail is not what was written.
    """
    count = 0
    files = segments(directory)
    for path in files:
        for raw, complete in read_segment(path):
            line = read_line(raw) if complete or path == files[-1] else None
            if line is None and path == files[-1] and not complete:
                return
            if line is None or line.seq != count + 1:
                raise JournalCorrupt(f"{path.name}: entry {count + 1} is not what was written", entry=count + 1)
            count = line.seq
            yield JournalEntry(line.seq, read_moment(line.at), line.kind, line.body, line.hash)


def _standing(directory: Path) -> Verification | None:
    try:
        found = verify(directory)
    except DataMissing:
        return None
    if found.state is JournalState.CORRUPT:
        raise JournalCorrupt(f"{directory}: {found.message}; run `tradecore audit verify`", entry=found.entry or 0)
    return found


def _write_all(descriptor: int, data: bytes) -> None:
    written = os.write(descriptor, data)
    while written < len(data):
        written += os.write(descriptor, data[written:])


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
