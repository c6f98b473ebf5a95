"""Timing loops: rounds of one job and its floor in turn, garbage collection off, the median of all rounds."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Measurement:
    """Median microseconds a call of a job and of the floor it is compared with."""

    name: str
    microseconds: float
    floor_name: str
    floor_microseconds: float

    @property
    def ratio(self) -> float:
        """Job over floor."""
        return self.microseconds / self.floor_microseconds


def compare(
    name: str,
    job: Callable[[], object],
    floor_name: str,
    floor: Callable[[], object],
    *,
    calls: int,
    floor_calls: int | None = None,
) -> Measurement:
    """Run job and floor round-robin."""
    mine, floors = [], []
    for _ in range(ROUNDS):
        mine.append(_one_round(job, calls))
        floors.append(_one_round(floor, floor_calls or calls))
    return Measurement(name, statistics.median(mine), floor_name, statistics.median(floors))


def _one_round(job: Callable[[], object], calls: int) -> float:
    gc.collect()
    gc.disable()
    try:
        began = time.perf_counter_ns()
        for _ in range(calls):
            job()
        return (time.perf_counter_ns() - began) / calls / 1000
    finally:
        gc.enable()
