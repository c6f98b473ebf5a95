"""The protocol's own conformance suite at the HTTP door: production as it is, and with the suite's fixtures added."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.conformance.suite import RUNS, expected_failures, listed_failures, run_suite
from tests.unit.entrypoints.standing.processes import environment

ROOT = Path(__file__).parents[2]
DESKS = {"plain": [], "fixtures": ["--fixtures"]}


@pytest.fixture(scope="module", params=list(DESKS))
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Which desk it is, and its URL."""
    home = tmp_path_factory.mktemp("home")
    command = [sys.executable, "-m", "tests.e2e.conformance.desk", str(home), *DESKS[request.param]]
    with subprocess.Popen(
        command, env=environment(home), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, "the desk did not come up"
        yield request.param, url
        process.stdin.close()
        assert process.wait(20) == 0


@pytest.mark.parametrize("name", list(RUNS))
def test_nothing_fails_but_what_is_listed_with_a_reason(desk: tuple[str, str], name: str, tmp_path: Path) -> None:
    kind, url = desk
    found = run_suite(name, url, tmp_path / "results")
    print(f"conformance {kind} {name}: {found}")
    assert found.scenarios == RUNS[name][2]
    expected = expected_failures(f"{kind} {name}")
    assert {check: why for check, why in found.failed.items() if check not in expected} == {}
    assert sorted(expected.keys() - found.failed.keys()) == [], "these pass by now: take them off the list"


def test_the_manual_names_every_scenario_that_fails_with_fixtures() -> None:
    page = (ROOT / "docs" / "reference" / "clients.md").read_text(encoding="utf-8")
    failing = {scenario for name in RUNS for scenario, _ in expected_failures(f"fixtures {name}")}
    assert {scenario for scenario in failing if f"`{scenario}`" not in page} == set()


def test_every_listed_failure_belongs_to_a_run_and_has_a_reason() -> None:
    runs = {f"{kind} {name}" for kind in DESKS for name in RUNS}
    for entry in listed_failures():
        assert entry["reason"].strip()
        assert {run for group in entry["failures"] for run in group["runs"]} <= runs
