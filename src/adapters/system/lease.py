"""One writer per account: a kernel file lock, held for the life of the process that took it."""

import fcntl
import json
import os
from pathlib import Path

from tradecore.errors import AccountHeld, JournalUnavailable
from tradecore.ports.lease import Lease


class FileLease(Lease):
    """An exclusive flock on `<account>/lock`; the kernel drops it when the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        """
        Take the lock or refuse.

        Raises:
            AccountHeld: Another process holds it; the message names the process.
            JournalUnavailable: The lock file can't be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise JournalUnavailable(
                f"{path} can't be written: {error.strerror}; choose another TRADECORE_HOME"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = _read(self._file)
            os.close(self._file)
            who = f"process {holder.get('pid', 'unknown')}"
            raise AccountHeld(
                f"account {path.parent.name} is held by {who}; end it or choose another account"
            ) from error
        self._number = int(_read(self._file).get("number", 0)) + 1
        text = json.dumps({"pid": os.getpid(), "number": self._number}).encode()
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, text, 0)
        os.fsync(self._file)

    @property
    def number(self) -> int:
        """Counts the holders of this account."""
        return self._number

    def release(self) -> None:
        """Give the lock up; idempotent."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def lock_holder(path: Path) -> int | None:
    """The process that holds this lock, None when none does; 0 for one that does not say who it is."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(descriptor).get("pid", 0)
    finally:
        os.close(descriptor)
    return None


def _read(descriptor: int) -> dict[str, int]:
    try:
        found = json.loads(os.pread(descriptor, 4096, 0) or b"{}")
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
