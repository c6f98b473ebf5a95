"""The simulated venue's own record: what it told, kept in a file, so that it outlives the process it runs in."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.simulated.order_book import ForeignOrder
from tradecore.model.encoding import decode, encode
from tradecore.model.events import BrokerEvent


@dataclass(frozen=True, slots=True)
class Told:
    """One event the venue told; `order` is what it accepted with it."""

    event: BrokerEvent
    order: ForeignOrder | None


class VenueRecord:
    """
    A line an event, in the order they were told; written at once, not made durable.

    Power loss may take the last lines with it: the desk's books then differ from the venue's, and say so.
    """

    def __init__(self, path: Path) -> None:
        """Keep the record in this file, which need not exist."""
        self._path = path
        self._file = -1

    def read(self) -> Iterator[Told]:
        """What was told before; a last line that was cut off never happened."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            for raw in file:
                if raw.endswith(b"\n"):
                    line = json.loads(raw)
                    order = None if line["order"] is None else decode(ForeignOrder, line["order"])
                    yield Told(decode(BrokerEvent, line["event"]), order)

    @property
    def until(self) -> datetime | None:
        """The time of the last event, None before the first."""
        last = None
        for told in self.read():
            last = told.event.at
        return last

    def write(self, event: BrokerEvent, order: ForeignOrder | None) -> None:
        """Add one event."""
        line = json.dumps({"event": encode(event), "order": None if order is None else encode(order)})
        if self._file < 0:
            self._file = self._open()
        os.write(self._file, line.encode() + b"\n")

    def close(self) -> None:
        """Release the file; idempotent."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open(self) -> int:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        whole = _end_of_whole_lines(descriptor)
        if whole < os.fstat(descriptor).st_size:
            os.ftruncate(descriptor, whole)
        return descriptor


def _end_of_whole_lines(descriptor: int) -> int:
    data: Any = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    return int(data.rfind(b"\n")) + 1
