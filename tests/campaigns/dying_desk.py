"""
Start `tradecore` so that it dies, or its disk fails, at the N-th call that leaves the process.

`python -m tests.campaigns.dying_desk PLAN ARGUMENTS…`: the calls that write, sync, rename and send are replaced in this
process before the program is loaded, so it works on every system and counts across threads. PLAN is a file that
`Plan.write` wrote. Counting begins when the file `armed` appears; every call is a line in `log`, before it is made.
"""

import errno
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

KILLED: Final = "kill"
HALF: Final = "half"
DISK_FAILURES: Final = {"EIO": errno.EIO, "EIO once": errno.EIO, "ENOSPC": errno.ENOSPC}
FAILED: Final = "the disk fails"
_WAKES_THE_LOOP: Final = b"\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    What happens at which call: `kill` before it, `half` of it done, or the journal's disk fails from there on.

    `nth` counts all calls, or for a failing disk the journal's; 0 is never.
    """

    nth: int
    act: str
    armed: Path
    log: Path

    def write(self, file: Path) -> None:
        """Keep it for the process that will carry it out."""
        file.write_text(json.dumps({name: str(value) for name, value in asdict(self).items()}), encoding="utf-8")


class Boundary:
    """Counts calls and carries the plan out."""

    def __init__(self, plan: dict[str, str]) -> None:
        """Nothing is replaced yet."""
        self._nth = int(plan["nth"])
        self._act = plan["act"]
        self._armed = plan["armed"]
        self._lock = threading.Lock()
        self._count = 0
        self._failing = False
        self._write = os.write
        self._log = os.open(plan["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def replace_calls(self) -> None:
        """From now on every call comes by here."""
        os.write = self._around_file(os.write, "write")
        os.pwrite = self._around_file(os.pwrite, "write")
        os.fdatasync = self._around_file(os.fdatasync, "sync")
        os.fsync = self._around_file(os.fsync, "sync")
        os.replace = self._around_name(os.replace)
        os.rename = self._around_name(os.rename)
        for name in ("send", "sendall"):
            setattr(socket.socket, name, self._around_socket(getattr(socket.socket, name)))
        socket.socket.sendmsg = self._around_sendmsg(socket.socket.sendmsg)  # type: ignore[method-assign]

    def _around_file(self, call: Callable[..., Any], verb: str) -> Callable[..., Any]:
        def around(descriptor: int, *rest: Any) -> Any:
            name = Path(os.readlink(f"/proc/self/fd/{descriptor}")).parent.name
            is_journal = name == "journal"
            what = f"{verb} {'journal' if is_journal else 'file'}"
            self._meet(what, lambda: call(descriptor, rest[0][: len(rest[0]) // 2], *rest[1:]) if rest else None)
            if is_journal and self._disk_fails():
                return self._fail_disk(call, descriptor, rest)
            return call(descriptor, *rest)

        return around

    def _around_name(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def around(*names: Any, **more: Any) -> Any:
            self._meet("rename", lambda: None)
            return call(*names, **more)

        return around

    def _around_socket(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def around(near: socket.socket, data: Any, *rest: Any) -> Any:
            if bytes(data) != _WAKES_THE_LOOP:
                self._meet(_sending(near, bytes(data)), lambda: call(near, data[: len(data) // 2], *rest))
            return call(near, data, *rest)

        return around

    def _around_sendmsg(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def around(near: socket.socket, parts: Any, *rest: Any) -> Any:
            data = b"".join(parts)
            self._meet(_sending(near, data), lambda: call(near, [data[: len(data) // 2]], *rest))
            return call(near, parts, *rest)

        return around

    def _meet(self, what: str, half: Callable[[], Any]) -> None:
        if not self._count and not os.path.exists(self._armed):
            return
        with self._lock:
            if self._act not in DISK_FAILURES or what.endswith("journal"):
                self._count += 1
            self._note(what)
            if self._count != self._nth or self._act in DISK_FAILURES:
                return
            if self._act == HALF:
                half()
            _die()

    def _disk_fails(self) -> bool:
        with self._lock:
            if self._nth and self._count == self._nth:
                self._failing = True
            return self._failing

    def _fail_disk(self, call: Callable[..., Any], descriptor: int, rest: tuple[Any, ...]) -> Any:
        """As disks do: a full one takes a part first; one that failed once may work again."""
        self._note(FAILED)
        self._failing = self._act != "EIO once"
        if self._act == "ENOSPC" and rest and len(rest[0]) > 1 and self._count == self._nth:
            self._count += 1
            return call(descriptor, rest[0][: len(rest[0]) // 2])
        self._count += self._count == self._nth
        number = DISK_FAILURES[self._act]
        raise OSError(number, os.strerror(number))

    def _note(self, what: str) -> None:
        self._write(self._log, f"{self._count} {time.monotonic():.6f} {what}\n".encode())


def _sending(near: socket.socket, data: bytes) -> str:
    if near.family == socket.AF_UNIX:
        return "send answer"
    first = data[:64].partition(b" HTTP")[0].partition(b"?")[0].decode("latin-1")
    verb, _, path = first.partition(" ")
    if verb in ("GET", "POST", "DELETE"):
        return f"send {verb} {'/'.join(path.split('/')[:3])}"
    return "send body" if data[:1] == b"{" else "send frame"


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    while True:
        signal.pause()


if __name__ == "__main__":
    Boundary(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))).replace_calls()
    from entrypoints.cli.app import run

    sys.exit(run(sys.argv[2:]))
