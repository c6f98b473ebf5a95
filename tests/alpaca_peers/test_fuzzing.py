"""Requests made up from the specs never get a 5xx."""

import os
import subprocess
from pathlib import Path

import pytest
from tests.unit.entrypoints.simulated_broker.broker import Broker, served

SCHEMATHESIS = os.environ.get("SCHEMATHESIS")
SPECS = os.environ.get("ALPACA_SPECS", "")


@pytest.mark.skipif(not SCHEMATHESIS, reason="SCHEMATHESIS does not name the program; `nox -s simulated_broker` does")
@pytest.mark.parametrize("name", ["trading-api.json", "market-data-api.json"])
def test_no_request_made_from_the_spec_gets_a_server_error(tmp_path: Path, name: str) -> None:
    broker = Broker(tmp_path / "sim", start=None, speed=1, always_open=True)
    with served(broker) as url:
        command = [
            str(SCHEMATHESIS),
            "run",
            str(Path(SPECS) / name),
            f"--url={url}",
            "--checks=not_a_server_error",
            "--max-examples=5",
            "--phases=examples,coverage,fuzzing",
            "--workers=1",
            "--seed=1",
            "--header=APCA-API-KEY-ID: k",
            "--header=APCA-API-SECRET-KEY: s",
        ]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
