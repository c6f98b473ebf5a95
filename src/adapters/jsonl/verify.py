"""Reading a journal directory without changing it: is it whole, torn, corrupt, or rewritten?"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from adapters.jsonl.entry_codec import ZERO_HASH, Line, read_line
from tradecore.errors import DataMissing
from tradecore.ports.journal import JournalHead


class JournalState(StrEnum):
    """What a check of a journal found."""

    WHOLE = "whole"
    TORN = "torn"
    CORRUPT = "corrupt"
    REWRITTEN = "rewritten"


@dataclass(frozen=True, slots=True)
class Verification:
    """
    The result of reading every entry.

    `entries` counts the good ones; `entry` is the first bad one (its number in the sequence); `torn_bytes` are those
    after the last good line.
    """

    state: JournalState
    entries: int
    head: JournalHead
    entry: int | None = None
    torn_bytes: int = 0
    message: str = ""


def segments(directory: Path) -> list[Path]:
    """
    Segment files, oldest first.

    Raises:
        DataMissing: The directory does not exist or holds no journal.
    """
    found = sorted(path for path in directory.glob("[0-9]*.jsonl") if path.is_file()) if directory.is_dir() else []
    if not found:
        raise DataMissing(f"{directory} holds no journal; give the directory with the 000001.jsonl in it")
    return found


def read_segment(path: Path) -> Iterator[tuple[bytes, bool]]:
    """Raw lines of one segment without their newline, and whether each had one."""
    with path.open("rb") as file:
        for raw in file:
            yield (raw[:-1], True) if raw.endswith(b"\n") else (raw, False)


def verify(directory: Path, head: JournalHead | None = None) -> Verification:
    """
    Check every byte of a journal; nothing is written.

    Args:
        directory: Where the segments are.
        head: A head exported earlier; the journal must still contain it.

    Raises:
        DataMissing: There is no journal.
    """
    files = segments(directory)
    count, last, at_head = 0, ZERO_HASH, None
    for index, path in enumerate(files):
        expected = f"{index + 1:06d}.jsonl"
        if path.name != expected:
            return _corrupt(count, last, f"segment {expected} is missing")
        for raw, complete in read_segment(path):
            is_last = index == len(files) - 1
            line = read_line(raw) if complete or is_last else None
            if is_last and not complete:
                return _torn(count, last, line, raw, head, at_head)
            problem = _problem(line, count, last)
            if line is None or problem:
                return _corrupt(count, last, f"{path.name}: {problem}")
            count, last = line.seq, line.hash
            if head is not None and head.seq == count:
                at_head = last
    if not count:
        message = "the journal is empty: not one entry was written whole"
        return _judge(Verification(JournalState.TORN, 0, JournalHead(0, last), message=message), head, at_head)
    return _judge(Verification(JournalState.WHOLE, count, JournalHead(count, last)), head, at_head)


def _problem(line: Line | None, count: int, last: str) -> str:
    if line is None:
        return f"entry {count + 1} is not what was written"
    if line.seq != count + 1:
        return f"entry {line.seq} stands where {count + 1} should"
    return "" if line.prev == last else f"entry {line.seq} does not follow from the one before it"


def _torn(
    count: int,
    last: str,
    line: Line | None,
    raw: bytes,
    head: JournalHead | None,
    at_head: str | None,
) -> Verification:
    if line is not None and not _problem(line, count, last):
        count, last, torn = line.seq, line.hash, 0
        at_head = last if head is not None and head.seq == count else at_head
    else:
        torn = len(raw)
    found = Verification(
        JournalState.TORN,
        count,
        JournalHead(count, last),
        torn_bytes=torn,
        message=f"the last write was cut off after entry {count}; opening the journal mends it",
    )
    return _judge(found, head, at_head)


def _corrupt(count: int, last: str, message: str) -> Verification:
    return Verification(JournalState.CORRUPT, count, JournalHead(count, last), entry=count + 1, message=message)


def _judge(found: Verification, head: JournalHead | None, at_head: str | None) -> Verification:
    if head is None or head.seq == 0 or at_head == head.hash:
        return found
    if at_head is None:
        message = f"the exported head is entry {head.seq}, this journal ends at {found.entries}: its tail was cut off"
    else:
        message = f"entry {head.seq} is not the one that was exported: history was rewritten"
    return Verification(JournalState.REWRITTEN, found.entries, found.head, entry=head.seq, message=message)
