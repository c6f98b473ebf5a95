"""The way of an order through the use cases, up to the call of Broker.submit."""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from adapters.jsonl.journal import JsonlJournal
from adapters.memory.journal import MemoryJournal
from benchmarks.floor_scene import FloorScene
from benchmarks.peer_process import Peers
from benchmarks.timing import Against, Goal, Pace, Round, Row, compare
from tradecore.model.encoding import Json
from tradecore.ports.journal import Journal, JournalEntry

_SUBMIT = "Nautilus order_factory.limit + submit_order"


class _NotingJournal(JsonlJournal):
    """Notes the nanoseconds spent in it."""

    spent_ns = 0

    def append(self, at: datetime, kind: str, body: Json) -> JournalEntry:
        began = time.perf_counter_ns()
        entry = super().append(at, kind, body)
        self.spent_ns += time.perf_counter_ns() - began
        return entry

    async def make_durable(self) -> None:
        began = time.perf_counter_ns()
        await super().make_durable()
        self.spent_ns += time.perf_counter_ns() - began


def confirm_to_submit(pace: Pace, peers: Peers) -> list[Row]:
    """From `confirm` to the broker, the journal in memory."""
    return compare(
        "confirm to Broker.submit, journal in memory",
        _rounds(MemoryJournal(), _confirmed, pace.calls(100)),
        Against(_SUBMIT, peers.nautilus.job("submit")),
        pace=pace,
    )


def durable_confirm_to_submit(pace: Pace, _: Peers) -> list[Row]:
    """The same with the record durable first, and how much of it the durable journal costs."""
    calls = pace.calls(100)
    with tempfile.TemporaryDirectory() as folder:
        journal = JsonlJournal(Path(folder) / "journal")
        noted = _NotingJournal(Path(folder) / "noted")
        size = _lines_size(Path(folder))
        descriptor = os.open(Path(folder) / "floor", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        name = f"append + fdatasync of its {size:,} bytes"
        floor = _rounds(MemoryJournal(), _appended(descriptor, b"x" * size), calls)
        try:
            rows = compare(
                "confirm to Broker.submit, journal durable",
                _rounds(journal, _confirmed, calls),
                Against(name, floor, Goal(ratio=1.4)),
                pace=pace,
            )
            share = compare(
                "of it, the journal: append and make durable",
                _rounds(noted, _journaled, calls),
                Against(name, floor, Goal(ratio=1.4)),
                pace=pace,
            )
            return rows + share
        finally:
            os.close(descriptor)
            journal.close()
            noted.close()


def tick_to_exit(pace: Pace, peers: Peers) -> list[Row]:
    """From the market step that confirms a passed stop to the broker."""
    rows = compare(
        "tick to exit: stop confirmed to Broker.submit, journal in memory",
        _rounds(MemoryJournal(), _stopped_out, pace.calls(60)),
        Against(_SUBMIT, peers.nautilus.job("submit")),
        pace=pace,
    )
    median = _rounds(MemoryJournal(), _stopped_out, pace.calls(200))
    slowest = _rounds(MemoryJournal(), _stopped_out, pace.calls(200), _p99)
    return rows + compare("the same, p99", slowest, Against("the same, p50", median, Goal(ratio=3.0)), pace=pace)


async def _confirmed(scene: FloorScene) -> int:
    return await scene.confirm(await scene.preview())


async def _journaled(scene: FloorScene) -> int:
    token = await scene.preview()
    journal = scene.floor.journal
    if not isinstance(journal, _NotingJournal):
        raise TypeError("this job looks into a noting journal")
    journal.spent_ns = 0
    await scene.confirm(token)
    return journal.spent_ns


async def _stopped_out(scene: FloorScene) -> int:
    await scene.hold_one_call()
    return await scene.stop_out()


def _p99(samples: list[int]) -> float:
    return float(sorted(samples)[int(len(samples) * 0.99)])


def _rounds(
    journal: Journal,
    job: Callable[[FloorScene], Awaitable[int]],
    calls: int,
    figure: Callable[[list[int]], float] = statistics.median,
) -> Round:
    async def samples() -> list[int]:
        found = []
        for _ in range(calls):
            scene = FloorScene(journal)
            found.append(await job(scene))
            await scene.close()
        return found

    return lambda: figure(asyncio.run(samples())) / 1000


def _appended(descriptor: int, lines: bytes) -> Callable[[FloorScene], Awaitable[int]]:
    """The same work between two syncs, and then nothing but the sync: a disk left alone for a moment answers slower."""

    async def append(scene: FloorScene) -> int:
        await _confirmed(scene)
        began = time.perf_counter_ns()
        os.write(descriptor, lines)
        os.fdatasync(descriptor)
        return time.perf_counter_ns() - began

    return append


def _lines_size(folder: Path) -> int:
    """Bytes that have to be durable before the order leaves: the lines of the preview and of the confirmation."""
    directory = folder / "measured"
    journal = JsonlJournal(directory)
    _rounds(journal, _confirmed, 1)()
    journal.close()
    return (directory / "000001.jsonl").stat().st_size
