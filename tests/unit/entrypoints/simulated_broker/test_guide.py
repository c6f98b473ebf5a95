"""The guide to the simulated broker, typed in as it is written: its command, its curl, its SDK."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.guide_blocks import blocks

PAGE = "guides/simulated-broker.md"
SOURCE = str(Path(__file__).parents[4] / "src")
SHELL = blocks(PAGE, "sh")
BASH = shutil.which("bash")
pytestmark = pytest.mark.skipif(shutil.which("curl") is None or BASH is None, reason="the guide uses bash and curl")


def documents(text: str) -> list[Any]:
    """JSON documents one after the other."""
    found, decoder = [], json.JSONDecoder()
    while text.strip():
        document, end = decoder.raw_decode(text.strip())
        found.append(document)
        text = text.strip()[end:]
    return found


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What the guide's first command starts, on a free port."""
    home = tmp_path_factory.mktemp("home")
    with socket.create_server(("127.0.0.1", 0)) as free:
        chosen = str(free.getsockname()[1])
    typed = SHELL[0].replace("8765", chosen).split()
    assert typed[:3] == ["uv", "run", "tradecore"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": SOURCE, "TRADECORE_HOME": str(home)}
    command = [sys.executable, "-m", "entrypoints.cli", *typed[3:]]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, cwd=home) as process:
        assert process.stderr is not None
        said, shown = process.stderr.readline(), blocks(PAGE, "text")[0]
        for pattern in (r"http://\S+", r"\d{4}-\d\d-\d\dT15:00:00\+00:00", r"[~/]\S+/sim/\d+"):
            said, shown = (re.sub(pattern, "…", line) for line in (said, shown))
        assert said == shown
        yield chosen
        process.terminate()


def typed_in(block: str, port: str) -> list[Any]:
    """A block of shell, and the JSON it printed."""
    assert BASH is not None
    done = subprocess.run(
        [BASH, "-eu", "-o", "pipefail", "-c", block.replace("8765", port)],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    return documents(done.stdout)


def block_with(words: str) -> str:
    (found,) = (block for block in SHELL if words in block)
    return found


def test_curl_sees_the_account_trades_and_sees_the_chain(port: str) -> None:
    account, order, chain, state = typed_in(block_with("alpaca()"), port)
    assert account["cash"] == "100000"
    assert (order["symbol"], order["status"]) == ("SPY", "pending_new")
    assert len(chain["snapshots"]) == 5
    assert state["simulator"] == "tradecore sim"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_sdk_trades(port: str) -> None:
    (block,) = blocks(PAGE, "python")
    names: dict[str, Any] = {}
    exec(compile(block.replace("8765", port), PAGE, "exec"), names)
    (held,) = names["client"].get_all_positions()
    assert held.symbol == "SPY"


def test_time_is_stepped_and_faults_are_set(port: str) -> None:
    (stepped,) = typed_in(block_with("_sim/step"), port)
    assert stepped["clock"] > "2026"
    (faulty,) = typed_in(block_with("_sim/faults"), port)
    assert faulty["faults"] == {"accept_then_504": 1, "skew_seconds": -3.0}
