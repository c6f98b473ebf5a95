"""Directories of the desk, for its owner only."""

from pathlib import Path


def make_private(directory: Path) -> Path:
    """
    Make a directory and those above it that are missing, each closed to everybody else; existing ones stay as they are.

    Raises:
        OSError: One can't be made.
    """
    missing = [one for one in (directory, *directory.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
    return directory
