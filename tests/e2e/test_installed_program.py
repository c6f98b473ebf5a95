"""The installed program as a user starts it: a process of its own, its own environment, real files."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from entrypoints.settings import known_names


@pytest.fixture
def program() -> list[str]:
    found = shutil.which("tradecore")
    assert found is not None, "tradecore is not installed in this environment"
    return [found]


def start(program: list[str], home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*program, *arguments], env=environment(home), capture_output=True, text=True, check=False)


def environment(home: Path) -> dict[str, str]:
    """This process's environment without its settings, and a home for the desk."""
    ours = {name for name in os.environ if name.startswith("TRADECORE_") or name in known_names()}
    return {name: value for name, value in os.environ.items() if name not in ours} | {"TRADECORE_HOME": str(home)}


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
    arguments = ["/bin/bash", "-c", f"{program[0]} demo | head -n 3"]
    done = subprocess.run(arguments, env=environment(tmp_path), capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.stdout.count("\n") == 3
