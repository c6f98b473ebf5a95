"""Real processes on a home of their own: the installed program, its clients, and a terminal to type at."""

import fcntl
import os
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters

from entrypoints.settings import known_names
from entrypoints.standing.desk_file import DeskFile, read_desk_file

PROGRAM = [sys.executable, "-m", "entrypoints.cli"]


def environment(home: Path, **more: str) -> dict[str, str]:
    """This process's environment without settings of the desk, plus a home and these."""
    ours = {name for name in os.environ if name.upper().startswith("TRADECORE_") or name.upper() in known_names()}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    source = str(Path(__file__).parents[4] / "src")
    return kept | {"TRADECORE_HOME": str(home), "PYTHONPATH": source, "SIM_SPEED": "20"} | more


def run(home: Path, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """One command to its end."""
    return subprocess.run(
        [*PROGRAM, *arguments],
        env=environment(home, **more),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


@asynccontextmanager
async def stdio_client(home: Path, *arguments: str, era: str = "auto", **more: str) -> AsyncIterator[Client]:
    """A real client that starts `tradecore mcp` as Claude does."""
    server = StdioServerParameters(
        command=PROGRAM[0], args=[*PROGRAM[1:], "mcp", *arguments], env=environment(home, **more)
    )
    async with Client(server, mode=era) as client:
        yield client


def standing_desk(home: Path, account: str) -> DeskFile:
    """The desk that stands on this account."""
    found = read_desk_file(home / "simulated" / account)
    assert found is not None
    return found


def end(home: Path, account: str, with_signal: signal.Signals = signal.SIGTERM) -> None:
    """End the desk of this account and wait until it is gone."""
    found = read_desk_file(home / "simulated" / account)
    if found is None:
        return
    with suppress(ProcessLookupError):
        os.kill(found.pid, with_signal)
    wait_until(lambda: not _lives(found.pid))


def wait_until(condition: Any, seconds: float = 20.0) -> None:
    """Wait for something other processes bring about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def type_at_terminal(home: Path, arguments: list[str], lines: list[str], **more: str) -> tuple[int, str]:
    """Run a command on a terminal of its own and type a line at each prompt; exit code and everything shown."""
    terminal, end_of_it = os.openpty()
    command = subprocess.Popen(
        [*PROGRAM, *arguments],
        env=environment(home, **more),
        stdin=end_of_it,
        stdout=end_of_it,
        stderr=end_of_it,
        start_new_session=True,
        preexec_fn=_take_terminal,
    )
    os.close(end_of_it)
    shown, answered, todo = b"", 0, list(lines)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.5)[0]:
            continue
        try:
            chunk = os.read(terminal, 4096)
        except OSError:
            break
        shown += chunk
        if todo and shown[answered:].rstrip().endswith(b":"):
            answered = len(shown)
            os.write(terminal, todo.pop(0).encode() + b"\n")
    os.close(terminal)
    return command.wait(timeout=30), shown.decode()


def kill_thin_clients() -> None:
    """Kill -9 every `tradecore mcp` that this process started."""
    for found in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = found.read_bytes().split(b"\0")
            parent = found.with_name("stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]
            if b"mcp" in words and int(parent) == os.getpid():
                os.kill(int(found.parent.name), signal.SIGKILL)


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
