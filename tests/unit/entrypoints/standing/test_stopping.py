"""Stopping a desk from outside, as its operator and as anybody: also while it hangs."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.entrypoints.standing.processes import (
    end,
    run,
    standing_desk,
    stdio_client,
    type_at_terminal,
    wait_until,
)
from tests.unit.entrypoints.standing.test_processes import PASSPHRASE, call, enter

from adapters.system.stop_file import StopFile
from tradecore.ports.stop_signal import StopRequest


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home whose desks are ended with the test."""
    yield tmp_path
    for found in tmp_path.glob("simulated/*/desk.json"):
        end(tmp_path, found.parent.name, signal.SIGKILL)


def test_a_desk_that_hangs_obeys_the_kill_switch_before_anything_else_once_it_wakes(home: Path) -> None:
    async def story() -> None:
        async with stdio_client(home, "--account", "hung") as client:
            await enter(client, stop_pct=90)
            process = standing_desk(home, "hung").pid
            os.kill(process, signal.SIGSTOP)
            told = await asyncio.to_thread(run, home, "kill", "--flatten", "--reason", "it hangs")
            assert told.returncode == 1
            assert "a stop request lies in its directory" in told.stdout
            request = StopFile(home / "simulated" / "hung")
            assert request.requested() == StopRequest("it hangs", flatten=True)
            os.kill(process, signal.SIGCONT)
            for _ in range(200):
                if not (await call(client, "get_positions"))["positions"]:
                    break
                await asyncio.sleep(0.1)
            found = await call(client, "risk_check")
            assert found["state"] == "REDUCING"
            assert (await call(client, "get_positions"))["positions"] == []
            wait_until(lambda: request.requested() is None)

    asyncio.run(story())


def test_a_stop_request_is_obeyed_by_the_next_life_too(home: Path) -> None:
    async def story() -> None:
        async with stdio_client(home, "--account", "again") as client:
            await call(client, "risk_check")
        end(home, "again", signal.SIGKILL)
        StopFile(home / "simulated" / "again").leave(StopRequest("left while nobody stood", flatten=False))
        async with stdio_client(home, "--account", "again") as client:
            for _ in range(100):
                found = await call(client, "risk_check")
                if "left while nobody stood" in found["reason"]:
                    break
                await asyncio.sleep(0.1)
            assert found["state"] == "REDUCING"
        end(home, "again", signal.SIGKILL)
        async with stdio_client(home, "--account", "again") as client:
            found = await call(client, "risk_check")
            assert "left while nobody stood" in found["reason"], "an engaged kill switch survives a restart"

    asyncio.run(story())


def test_the_operator_halts_and_resumes_at_a_terminal(home: Path) -> None:
    assert type_at_terminal(home, ["approve", "--set-passphrase"], [PASSPHRASE, PASSPHRASE])[0] == 0

    async def story() -> None:
        async with stdio_client(home, "--account", "ops") as client:
            held = await enter(client, stop_pct=90)
            wrong = await asyncio.to_thread(type_at_terminal, home, ["halt"], ["not the passphrase"])
            assert wrong[0] == 64
            assert (await call(client, "risk_check"))["state"] == "ACTIVE"
            halted = await asyncio.to_thread(type_at_terminal, home, ["halt", "--reason", "drill"], [PASSPHRASE])
            assert halted[0] == 0
            assert f"left without protection: {held['groups'][0]}" in halted[1]
            assert (await call(client, "risk_check"))["state"] == "HALTED"
            resumed = await asyncio.to_thread(type_at_terminal, home, ["resume"], [PASSPHRASE])
            assert resumed[0] == 0
            assert "released halt" in resumed[1]
            assert (await call(client, "risk_check"))["state"] == "ACTIVE"
            unknown = await asyncio.to_thread(type_at_terminal, home, ["settle", "tc-nobody-0"], [PASSPHRASE])
            assert unknown[0] == 64
            assert "unknown: none" in unknown[1]

    asyncio.run(story())
    assert run(home, "halt").returncode == 64, "the passphrase is typed at a terminal"
