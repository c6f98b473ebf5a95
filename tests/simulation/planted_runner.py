"""Runs each planted bug until the simulation catches it."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context
from statistics import median
from typing import Final

from tests.simulation.campaign import Exposure
from tests.simulation.planted import PLANTED
from tests.simulation.session import run_session

_MOST_SEEDS: Final = 1000


@dataclass(frozen=True, slots=True)
class Caught:
    """Where a planted bug was caught, and by which broken promise."""

    seed: int
    kind: str
    text: str


def run_planted(names: Sequence[str], first: int, jobs: int) -> int:
    """Plant the named bugs, or all of them, each in sessions of its own; 0 when each was caught."""
    unknown = sorted(set(names) - set(PLANTED))
    if unknown:
        print(f"no planted bug {unknown[0]!r}; there are: {'; '.join(PLANTED)}")
        return 2
    chosen = [name for name in PLANTED if name in names or not names]
    needed: list[int] = []
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for name, caught in zip(chosen, pool.map(caught_at, chosen, repeat(first)), strict=True):
            if caught is None:
                print(f"{name}: NOT CAUGHT in {_MOST_SEEDS} seeds", flush=True)
                continue
            needed.append(caught.seed - first + 1)
            print(
                f"{name}: caught by seed {caught.seed} ({needed[-1]} tried): {caught.kind}, {caught.text}", flush=True
            )
    if needed:
        print(f"median seeds to catch: {median(needed):g}, most: {max(needed)}")
    print(f"{len(needed)} of {len(chosen)} planted bugs caught")
    return 0 if len(needed) == len(chosen) else 1


def caught_at(name: str, first: int) -> Caught | None:
    """The first session that breaks a promise with the bug planted and none without it; None after 1,000 seeds."""
    exposure = Exposure()
    for seed in range(first, first + _MOST_SEEDS):
        with PLANTED[name]():
            broken = run_session(seed, exposure.options(seed)).violations
        if broken and not run_session(seed, exposure.options(seed)).violations:
            return Caught(seed, str(broken[0].kind), broken[0].text)
    return None
