"""Writing and verifying journal entries, beside the disk and the hash function."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.jsonl.entry_codec import write_line
from adapters.jsonl.journal import JsonlJournal
from adapters.jsonl.verify import verify
from benchmarks.desk_scene import NOW
from benchmarks.peer_process import Peers
from benchmarks.timing import Against, Goal, Pace, Row, compare, each, together
from tradecore.model.encoding import Json

_BODY: Json = {
    "event": {"is": "Accepted", "client_order_id": "tc-i1-0", "at": "2026-11-20T15:30:00.000000Z"},
    "decision": {"is": "Decision", "outcome": {"is": "Done", "what": "accepted by the venue", "order_ids": []}},
}
_GROUP = 20
_VERIFIED = 5000


@dataclass(frozen=True, slots=True)
class _Disk:
    """A journal and a plain file beside it, and one line as the journal writes it."""

    journal: JsonlJournal
    descriptor: int
    line: bytes

    def append(self) -> None:
        self.journal.append(NOW, "event", _BODY)

    def append_durably(self) -> None:
        self.append()
        asyncio.run(self.journal.make_durable())

    def append_group(self) -> None:
        for _ in range(_GROUP):
            self.append()
        asyncio.run(self.journal.make_durable())

    def write(self) -> None:
        os.write(self.descriptor, self.line)

    def write_durably(self) -> None:
        os.write(self.descriptor, self.line)
        asyncio.run(_sync(self.descriptor))


def records(pace: Pace, _: Peers) -> list[Row]:
    """One entry without waiting for the disk, durable, and in groups."""
    with _a_disk() as disk:
        size = f"{len(disk.line)} bytes"
        plain = compare(
            f"journal entry of {size}, not synced",
            together(disk.append, pace.calls(3000)),
            Against("sha256 of it", together(lambda: hashlib.sha256(disk.line).hexdigest(), pace.calls(3000))),
            Against("os.write of it", together(disk.write, pace.calls(3000)), Goal(figure=5)),
            pace=pace,
        )
        durable = compare(
            "journal entry, durable",
            each(disk.append_durably, pace.calls(60)),
            Against("os.write + fdatasync", each(disk.write_durably, pace.calls(60)), Goal(ratio=1.25)),
            pace=pace,
        )
        group = each(disk.append_group, pace.calls(30))
        grouped = compare(
            f"journal entry in a durable group of {_GROUP}",
            lambda: group() / _GROUP,
            Against("journal entry, durable", each(disk.append_durably, pace.calls(60)), Goal(ratio=0.1)),
            pace=pace,
        )
        return plain + durable + grouped


def verification(pace: Pace, _peers: Peers) -> list[Row]:
    """Verifying entries, one of them."""
    count = pace.calls(_VERIFIED)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        journal = JsonlJournal(folder)
        for _ in range(count):
            journal.append(NOW, "event", _BODY)
        journal.close()
        lines = (folder / "000001.jsonl").read_bytes().splitlines()

        def hashes() -> None:
            for line in lines:
                hashlib.sha256(line).digest()

        verified, hashed = each(lambda: verify(folder), 2), each(hashes, 2)
        return compare(
            "verify a journal, an entry",
            lambda: verified() / count,
            Against("sha256 of it", lambda: hashed() / count, Goal(figure=4)),
            pace=pace,
        )


@contextmanager
def _a_disk() -> Iterator[_Disk]:
    with tempfile.TemporaryDirectory() as folder:
        journal = JsonlJournal(Path(folder) / "journal")
        descriptor = os.open(Path(folder) / "plain", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        line, _ = write_line(1, "0" * 64, "2026-11-20T17:00:00.000000Z", "event", _BODY)
        try:
            yield _Disk(journal, descriptor, line)
        finally:
            journal.close()
            os.close(descriptor)


async def _sync(descriptor: int) -> None:
    os.fdatasync(descriptor)
