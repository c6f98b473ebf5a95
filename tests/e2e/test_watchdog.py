"""`tradecore watch` beside real desks: hung, killed, and never to come back."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.entrypoints.standing.processes import PROGRAM, end, environment, run, stdio_client, wait_until
from tests.unit.entrypoints.standing.test_processes import call, enter

from entrypoints.standing.desk_file import desk_stands, read_desk_file
from entrypoints.wiring.machine import holder_of

ACCOUNT = "watched"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home whose desks are ended with the test."""
    yield tmp_path
    if holder_of(tmp_path / "simulated" / ACCOUNT):
        end(tmp_path, ACCOUNT, signal.SIGKILL)


def directory(home: Path) -> Path:
    return home / "simulated" / ACCOUNT


def watchdog(home: Path, **more: str) -> "subprocess.Popen[str]":
    """Watches with eight seconds of patience."""
    command = [*PROGRAM, "watch", "--account", ACCOUNT, "--no-http", "--silence", "8"]
    return subprocess.Popen(command, env=environment(home, **more), stderr=subprocess.PIPE, text=True)


def stands(home: Path, other_than: int = 0) -> bool:
    found = read_desk_file(directory(home))
    return found is not None and found.pid != other_than and desk_stands(directory(home))


def test_a_desk_that_hangs_is_ended_and_started_again_and_goes_on_with_what_it_held(home: Path) -> None:
    with watchdog(home) as dog:
        wait_until(lambda: stands(home))
        asyncio.run(buys(home))
        hung = holder_of(directory(home))
        assert hung
        os.kill(hung, signal.SIGSTOP)
        wait_until(lambda: stands(home, other_than=hung), seconds=60)
        assert asyncio.run(positions(home)) == 1
        dog.send_signal(signal.SIGINT)
        said = dog.communicate(timeout=40)[1]
    assert dog.returncode == 0
    assert "restart 1 of 2" in said
    assert "the desk ended in order" in said
    assert holder_of(directory(home)) is None


def test_what_a_desk_that_can_not_be_brought_back_holds_is_closed_and_the_account_stays_killed(home: Path) -> None:
    with watchdog(home) as dog:
        wait_until(lambda: stands(home))
        asyncio.run(buys(home))
        # Whatever stands next at this account's door never answers: its directory is taken by something else.
        hung = holder_of(directory(home))
        assert hung
        door = directory(home) / "desk.sock"
        door.unlink()
        door.mkdir()
        (door / "in the way").touch()
        os.kill(hung, signal.SIGKILL)
        said = dog.communicate(timeout=60)[1]
    assert dog.returncode == 1
    assert "taking over to close what is held" in said
    assert "is flat and stays killed" in said
    (door / "in the way").unlink()
    door.rmdir()
    assert asyncio.run(positions(home)) == 0
    assert asyncio.run(state(home)) == "REDUCING"


def test_a_desk_that_can_not_start_is_told_with_its_last_words(home: Path) -> None:
    told = run(home, "watch", "--account", ACCOUNT, "--no-http", MAX_DAILY_LOSS="much")
    assert told.returncode != 0
    assert "MAX_DAILY_LOSS" in told.stderr


@pytest.mark.parametrize("silence", ["0", "nan", "4000"])
def test_a_silence_that_is_none_is_refused(home: Path, silence: str) -> None:
    told = run(home, "watch", "--account", ACCOUNT, "--silence", silence)
    assert (told.returncode, told.stderr) == (64, "tradecore: --silence takes 1 to 3600 seconds\n")


async def buys(home: Path) -> None:
    async with stdio_client(home, "--account", ACCOUNT) as client:
        await enter(client, stop_pct=90)


async def positions(home: Path) -> int:
    async with stdio_client(home, "--account", ACCOUNT) as client:
        return len((await call(client, "get_positions"))["positions"])


async def state(home: Path) -> str:
    async with stdio_client(home, "--account", ACCOUNT) as client:
        return str((await call(client, "risk_check"))["state"])
