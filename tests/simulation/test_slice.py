"""A slice of the campaign: seeded sessions with faults and crashes, every promise held to the venue's own books."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.simulation.campaign import Exposure, RangeResult, append_result, ranges_of, read_results, run_range
from tests.simulation.planted_runner import caught_at
from tests.simulation.session import run_session

ROOT = Path(__file__).parents[2]
FULL = Exposure()
# Each broke a promise once; what it showed has a test of its own where the code is small enough.
REGRESSIONS = (22, 23, 154, 223, 257, 284, 453, 645, 681, 853, 1074, 1219, 1409, 3086, 8595, 15691, 18474, 19365)


@pytest.mark.parametrize("seed", [*range(1, 13), *REGRESSIONS])
def test_every_promise_is_kept_whatever_fails(seed: int) -> None:
    assert run_session(seed, FULL.options(seed)).violations == ()


@pytest.mark.parametrize("seed", range(1, 4))
def test_a_perfect_world_trades(seed: int) -> None:
    result = run_session(seed, Exposure(faults=False, restarts=False).options(seed))
    assert result.violations == ()
    assert result.orders > 5


@pytest.mark.parametrize("name", ["blind retry under a new id", "sync does nothing"])
def test_a_planted_bug_is_caught(name: str) -> None:
    assert caught_at(name, 1) is not None


def test_a_seed_is_the_same_session_in_two_processes_whatever_their_hash_seeds(tmp_path: Path) -> None:
    digests = []
    for hash_seed in ("1", "2"):
        file = tmp_path / hash_seed
        # With faults, so that everything random takes part; whether promises are kept is not asked here.
        subprocess.run(
            [sys.executable, "-m", "tests.simulation", "--seeds", "3", "--jobs", "1", f"--digests={file}"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=False,
        )
        digests.append(file.read_text(encoding="utf-8"))
    assert digests[0] == digests[1]
    assert len(digests[0].splitlines()) == 3


def test_a_campaign_goes_on_where_it_stopped(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    append_result(file, run_range(FULL, (3, 2)))
    known = read_results(file, 1, 60)
    assert [(result.first, result.count) for result in known] == [(3, 2)]
    left = ranges_of(1, 60, known)
    assert [seed for first, count in left for seed in range(first, first + count)] == [1, 2, *range(5, 61)]


def test_results_of_other_code_are_not_taken_for_ours(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    other = RangeResult(first=1, count=2, orders=3, faults={}, broken=[], seconds=1.0, code="another")
    append_result(file, other)
    assert read_results(file, 1, 60) == []
