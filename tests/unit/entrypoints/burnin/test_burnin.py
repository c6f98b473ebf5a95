"""Rehearsed days: every kind runs, repeats itself, and tells what broke."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.unit.entrypoints.standing.processes import PROGRAM, environment

from entrypoints.burnin.outcome import Outcome
from entrypoints.burnin.session import KINDS, Plan, run_session
from entrypoints.limits_file import load_limits
from tradecore.risk import gate
from tradecore.risk.picture import RiskPicture
from tradecore.risk.verdict import CheckResult

# With a crash of the desk, and (from the second round of kinds on) a network that fails.
CRASHING_WITH_FAULTS = 7


def session(number: int, home: Path) -> Outcome:
    return run_session(Plan(number, 40 + number, home, load_limits("default")))


def decided(outcome: Outcome) -> dict[str, object]:
    """All of a session but what a clock on the wall measured."""
    measured = ("work", "chain", "tick_to_order", "confirm_to_order")
    return {name: getattr(outcome, name) for name in outcome.__slots__ if name not in measured}


def test_kinds_of_days_take_turns() -> None:
    assert {Plan(number, 1, Path(), load_limits("default")).kind for number in range(6)} == set(map(str, KINDS))


def test_a_day_with_faults_and_a_crash_ends_whole_and_is_the_same_again(tmp_path: Path) -> None:
    first = session(CRASHING_WITH_FAULTS, tmp_path / "one")
    assert (first.crashes, len(first.recovered_s), first.journal) == (1, 1, "whole")
    assert sum(first.faults.values()) > 0
    assert (first.errors, first.unintended, first.differences) == ([], [], [])
    assert first.calls > 20
    assert decided(session(CRASHING_WITH_FAULTS, tmp_path / "other")) == decided(first)


def test_a_gate_that_lets_too_much_delta_through_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def blind(_: RiskPicture) -> CheckResult:
        return CheckResult("delta_cap", True, "0", "0", "")

    monkeypatch.setitem(gate.CHECKS, "delta_cap", blind)
    monkeypatch.setitem(gate.CHECKS, "delta_after_move", blind)
    found = [session(1, tmp_path)]
    assert sum(one.delta_breaches for one in found) > 0


def test_the_command_shows_its_verdict_and_writes_the_report(tmp_path: Path) -> None:
    out = tmp_path / "report"
    command = [*PROGRAM, "burnin", "--sessions", "1", "--seed", "7", "--out", str(out), "--json"]
    done = subprocess.run(command, env=environment(tmp_path), capture_output=True, check=False, timeout=120)
    told = json.loads(done.stdout)
    assert told["verdict"] in ("GO", "NO-GO")
    assert done.returncode == (0 if told["verdict"] == "GO" else 1)
    assert {path.name for path in out.iterdir()} == {"report.json", "report.md", "results.svg", "days.svg"}


def test_ctrl_c_ends_every_process_and_leaves_nothing_behind(tmp_path: Path) -> None:
    command = [*PROGRAM, "burnin", "--sessions", "50", "--workers", "2"]
    given = environment(tmp_path, TMPDIR=str(tmp_path))
    with subprocess.Popen(command, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("burnin-*/burnin/*/journal")):
            assert time.monotonic() < deadline, "no session began"
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in told
    assert not list(tmp_path.glob("burnin-*"))
