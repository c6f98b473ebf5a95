"""Peers in an environment of their own, run one round at a time beside ours."""

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.timing import Round

ROOT = Path(__file__).parent.parent


class Peer:
    """One program of `benchmarks.peers`; absent when no environment has it."""

    def __init__(self, python: Path | None, program: str) -> None:
        """Start it with this interpreter; None means it is not installed."""
        self.versions: dict[str, str] = {}
        self._process: subprocess.Popen[str] | None = None
        if python is None:
            return
        command = [str(python), "-m", f"benchmarks.peers.{program}"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        greeting = self._read()
        if greeting is None:
            print(f"{program}: not installed in the peers' environment", file=sys.stderr)
            self.close()
        else:
            self.versions = greeting["versions"]

    def job(self, name: str) -> Round | None:
        """Rounds of one of its jobs, None where it is not installed."""
        if self._process is None:
            return None

        def run() -> float:
            if self._process is None or self._process.stdin is None:
                raise RuntimeError("the peer has been closed")
            print(name, file=self._process.stdin, flush=True)
            answer = self._read()
            if answer is None:
                raise RuntimeError(f"the peer failed at {name}")
            return float(answer["figure"])

        return run

    def close(self) -> None:
        """End it; idempotent."""
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def _read(self) -> Any:
        if self._process is None or self._process.stdout is None:
            return None
        line = self._process.stdout.readline()
        return json.loads(line) if line else None


class Peers:
    """Every peer there is; `python` is the interpreter of their environment, None without one."""

    def __init__(self, python: Path | None) -> None:
        """Start what is installed."""
        self.python = python
        self.nautilus = Peer(python, "nautilus")
        self.backtesting = Peer(python, "backtesting_py")
        self.order_books = Peer(python, "order_books")

    def __enter__(self) -> "Peers":
        """Nothing more to start."""
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        """End them all."""
        self.nautilus.close()
        self.backtesting.close()
        self.order_books.close()

    @property
    def versions(self) -> dict[str, str]:
        """Installed peers and their versions."""
        return {**self.nautilus.versions, **self.backtesting.versions, **self.order_books.versions}
