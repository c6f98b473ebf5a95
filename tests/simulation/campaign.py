"""Many seeds over processes: ranges, their results as they finish, and what is already there."""

import gc
import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from tests.simulation.options import Options
from tests.simulation.session import run_session
from tests.simulation.truth import Broken

RANGE: Final = 25
_ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What the sessions of a campaign meet: faults at all, and deaths of the desk among them."""

    faults: bool = True
    restarts: bool = True

    def options(self, seed: int) -> Options:
        """What one seed meets."""
        return Options.of(seed, faults=self.faults, restarts=self.restarts)


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeResult:
    """One finished range of seeds; `broken` are (seed, kind, text), `digests` by seed."""

    first: int
    count: int
    orders: int
    faults: dict[str, int]
    broken: list[tuple[int, str, str]]
    seconds: float
    code: str
    digests: dict[int, str] = field(default_factory=dict)

    @property
    def last(self) -> int:
        """The last seed."""
        return self.first + self.count - 1

    def as_line(self) -> str:
        """The line of the results file; digests have a file of their own."""
        kept = {
            name: getattr(self, name) for name in ("first", "count", "orders", "faults", "broken", "seconds", "code")
        }
        return json.dumps(kept)


@dataclass(slots=True)
class Total:
    """The sum of a campaign."""

    sessions: int = 0
    orders: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    broken: list[tuple[int, str, str]] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, result: RangeResult) -> None:
        """Count a range in."""
        self.sessions += result.count
        self.orders += result.orders
        self.faults.update(result.faults)
        self.broken += [(seed, kind, text) for seed, kind, text in result.broken]
        self.seconds += result.seconds

    @property
    def line(self) -> str:
        """The figures in one line."""
        kinds = Counter(kind for _, kind, _ in self.broken)
        named = (Broken.LOST, Broken.DUPLICATE, Broken.BREACH, Broken.UNCONFIRMED)
        counts = ", ".join(f"{kinds[kind]} {kind}" for kind in named)
        return f"{self.sessions} sessions, {self.orders} orders, {self.faults.total()} faults, {counts}"


def run_range(exposure: Exposure, bounds: tuple[int, int]) -> RangeResult:
    """Run seeds [first, first + count) one after the other."""
    first, count = bounds
    began = time.perf_counter()
    faults: Counter[str] = Counter()
    broken: list[tuple[int, str, str]] = []
    digests: dict[int, str] = {}
    orders = 0
    for seed in _with_rare_collection(range(first, first + count)):
        result = run_session(seed, exposure.options(seed))
        orders += result.orders
        faults.update(result.faults)
        broken += [(seed, str(violation.kind), violation.text) for violation in result.violations]
        digests[seed] = result.digest
    return RangeResult(
        first=first,
        count=count,
        orders=orders,
        faults=dict(faults),
        broken=broken,
        seconds=round(time.perf_counter() - began, 3),
        code=code_digest(),
        digests=digests,
    )


def _with_rare_collection(seeds: Iterable[int]) -> Iterator[int]:
    """Look for cycles every tenth session: a session makes many objects and hardly a cycle before its end."""
    gc.disable()
    try:
        for number, seed in enumerate(seeds):
            yield seed
            if number % 10 == 0:
                gc.collect()
    finally:
        gc.enable()


def run_ranges(exposure: Exposure, ranges: list[tuple[int, int]], jobs: int) -> Iterator[RangeResult]:
    """Results in the order in which they finish."""
    if jobs <= 1:
        yield from map(partial(run_range, exposure), ranges)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(run_range, exposure, bounds) for bounds in ranges]):
            yield done.result()


def ranges_of(first: int, count: int, known: Iterable[RangeResult] = ()) -> list[tuple[int, int]]:
    """Cut seeds into ranges; those known already are left out."""
    there = {seed for result in known for seed in range(result.first, result.last + 1)}
    left: list[tuple[int, int]] = []
    for begin in range(first, first + count, RANGE):
        seeds = [seed for seed in range(begin, min(begin + RANGE, first + count)) if seed not in there]
        for seed in seeds:
            if left and left[-1][0] + left[-1][1] == seed and left[-1][1] < RANGE:
                left[-1] = (left[-1][0], left[-1][1] + 1)
            else:
                left.append((seed, 1))
    return left


def read_results(file: Path, first: int, count: int) -> list[RangeResult]:
    """Ranges of this very code within [first, first + count) that the file holds."""
    if not file.exists():
        return []
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    found = [_read(line) for line in lines if line["code"] == code_digest()]
    return [result for result in found if first <= result.first and result.last < first + count]


def _read(line: dict[str, Any]) -> RangeResult:
    return RangeResult(**{**line, "broken": [tuple(one) for one in line["broken"]]})


def append_result(file: Path, result: RangeResult) -> None:
    """Add one finished range, at once and whole."""
    with file.open("a", encoding="utf-8") as results:
        results.write(result.as_line() + "\n")
        results.flush()
        os.fsync(results.fileno())


@cache
def code_digest() -> str:
    """SHA-256 (16 digits) of every source file a session runs; results of other code say nothing of this one."""
    digest = hashlib.sha256()
    for folder in (_ROOT / "src", Path(__file__).parent):
        for path in sorted(folder.rglob("*.py")):
            digest.update(str(path.relative_to(_ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
