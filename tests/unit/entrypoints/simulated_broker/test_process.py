"""`tradecore sim` as a process: it says where it listens, and a kill -9 loses no order it answered."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from entrypoints.cli.app import run

SOURCE = str(Path(__file__).parents[4] / "src")
_CLIENTS = 8
KEYS = {"APCA-API-KEY-ID": "k", "APCA-API-SECRET-KEY": "s"}
BUY = {"symbol": "SPY", "side": "buy", "qty": "1", "type": "market", "time_in_force": "day"}


@contextmanager
def running(home: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    command = [sys.executable, "-m", "entrypoints.cli", "sim", "--port=0", "--always-open", "--rate-limit=0"]
    command.append(f"--state={home / 'sim'}")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": SOURCE, "TRADECORE_HOME": str(home)}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, cwd=home)
    assert process.stderr is not None
    try:
        told = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", told)
        assert found, told
        yield process, found[0]
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def ask(method: str, url: str, body: Any = None) -> Any:
    reply = requests.request(method, url, json=body, headers=KEYS, timeout=10)
    assert reply.status_code == 200, reply.text
    return reply.json()


def buy_until_it_ends(url: str) -> list[str]:
    found = []
    with suppress(requests.RequestException), requests.Session() as session:
        while True:
            reply = session.post(f"{url}/v2/orders", json=BUY, headers=KEYS, timeout=10)
            assert reply.status_code == 200
            found.append(reply.json()["id"])
    return found


def test_a_killed_broker_comes_back_with_every_order_it_answered(tmp_path: Path) -> None:
    with running(tmp_path) as (process, url):
        with ThreadPoolExecutor(_CLIENTS) as clients:
            answers = [clients.submit(buy_until_it_ends, url) for _ in range(_CLIENTS)]
            while len(ask("GET", f"{url}/v2/orders?status=all&limit=500")) < 5 * _CLIENTS:
                pass
            process.send_signal(signal.SIGKILL)
            process.wait()
        answered = {one for answer in answers for one in answer.result()}
    with running(tmp_path) as (process, url):
        known = {one["id"] for one in ask("GET", f"{url}/v2/orders?status=all&limit=500")}
        # Beside what was answered there may be orders whose answer the kill took away, one a client.
        assert answered <= known
        assert len(known - answered) <= _CLIENTS
        assert ask("GET", f"{url}/v2/positions/SPY")["qty"] == str(len(known))
        process.terminate()
        assert process.wait(10) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--key", "k"], "--key and --secret belong together"),
        (["--start", "yesterday"], "name an instant as YYYY-MM-DDTHH:MM"),
        (["--start", "1999-01-04T10:00"], "name an instant as YYYY-MM-DDTHH:MM"),
        (["--fault", "earthquake=1"], "write NAME=COUNT"),
    ],
)
def test_wrong_options_are_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.setenv("TRADECORE_HOME", str(tmp_path))
    assert run(["sim", "--port", "0", *arguments]) == 78
    told = capsys.readouterr().err
    assert said in told
    assert len(told.strip().splitlines()) == 1
