"""The installed program as a user starts it: a process of its own, its own environment, real files."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.fixture
def program() -> list[str]:
    found = shutil.which("tradecore")
    assert found is not None, "tradecore is not installed in this environment"
    return [found]


def start(program: list[str], home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRADECORE_")}
    environment = {**kept, "TRADECORE_HOME": str(home)}
    return subprocess.run([*program, *arguments], env=environment, capture_output=True, text=True, check=False)


def test_demo_then_verify_then_replay(program: list[str], tmp_path: Path) -> None:
    demo = start(program, tmp_path, "demo", "--json")
    assert demo.returncode == 0, demo.stderr
    found = json.loads(demo.stdout)
    verified = start(program, tmp_path, "audit", "verify", found["journal"], "--json")
    assert verified.returncode == 0
    assert json.loads(verified.stdout)["head"] == found["audit"]["head"]
    replayed = start(program, tmp_path, "audit", "replay", found["journal"], "--json")
    assert replayed.returncode == 0
    assert json.loads(replayed.stdout)["trace_sha256"] == found["trace_sha256"]


def test_a_reader_that_goes_away_ends_the_demo_quietly(program: list[str], tmp_path: Path) -> None:
    environment = {**os.environ, "TRADECORE_HOME": str(tmp_path)}
    command = f"{program[0]} demo | head -n 3"
    done = subprocess.run(["/bin/bash", "-c", command], env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.stdout.count("\n") == 3
