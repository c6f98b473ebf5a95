"""Daily implied volatilities as lines of JSON in one file."""

import json
import math
import os
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from tradecore.errors import Unavailable
from tradecore.ports.iv_history import DailyIv, IvHistory


class JsonlIvHistory(IvHistory):
    """
    One line a day and underlying: `{"underlying": "SPY", "day": "2026-11-20", "iv": 0.1432}`.

    A line that can't be read, such as one that a loss of power cut short, is no day; the first of a day stands.
    """

    def __init__(self, path: Path) -> None:
        """Read nothing yet; the file need not be there."""
        self._path = path

    async def add(self, underlying: str, day: date, iv: float) -> bool:
        """Append a line and wait until it is on the device."""
        if day in dict(self._kept(underlying)):
            return False
        line = json.dumps({"underlying": underlying, "day": day.isoformat(), "iv": iv})
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            opened = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(opened, "a", encoding="utf-8") as file:
                # What a cut line left behind must not swallow this one.
                file.write(f"\n{line}\n" if self._ends_within_a_line() else f"{line}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as problem:
            raise Unavailable(f"{self._path} can't be written: {problem.strerror}") from problem
        return True

    async def days(self, underlying: str, before: date, most: int) -> Sequence[DailyIv]:
        """The last of them."""
        kept: dict[date, float] = {}
        for day, iv in self._kept(underlying):
            kept.setdefault(day, iv)
        found = sorted((day, iv) for day, iv in kept.items() if day < before)
        return [DailyIv(day, iv) for day, iv in found[-most:]] if most > 0 else []

    def _kept(self, underlying: str) -> Iterator[tuple[date, float]]:
        try:
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return
        except OSError as problem:
            raise Unavailable(f"{self._path} can't be read: {problem.strerror}") from problem
        for line in lines:
            found = _read(line, underlying)
            if found is not None:
                yield found

    def _ends_within_a_line(self) -> bool:
        try:
            held = self._path.read_bytes()
        except FileNotFoundError:
            return False
        return bool(held) and not held.endswith(b"\n")


def _read(line: str, underlying: str) -> tuple[date, float] | None:
    try:
        raw = json.loads(line)
        if not isinstance(raw, dict) or raw["underlying"] != underlying:
            return None
        day, iv = date.fromisoformat(raw["day"]), float(raw["iv"])
    except (ValueError, KeyError, TypeError):
        return None
    return (day, iv) if math.isfinite(iv) and iv > 0 else None
