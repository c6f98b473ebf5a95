"""The real journal on a disk that loses, with the power, what was not synced; the last write may be torn."""

import asyncio
import os
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np

from adapters.jsonl.journal import JsonlJournal
from tradecore.model.encoding import Json
from tradecore.ports.journal import JournalEntry
from tradecore.usecases.audit import SCHEMA_VERSION

_ORDER_ID = re.compile(rb"tc-[a-z0-9]+-\d+")
_SYNC_S = (0.0005, 0.012)


class CrashingJournal(JsonlJournal):
    """
    Knows what would survive a loss of power now; syncing takes a little while, as a device does.

    `durable_seq` is the last entry that would survive, `durable_ids` the order ids that surviving entries name.
    """

    def __init__(self, directory: Path, random: np.random.Generator, on_durable: Callable[[], None]) -> None:
        super().__init__(directory, header={"schema": SCHEMA_VERSION, "code_version": "simulation"})
        self._random = random
        self._on_durable = on_durable
        self._durable_size = self._size
        self._read = 0
        self.durable_seq = self.head.seq
        self.durable_ids: set[str] = set()
        self.powered = True
        self._read_durable()

    def append(self, at: datetime, kind: str, body: Json) -> JournalEntry:
        """Write one entry; nothing is written without power."""
        if not self.powered:
            raise RuntimeError("a dead desk wrote to its journal")
        return super().append(at, kind, body)

    async def make_durable(self) -> None:
        """Sync what was appended up to the moment the device is done."""
        await asyncio.sleep(float(self._random.uniform(*_SYNC_S)))
        await super().make_durable()
        self._durable_size, self.durable_seq = self._size, self.head.seq
        self._read_durable()
        self._on_durable()
        await asyncio.sleep(0)

    def lose_power(self) -> None:
        """Keep what is durable and, of what is not, a piece of any length from its beginning."""
        self.powered = False
        kept = self._durable_size + int(self._random.integers(0, self._size - self._durable_size + 1))
        os.ftruncate(self._file, kept)
        os.close(self._file)
        self._file = -1
        self._failed = "the power is gone"

    def _read_durable(self) -> None:
        fresh = os.pread(self._file, self._durable_size - self._read, self._read)
        self._read = self._durable_size
        self.durable_ids.update(found.decode() for found in _ORDER_ID.findall(fresh))
