"""What the machine itself says: its time, and how long its disk takes to keep a promise."""

import os
import time
from datetime import datetime
from pathlib import Path
from typing import Final

from adapters.system.lease import lock_holder
from adapters.system.stop_file import StopFile
from adapters.system.time import SystemClock, machine_seconds
from tradecore.ports.stop_signal import StopRequest

LOCK: Final = "lock"

__all__ = ["durable_write_ms", "holder_of", "leave_stop_request", "machine_seconds", "wall_clock"]


def wall_clock() -> datetime:
    """The present (UTC)."""
    return SystemClock().now()


def holder_of(directory: Path) -> int | None:
    """The process that holds the account of this directory; None when nobody does."""
    return lock_holder(directory / LOCK)


def leave_stop_request(directory: Path, reason: str, *, flatten: bool) -> str:
    """Ask the desk of an account to stop, whether or not it answers; what became of that, for a person."""
    try:
        StopFile(directory).leave(StopRequest(reason, flatten))
    except OSError as problem:
        return f"no stop request could be left in {directory}: {problem.strerror}"
    return "a stop request lies in its directory: the desk obeys it before it sends anything that takes risk"


def durable_write_ms(path: Path) -> float:
    """
    Milliseconds to write one small file and make it durable.

    Raises:
        OSError: The disk refused.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        began = time.perf_counter()
        os.write(descriptor, b"x" * 512)
        (os.fdatasync if hasattr(os, "fdatasync") else os.fsync)(descriptor)
        return (time.perf_counter() - began) * 1000
    finally:
        os.close(descriptor)
