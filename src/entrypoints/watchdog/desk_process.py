"""A standing desk as a process of its own: started detached, asked on its socket, ended by signal."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

from entrypoints.standing.asking import ask_desk
from entrypoints.wiring.directories import make_private
from entrypoints.wiring.machine import holder_of
from tradecore.errors import TradeError

_ANSWERS_WITHIN_S: Final = 4.0
_ENDS_WITHIN_S: Final = 30.0
_LOOKS_EVERY_S: Final = 0.05


class DeskProcess:
    """
    `tradecore serve` on one account; a desk that stands there already is taken over as it is.

    What it says goes to `serve.log` in the account's directory.
    """

    def __init__(self, directory: Path, env_file: Path | None, *, http: bool) -> None:
        """Watch the account of this directory."""
        self._directory = directory
        self._command = [sys.executable, "-m", "entrypoints.cli"]
        self._command += [] if env_file is None else ["--env-file", str(env_file)]
        self._command += ["serve", "--account", directory.name, "--http" if http else "--no-http"]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process that holds the account, None when nobody does."""
        return holder_of(self._directory)

    def start(self) -> None:
        """Start it detached, so that it outlives the watchdog."""
        make_private(self._directory)
        with (self._directory / "serve.log").open("ab") as output:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )

    def last_words(self) -> str:
        """The last line it wrote."""
        log = self._directory / "serve.log"
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else str(log)

    async def answers(self) -> bool:
        """Whether its control door answers within four seconds."""
        wish = {"ask": "status"}
        try:
            asked = asyncio.to_thread(ask_desk, self._directory, wish, any_version=True, patience_s=_ANSWERS_WITHIN_S)
            return bool((await asked)["ok"])
        except TradeError:
            return False

    def exit_code(self) -> int | None:
        """Its exit code; 1 for one that somebody else started and that is gone."""
        if self._process is not None:
            return self._process.poll()
        return None if self.pid is not None else 1

    async def end(self, *, in_order: bool) -> None:
        """Ask it to end, and after half a minute, or at once, end it; a stopped process too."""
        if in_order:
            self._signal(signal.SIGTERM)
            for _ in range(int(_ENDS_WITHIN_S / _LOOKS_EVERY_S)):
                if self._is_gone():
                    return
                await asyncio.sleep(_LOOKS_EVERY_S)
        self._signal(signal.SIGKILL)
        while not self._is_gone():
            await asyncio.sleep(_LOOKS_EVERY_S)

    def _signal(self, number: signal.Signals) -> None:
        pid = self.pid if self._process is None else self._process.pid
        if pid is not None and not self._is_gone():
            os.kill(pid, number)

    def _is_gone(self) -> bool:
        if self._process is not None:
            return self._process.poll() is not None
        return self.pid is None
