"""Rounds of a job and of what it is compared with, in turn, garbage collection off; figures are medians over rounds."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Round = Callable[[], float]
"""One round of a job: its figure, in microseconds an operation unless the row says otherwise."""

_YARDSTICK_STEPS = 200_000


@dataclass(frozen=True, slots=True)
class Compared:
    """What a job is measured against: a peer or a floor, and its figure; None where it is not installed."""

    name: str
    figure: float | None


@dataclass(frozen=True, slots=True)
class Goal:
    """At most this figure, or at most this multiple of what the row is compared with."""

    figure: float | None = None
    ratio: float | None = None


NO_GOAL = Goal()


@dataclass(frozen=True, slots=True)
class Row:
    """One job beside one peer or floor of the same run; `figure` is in `unit`, `yardstick_ns` told how quiet it was."""

    job: str
    figure: float
    compared: Compared
    goal: Goal = NO_GOAL
    unit: str = "µs"
    yardstick_ns: float = 0.0

    @property
    def ratio(self) -> float | None:
        """Job over what it is compared with; below one the job is faster."""
        return None if self.compared.figure is None else self.figure / self.compared.figure

    @property
    def reached(self) -> bool | None:
        """Whether the goal is met; None without a goal, or without what it is measured against."""
        if self.goal.figure is not None:
            return self.figure <= self.goal.figure
        if self.goal.ratio is None or self.ratio is None:
            return None
        return self.ratio <= self.goal.ratio


@dataclass(frozen=True, slots=True)
class Against:
    """A peer or floor to run beside a job; `run` is None where it is not installed."""

    name: str
    run: Round | None
    goal: Goal = NO_GOAL


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is measured: rounds, and the share of each round's calls."""

    rounds: int = 7
    share: float = 1.0

    def calls(self, count: int) -> int:
        """Calls of one round, at least two."""
        return max(2, int(count * self.share))


QUICK = Pace(rounds=1, share=0.02)


def compare(job: str, run: Round, *against: Against, pace: Pace, unit: str = "µs") -> list[Row]:
    """Run a job and everything it is compared with round-robin; one row for each of them."""
    runs = [run, *(other.run for other in against)]
    found: list[list[float]] = [[] for _ in runs]
    quietness = []
    for _ in range(pace.rounds):
        quietness.append(yardstick())
        for one, figures in zip(runs, found, strict=True):
            if one is not None:
                figures.append(_quietly(one))
    medians = [statistics.median(figures) if figures else None for figures in found]
    mine = medians[0] or 0.0
    return [
        Row(job, mine, Compared(other.name, median), other.goal, unit, statistics.median(quietness))
        for other, median in zip(against, medians[1:], strict=True)
    ]


def each(job: Callable[[], object], calls: int) -> Round:
    """Rounds of single calls, each timed: the median call."""

    def run() -> float:
        samples = []
        for _ in range(calls):
            began = time.perf_counter_ns()
            job()
            samples.append(time.perf_counter_ns() - began)
        return statistics.median(samples) / 1000

    return run


def together(job: Callable[[], object], calls: int) -> Round:
    """Rounds of calls timed together: the mean call, for jobs too short to time one by one."""

    def run() -> float:
        began = time.perf_counter_ns()
        for _ in range(calls):
            job()
        return (time.perf_counter_ns() - began) / calls / 1000

    return run


def yardstick() -> float:
    """Nanoseconds an iteration of a fixed loop takes now: how quiet the machine is."""
    total = 0
    began = time.perf_counter_ns()
    for number in range(_YARDSTICK_STEPS):
        total += number & 7
    return (time.perf_counter_ns() - began) / _YARDSTICK_STEPS


def _quietly(run: Round) -> float:
    gc.collect()
    gc.disable()
    try:
        return run()
    finally:
        gc.enable()
