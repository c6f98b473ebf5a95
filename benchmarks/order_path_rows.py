"""The way of an order through the use cases, up to the call of Broker.submit."""

import asyncio
import os
import statistics
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from adapters.jsonl.journal import JsonlJournal
from adapters.memory.journal import MemoryJournal
from benchmarks.floor_scene import FloorScene
from benchmarks.peer_process import Peers
from benchmarks.timing import Against, Goal, Pace, Round, Row, compare, each
from tradecore.ports.journal import Journal

_SUBMIT = "Nautilus order_factory.limit + submit_order"


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
        durable, memory = _rounds(journal, _confirmed, calls), _rounds(MemoryJournal(), _confirmed, calls)
        size = _record_size(Path(folder))
        descriptor = os.open(Path(folder) / "floor", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        name = f"append + fdatasync of its {size:,} bytes"
        floor = each(lambda: _append_durably(descriptor, b"x" * size), calls)
        try:
            rows = compare("confirm to Broker.submit, journal durable", durable, Against(name, floor), pace=pace)
            share = compare(
                "what the durable journal adds to it",
                lambda: durable() - memory(),
                Against(name, floor, Goal(ratio=1.4)),
                pace=pace,
            )
            return rows + share
        finally:
            os.close(descriptor)
            journal.close()


def tick_to_exit(pace: Pace, peers: Peers) -> list[Row]:
    """From the market step that confirms a passed stop to the broker."""
    return compare(
        "tick to exit: stop confirmed to Broker.submit, journal in memory",
        _rounds(MemoryJournal(), _stopped_out, pace.calls(60)),
        Against(_SUBMIT, peers.nautilus.job("submit")),
        pace=pace,
    )


async def _confirmed(scene: FloorScene) -> int:
    return await scene.confirm(await scene.preview())


async def _stopped_out(scene: FloorScene) -> int:
    await scene.hold_one_call()
    return await scene.stop_out()


def _rounds(journal: Journal, job: Callable[[FloorScene], Awaitable[int]], calls: int) -> Round:
    async def samples() -> list[int]:
        found = []
        for _ in range(calls):
            scene = FloorScene(journal)
            found.append(await job(scene))
            await scene.close()
        return found

    return lambda: statistics.median(asyncio.run(samples())) / 1000


def _record_size(folder: Path) -> int:
    """Bytes of the journal line that has to be durable before the order leaves."""
    directory = folder / "measured"
    journal = JsonlJournal(directory)
    _rounds(journal, _confirmed, 1)()
    journal.close()
    return len((directory / "000001.jsonl").read_bytes().splitlines(keepends=True)[-1])


def _append_durably(descriptor: int, line: bytes) -> None:
    os.write(descriptor, line)
    os.fdatasync(descriptor)
