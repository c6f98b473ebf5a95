"""
Memory of a program over time: `python -m benchmarks.memory --minutes 60 -- tradecore crypto run --json`.

Runs the command with its output thrown away, reads the resident memory of it and its children from /proc once a
minute, and prints each reading, then the growth between the middle of the run and its end: a program whose windows are
full by then grows no more.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def main() -> int:
    """Run the command for so long, print what it held, and say whether it ended by itself before that."""
    parser = argparse.ArgumentParser(description="Resident memory of a command over time.")
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args()
    readings = []
    with subprocess.Popen(asked.command, stdout=subprocess.DEVNULL) as running:
        try:
            for minute in range(1, asked.minutes + 1):
                time.sleep(60)
                if running.poll() is not None:
                    break
                readings.append(_resident_mib(running.pid))
                print(f"{minute:4} min  {readings[-1]:8.1f} MiB", flush=True)
        finally:
            running.send_signal(signal.SIGINT)
    if len(readings) < asked.minutes:
        print(f"the command ended by itself after {len(readings)} minutes, exit {running.returncode}", file=sys.stderr)
        return 1
    half = readings[len(readings) // 2]
    print(f"from minute {len(readings) // 2 + 1} to the end: {readings[-1] - half:+.1f} MiB of {half:.1f}")
    return 0


def _resident_mib(pid: int) -> float:
    pages = sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in _family(pid))
    return pages * _PAGE / 2**20


def _family(pid: int) -> Iterator[int]:
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from _family(int(child))


if __name__ == "__main__":
    sys.exit(main())
