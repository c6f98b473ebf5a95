"""Run every benchmark and print a Markdown table; `--json FILE` writes the figures too."""

import argparse
import asyncio
import json
import os
import platform
import tempfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from adapters.jsonl.entry_codec import write_line
from adapters.jsonl.journal import JsonlJournal
from adapters.jsonl.verify import verify
from benchmarks.desk_scene import a_scene
from benchmarks.timing import Measurement, compare
from entrypoints.limits_file import load_limits
from entrypoints.runtime import SessionRecorder, run_house
from entrypoints.settings import Settings
from entrypoints.wiring import simulated_house
from tradecore.model.encoding import encode
from tradecore.model.sessions import session_on
from tradecore.risk.gate import judge_opening
from tradecore.usecases.floor import TradingFloor

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


def gate() -> Measurement:
    """Every check of the gate, against ten Decimal operations."""
    scene = a_scene()
    return compare(
        "gate, every check", lambda: judge_opening(scene.picture), "10 Decimal operations", _decimals, calls=300
    )


def preview() -> Measurement:
    """Desk.preview with ticket, against the gate alone."""
    scene = a_scene()
    return compare(
        "preview (band, sizing, gate, ticket)",
        scene.preview,
        "gate alone",
        lambda: judge_opening(scene.picture),
        calls=100,
    )


def preview_and_redeem() -> Measurement:
    """Preview and redeem up to the confirmed order, a fresh desk each time, against preview alone."""
    scene = a_scene()
    return compare("preview + redeem", scene.preview_and_redeem, "preview alone", scene.preview_on_fresh_desk, calls=60)


def record_encoding() -> Measurement:
    """A preview's journal record: encode the command and decision, against writing the encoded line."""
    scene = a_scene()
    command, decision = scene.recorded()
    body = {"command": encode(command), "decision": encode(decision)}
    return compare(
        "encode one preview for the journal",
        lambda: (encode(command), encode(decision)),
        "orjson + sha256 of it",
        lambda: write_line(1, "0" * 64, "2026-11-20T17:00:00.000000Z", "command", body),
        calls=200,
    )


def durable_append() -> Measurement:
    """Append and make durable, against os.write + fdatasync of the same bytes on the same disk."""
    with tempfile.TemporaryDirectory() as folder:
        journal = JsonlJournal(Path(folder) / "journal")
        scene = a_scene()
        command, decision = scene.recorded()
        body = {"command": encode(command), "decision": encode(decision)}
        line, _ = write_line(1, "0" * 64, "2026-11-20T17:00:00.000000Z", "command", body)
        floor = os.open(Path(folder) / "floor", os.O_RDWR | os.O_CREAT | os.O_APPEND)

        def append() -> None:
            journal.append(NOON, "command", body)
            asyncio.run(journal.make_durable())

        def write() -> None:
            os.write(floor, line)
            asyncio.run(_sync(floor))

        try:
            return compare("journal append, durable", append, "write + fdatasync", write, calls=30)
        finally:
            journal.close()
            os.close(floor)


def verification() -> Measurement:
    """Verify one entry, against the SHA-256 of its bytes."""
    import hashlib

    with tempfile.TemporaryDirectory() as folder:
        journal = JsonlJournal(Path(folder))
        for number in range(2000):
            journal.append(NOON, "note", {"number": number, "text": "x" * 300})
        journal.close()
        content = (Path(folder) / "000001.jsonl").read_bytes().splitlines()

        def hashes() -> None:
            for line in content:
                hashlib.sha256(line).digest()

        found = compare("verify 2,000 entries", lambda: verify(Path(folder)), "sha256 of 2,000 lines", hashes, calls=3)
        return _each(found, 2000, "audit verify, per entry", "sha256 of its bytes")


def simulated_session() -> Measurement:
    """A quiet session of about 105,000 ticks through feed, venue, board and watch, against iterating its ticks."""
    session = session_on(date(2026, 11, 20))
    if session is None:
        raise RuntimeError("the benchmark's day is no session")
    limits = load_limits("default")
    from adapters.simulated.price_path import seeded_day

    path = seeded_day(seed=1, session_minutes=390)
    ticks = len(path.offset_ms)

    async def idle(_: TradingFloor) -> None:
        """Trade nothing."""

    def play() -> None:
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(home=Path(folder))
            house = simulated_house(settings, seed=1, session=session, limits=limits, account=None)
            run_house(house, idle, SessionRecorder())

    def iterate() -> None:
        begins = session.opens
        for offset in path.offset_ms.tolist():
            begins + timedelta(milliseconds=offset)

    found = compare("one session", play, "its ticks", iterate, calls=1)
    return _each(found, ticks, "simulated tick, feed to watch", "a datetime per tick")


def _each(found: Measurement, count: int, name: str, floor_name: str) -> Measurement:
    """A measurement of many as one of each."""
    return Measurement(name, found.microseconds / count, floor_name, found.floor_microseconds / count)


async def _sync(descriptor: int) -> None:
    os.fdatasync(descriptor)


def _decimals() -> Decimal:
    total = Decimal("1.01")
    for _ in range(10):
        total = total * Decimal("1.01") - Decimal("0.01")
    return total


BENCHMARKS = (gate, preview, preview_and_redeem, record_encoding, durable_append, verification, simulated_session)


def main() -> None:
    """Measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    arguments = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores\n")
    print("| job | µs | floor of the same run | µs | ratio |\n|---|---:|---|---:|---:|")
    found = []
    for benchmark in BENCHMARKS:
        result = benchmark()
        found.append(result)
        row = (result.name, f"{result.microseconds:,.1f}", result.floor_name, f"{result.floor_microseconds:,.1f}")
        print(f"| {' | '.join(row)} | {result.ratio:.2f} |", flush=True)
    if arguments.json is not None:
        figures = [
            {"name": r.name, "us": r.microseconds, "floor": r.floor_name, "floor_us": r.floor_microseconds}
            for r in found
        ]
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
