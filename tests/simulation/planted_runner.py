"""Runs each planted bug until the simulation catches it."""

from collections.abc import Sequence
from typing import Final

from tests.simulation.campaign import Exposure
from tests.simulation.planted import PLANTED
from tests.simulation.session import run_session

_MOST_SEEDS: Final = 200


def run_planted(names: Sequence[str], first: int, jobs: int) -> int:  # noqa: ARG001
    """Plant the named bugs, or all of them, one after the other; 0 when each was caught."""
    chosen = {name: PLANTED[name] for name in (names or PLANTED)}
    caught = 0
    for name in chosen:
        seed = caught_at(name, first)
        caught += seed is not None
        found = f"caught at seed {seed} (after {seed - first + 1} seeds)" if seed is not None else "NOT CAUGHT"
        print(f"{name}: {found}", flush=True)
    print(f"{caught} of {len(chosen)} planted bugs caught")
    return 0 if caught == len(chosen) else 1


def caught_at(name: str, first: int) -> int | None:
    """The first seed whose session breaks a promise with the bug planted and none without it; None after 200."""
    exposure = Exposure()
    for seed in range(first, first + _MOST_SEEDS):
        with PLANTED[name]():
            broken = run_session(seed, exposure.options(seed)).violations
        if broken and not run_session(seed, exposure.options(seed)).violations:
            return seed
    return None
