"""Runs each planted bug until the simulation catches it."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from statistics import median
from typing import Final

from tests.simulation.campaign import Exposure
from tests.simulation.planted import PLANTED
from tests.simulation.session import run_session

_MOST_SEEDS: Final = 200


def run_planted(names: Sequence[str], first: int, jobs: int) -> int:
    """Plant the named bugs, or all of them, each in sessions of its own; 0 when each was caught."""
    unknown = sorted(set(names) - set(PLANTED))
    if unknown:
        print(f"no planted bug {unknown[0]!r}; there are: {'; '.join(PLANTED)}")
        return 2
    chosen = [name for name in PLANTED if name in names or not names]
    needed: list[int] = []
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for name, seed in zip(chosen, pool.map(caught_at, chosen, repeat(first)), strict=True):
            needed += [] if seed is None else [seed - first + 1]
            found = "NOT CAUGHT" if seed is None else f"caught at seed {seed} (after {seed - first + 1} seeds)"
            print(f"{name}: {found}", flush=True)
    if needed:
        print(f"median seeds to catch: {median(needed):g}")
    print(f"{len(needed)} of {len(chosen)} planted bugs caught")
    return 0 if len(needed) == len(chosen) else 1


def caught_at(name: str, first: int) -> int | None:
    """The first seed whose session breaks a promise with the bug planted and none without it; None after 200."""
    exposure = Exposure()
    for seed in range(first, first + _MOST_SEEDS):
        with PLANTED[name]():
            broken = run_session(seed, exposure.options(seed)).violations
        if broken and not run_session(seed, exposure.options(seed)).violations:
            return seed
    return None
