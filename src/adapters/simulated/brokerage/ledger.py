"""The brokerage's own record: every request that changed something, one line each, made durable in groups."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from tradecore.errors import JournalCorrupt, JournalUnavailable

FORMAT: Final = 2


class Ledger:
    """An append-only file of JSON lines; a last line that was cut off never happened."""

    def __init__(self, path: Path) -> None:
        """
        Open the file, which need not exist.

        Raises:
            JournalUnavailable: It can't be opened.
        """
        self.path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            self._cut_torn_line()
        except OSError as error:
            raise JournalUnavailable(f"{path} can't be used: {error.strerror}") from error

    def read(self) -> Iterator[dict[str, Any]]:
        """
        What was written before, oldest first.

        Raises:
            JournalCorrupt: A line is no JSON object.
        """
        with self.path.open("rb") as file:
            for count, raw in enumerate(file, 1):
                try:
                    line = json.loads(raw)
                except ValueError as error:
                    raise JournalCorrupt(f"{self.path}, line {count} is no JSON", entry=count) from error
                if not isinstance(line, dict):
                    raise JournalCorrupt(f"{self.path}, line {count} is no object", entry=count)
                yield line

    def append(self, lines: Sequence[bytes]) -> None:
        """
        Write lines and make them durable with one sync.

        Raises:
            JournalUnavailable: They may not have been kept.
        """
        data = b"".join(lines)
        try:
            while data:
                data = data[os.write(self._file, data) :]
            (os.fdatasync if hasattr(os, "fdatasync") else os.fsync)(self._file)
        except OSError as error:
            raise JournalUnavailable(f"{self.path} can't be written: {error.strerror}") from error

    def close(self) -> None:
        """Release the file; idempotent."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _cut_torn_line(self) -> None:
        size = os.fstat(self._file).st_size
        kept = size
        while kept:
            start = max(kept - 65_536, 0)
            found = os.pread(self._file, kept - start, start).rfind(b"\n")
            if found >= 0:
                kept = start + found + 1
                break
            kept = start
        if kept < size:
            os.ftruncate(self._file, kept)
