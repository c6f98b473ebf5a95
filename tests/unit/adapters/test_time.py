"""Market time that runs at its own pace, and work that is finished whoever goes away."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from adapters.system.time import FollowedClock, LoopTimers, PacedClock, SystemClock, machine_seconds

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


def test_a_followed_clock_goes_on_between_tellings_slows_down_when_it_is_ahead_and_never_goes_back() -> None:
    machine = Machine()
    told = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    clock = FollowedClock(told, 10, machine)
    machine.seconds += 1
    assert clock.now() == told + timedelta(seconds=10)
    seen = [clock.now()]
    for _ in range(60):
        clock.follow(told + timedelta(seconds=9))
        machine.seconds += 1
        seen.append(clock.now())
    assert seen == sorted(seen)
    assert seen[-1] == seen[2]
    assert seen[-1] < told + timedelta(seconds=20)


def test_a_followed_clock_that_is_far_behind_jumps() -> None:
    machine = Machine()
    told = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    clock = FollowedClock(told, 1, machine)
    machine.seconds += 1
    clock.follow(told + timedelta(hours=17))
    assert clock.now() == told + timedelta(hours=17)


def test_a_followed_clock_closes_on_one_that_runs_a_little_ahead() -> None:
    machine = Machine()
    told = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    clock = FollowedClock(told, 1, machine)
    for second in range(1, 40):
        machine.seconds += 1
        clock.follow(told + timedelta(seconds=second + 2))
    assert abs((told + timedelta(seconds=41) - clock.now()).total_seconds()) < 0.2
