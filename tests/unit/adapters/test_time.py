"""Market time that runs at its own pace, and work that is finished whoever goes away."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from adapters.system.time import LoopTimers, PacedClock, SystemClock, machine_seconds

TEN = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


class Machine:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.seconds = 50.0

    def __call__(self) -> float:
        return self.seconds


def test_a_paced_clock_runs_at_its_rate_and_jumps_only_forward() -> None:
    machine = Machine()
    clock = PacedClock(TEN, 20, machine)
    assert clock.now() == TEN
    machine.seconds += 3
    assert clock.now() == TEN + timedelta(minutes=1)
    clock.jump_to(TEN)
    assert clock.now() == TEN + timedelta(minutes=1)
    clock.jump_to(TEN + timedelta(days=3))
    machine.seconds += 0.5
    assert clock.now() == TEN + timedelta(days=3, seconds=10)


def test_waiting_counts_market_time() -> None:
    async def story() -> None:
        clock = PacedClock(datetime.now(UTC), 100, machine_seconds)
        timers = LoopTimers(clock, clock.rate)
        began = asyncio.get_running_loop().time()
        await timers.sleep_until(clock.now() + timedelta(seconds=5))
        assert not await timers.bell().wait(clock.now() + timedelta(seconds=5))
        assert 0.1 <= asyncio.get_running_loop().time() - began < 5

    asyncio.run(story())


@pytest.mark.parametrize("cancelled", [False, True])
def test_work_that_must_finish_does_also_when_its_caller_goes_and_before_the_desk_stops(cancelled: bool) -> None:
    async def story() -> None:
        timers = LoopTimers(SystemClock())
        steps: list[str] = []

        async def commit() -> str:
            steps.append("begun")
            await asyncio.sleep(0.01)
            steps.append("done")
            return "result"

        caller = asyncio.ensure_future(timers.finish(commit()))
        while not steps:
            await asyncio.sleep(0)
        if cancelled:
            caller.cancel()
            await asyncio.gather(caller, return_exceptions=True)
            assert steps == ["begun"]
            await timers.stop()
        else:
            assert await caller == "result"
        assert steps == ["begun", "done"]

    asyncio.run(story())
