"""Small files that only their owner reads."""

import os
from pathlib import Path


def put_private(path: Path, text: str) -> None:
    """
    Put a file in place in one step, readable by its owner only.

    Raises:
        OSError: It can't be written.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
