"""What a session of the simulation costs: the inverse is sessions a second and core."""

import time

from tests.simulation.campaign import Exposure
from tests.simulation.session import run_session

from benchmarks.peer_process import Peers
from benchmarks.timing import Against, Pace, Round, Row, compare

_SEEDS = 20


def simulated_sessions(pace: Pace, _: Peers) -> list[Row]:
    """Sessions of seeds 1 to 20 under all faults, and the same seeds in a world without any."""
    seeds = range(1, pace.calls(_SEEDS) + 1)

    def sessions(exposure: Exposure) -> Round:
        def run() -> float:
            began = time.perf_counter_ns()
            for seed in seeds:
                run_session(seed, exposure.options(seed))
            return (time.perf_counter_ns() - began) / len(seeds) / 1_000_000

        return run

    perfect = Against("without faults and crashes", sessions(Exposure(faults=False, restarts=False)))
    few = Pace(rounds=min(pace.rounds, 3), share=pace.share)
    return compare("session of the fault simulation, eight minutes", sessions(Exposure()), perfect, pace=few, unit="ms")
