"""How a standing desk is found: `desk.json` beside its lock says who it is and where it listens."""

import json
import os
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tradecore import __version__

DESK_FILE: Final = "desk.json"
DESK_SOCKET: Final = "desk.sock"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFile:
    """A standing desk as it described itself; `http` is a URL, or None while it has no such door."""

    pid: int
    account: str
    mode: str
    version: str
    started_at: str
    http: str | None

    def write(self, directory: Path) -> None:
        """Put the description in place in one step, readable by its owner only."""
        part = directory / f"{DESK_FILE}.{self.pid}"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file)
        part.replace(directory / DESK_FILE)


def describe(account: str, mode: str, started_at: str, http: str | None) -> DeskFile:
    """This process as a standing desk."""
    return DeskFile(pid=os.getpid(), account=account, mode=mode, version=__version__, started_at=started_at, http=http)


def read_desk_file(directory: Path) -> DeskFile | None:
    """The description in this directory, None when there is none that can be read."""
    try:
        return DeskFile(**json.loads((directory / DESK_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def remove_desk_file(directory: Path) -> None:
    """Take description and socket away."""
    for name in (DESK_FILE, DESK_SOCKET):
        (directory / name).unlink(missing_ok=True)


def desk_stands(directory: Path) -> bool:
    """Whether something answers on the desk's socket; a socket that a dead desk left does not."""
    try:
        connected_socket(directory).close()
    except OSError:
        return False
    return True


def standing_directories(home: Path, account: str | None) -> Iterator[Path]:
    """Directories of the accounts on which a desk stands, of every mode; of one name only if it is given."""
    for found in sorted(home.glob(f"*/{account or '*'}/{DESK_SOCKET}")):
        if desk_stands(found.parent):
            yield found.parent


def listening_socket(directory: Path) -> socket.socket:
    """
    A new socket in this directory, for its owner only; one that a dead desk left is replaced.

    The caller holds the account's lock, so no living desk can lose its socket here.
    """
    (directory / DESK_SOCKET).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with _reachable(directory) as path:
        listener.bind(path)
    (directory / DESK_SOCKET).chmod(0o600)
    listener.setblocking(False)
    return listener


def connected_socket(directory: Path) -> socket.socket:
    """
    A connection to the desk of this directory.

    Raises:
        OSError: Nobody listens there.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _reachable(directory) as path:
            connection.connect(path)
    except OSError:
        connection.close()
        raise
    connection.setblocking(False)
    return connection


class _reachable:  # noqa: N801 - reads as the `with` statement it serves
    """The socket's path, short enough for the kernel however deep the directory lies."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._descriptor = -1

    def __enter__(self) -> str:
        path = str(self._directory / DESK_SOCKET)
        if len(path.encode()) < 100 or not Path("/proc/self/fd").is_dir():
            return path
        self._descriptor = os.open(self._directory, os.O_RDONLY)
        return f"/proc/self/fd/{self._descriptor}/{DESK_SOCKET}"

    def __exit__(self, *_: object) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
