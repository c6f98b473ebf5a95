"""Virtual time: a feed alone in the world skips its waits, and never past anything else that is due."""

import asyncio
from datetime import datetime, timedelta

import pytest

from adapters.simulated.virtual_time import FeedTimers, VirtualClock, VirtualTimeLoop
from adapters.system.time import LoopTimers
from tradecore.ports.timers import Timers
from tradecore.testing.builders import TEN


class World:
    """A virtual loop with what waits on it."""

    def __init__(self) -> None:
        self.loop = VirtualTimeLoop()
        self.clock = VirtualClock(self.loop, TEN)
        self.timers = LoopTimers(self.clock)
        self.feed = FeedTimers(self.timers, self.loop, self.clock)
        self.seen: list[tuple[str, float]] = []

    def after(self, seconds: float) -> datetime:
        return TEN + timedelta(seconds=seconds)

    def note(self, who: str) -> None:
        self.seen.append((who, (self.clock.now() - TEN).total_seconds()))

    async def wake(self, who: str, timers: Timers, *times: float) -> None:
        for seconds in times:
            await timers.sleep_until(self.after(seconds))
            self.note(who)


def test_a_feed_alone_skips_to_its_next_step() -> None:
    world = World()
    with asyncio.Runner(loop_factory=lambda: world.loop) as runner:
        runner.run(world.wake("feed", world.feed, 1, 2.5, 2.5))
    assert world.seen == [("feed", 1.0), ("feed", 2.5), ("feed", 2.5)]


@pytest.mark.parametrize("feed", ["skipping", "waiting"])
def test_skipping_changes_nothing_in_the_order_of_things(feed: str) -> None:
    world = World()
    timers: Timers = world.feed if feed == "skipping" else world.timers

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(world.wake("feed", timers, 1, 2, 3, 4))
            group.create_task(world.wake("other", world.timers, 1.5, 3, 3.5))

    with asyncio.Runner(loop_factory=lambda: world.loop) as runner:
        runner.run(run())
    first_two, at_three, rest = world.seen[:3], sorted(world.seen[3:5]), world.seen[5:]
    assert first_two == [("feed", 1.0), ("other", 1.5), ("feed", 2.0)]
    assert at_three == [("feed", 3.0), ("other", 3.0)]
    assert rest == [("other", 3.5), ("feed", 4.0)]


def test_nothing_is_skipped_while_something_is_ready_to_run() -> None:
    world = World()

    async def run() -> bool:
        asyncio.get_running_loop().call_soon(world.note, "ready")
        return world.loop.skip(1)

    with asyncio.Runner(loop_factory=lambda: world.loop) as runner:
        assert not runner.run(run())
    assert world.seen == [("ready", 0.0)]


def test_a_feed_rings_and_works_beside_like_the_timers_it_waits_with() -> None:
    world = World()

    async def run() -> None:
        bell = world.feed.bell()
        world.feed.beside(world.wake("beside", world.timers, 1))
        assert not await bell.wait(world.after(2))

    with asyncio.Runner(loop_factory=lambda: world.loop) as runner:
        runner.run(run())
    assert world.seen == [("beside", 1.0)]


def order_of_ten(seed: int | None) -> list[int]:
    seen: list[int] = []

    async def note(number: int) -> None:
        await asyncio.sleep(0)
        seen.append(number)

    async def all_at_once() -> None:
        await asyncio.gather(*(note(number) for number in range(10)))

    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(seed)) as runner:
        runner.run(all_at_once())
    return seen


def test_without_a_seed_what_is_due_together_runs_in_the_order_it_became_due() -> None:
    assert order_of_ten(None) == list(range(10))


def test_a_seed_orders_what_is_due_together_always_the_same_way() -> None:
    orders = [order_of_ten(seed) for seed in range(5)]
    assert orders == [order_of_ten(seed) for seed in range(5)]
    assert len({tuple(order) for order in orders}) == 5
    assert all(sorted(order) == list(range(10)) for order in orders)
