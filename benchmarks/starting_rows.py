"""What it costs to start: import time and memory of a fresh interpreter."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.peer_process import Peers
from benchmarks.timing import Against, Goal, Pace, Round, Row, compare

_CORE = "import tradecore.usecases.previewing, tradecore.usecases.confirming, tradecore.usecases.protecting"
_PROGRAM = "import entrypoints.cli.app"
_NAUTILUS = "from nautilus_trader.live.node import TradingNode"
_MEMORY = "\nprint([line.split()[1] for line in open('/proc/self/status') if line.startswith('VmRSS')][0])"


def imports(pace: Pace, peers: Peers) -> list[Row]:
    """Milliseconds and resident memory of the core, and of the command line with everything it wires."""
    rows: list[Row] = []
    for what, code in (("tradecore's core", _CORE), ("the command line", _PROGRAM)):
        rows += compare(
            f"start an interpreter and import {what}",
            _milliseconds(Path(sys.executable), code),
            Against("python -c pass", _milliseconds(Path(sys.executable), "pass")),
            Against("Nautilus, TradingNode", _of_peer(peers, _milliseconds), Goal(ratio=0.5)),
            pace=pace,
            unit="ms",
        )
        rows += compare(
            f"resident memory with {what}",
            _mebibytes(Path(sys.executable), code),
            Against("python -c pass", _mebibytes(Path(sys.executable), "pass")),
            Against("Nautilus, TradingNode", _of_peer(peers, _mebibytes), Goal(ratio=0.35)),
            pace=pace,
            unit="MiB",
        )
    return rows


def _of_peer(peers: Peers, measure: Callable[[Path, str], Round]) -> Round | None:
    if peers.python is None or "nautilus_trader" not in peers.versions:
        return None
    return measure(peers.python, _NAUTILUS)


def _milliseconds(python: Path, code: str) -> Round:
    def run() -> float:
        began = time.perf_counter()
        subprocess.run([python, "-c", code], check=True, capture_output=True)
        return (time.perf_counter() - began) * 1000

    return run


def _mebibytes(python: Path, code: str) -> Round:
    def run() -> float:
        done = subprocess.run([python, "-c", code + _MEMORY], check=True, capture_output=True, text=True)
        return int(done.stdout.split()[-1]) / 1024

    return run
