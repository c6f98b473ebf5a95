"""Time as the machine tells it, and waiting on the running asyncio loop."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tradecore.ports.clock import Clock
from tradecore.ports.timers import Bell, T, Timers

_FAR_BEHIND_S: Final = 5.0
_CLOSED_WITHIN_S: Final = 5.0
_SHORTEST_LOOK_S: Final = 0.001
_LONGEST_LOOK_S: Final = 1.0


class SystemClock(Clock):
    """The machine's wall clock, kept from running backwards."""

    def __init__(self) -> None:
        """Start at the present."""
        self._latest = datetime.now(UTC)

    def now(self) -> datetime:
        """The present, never earlier than before."""
        self._latest = max(self._latest, datetime.now(UTC))
        return self._latest

    def machine_seconds(self) -> float:
        """Seconds that never run backwards, counted from some time in the machine's past."""
        return machine_seconds()


def machine_seconds() -> float:
    """Seconds that never run backwards, counted from some time in the machine's past."""
    return time.monotonic()


class PacedClock(Clock):
    """
    A market's time that passes `rate` seconds in each second of the machine, from `begins` (UTC) on.

    It can be moved forward, over a night for example, and never goes back.
    """

    def __init__(self, begins: datetime, rate: float, seconds: Callable[[], float]) -> None:
        """Start at `begins`; `seconds` counts the machine's and never runs backwards."""
        self.rate = rate
        self._begins = begins
        self._seconds = seconds
        self._since = seconds()

    def now(self) -> datetime:
        """The market's present."""
        return self._begins + timedelta(seconds=(self._seconds() - self._since) * self.rate)

    def machine_seconds(self) -> float:
        """Seconds of the machine, at whatever pace the market goes."""
        return self._seconds()

    def jump_to(self, at: datetime) -> None:
        """Continue from `at`, unless it is past already."""
        self._begins, self._since = max(at, self.now()), self._seconds()


class FollowedClock(Clock):
    """
    The time of a market in another process, as it told us now and then; it never goes back.

    Between two tellings it goes on at the pace the other clock had. Ahead of it, it slows down; far behind, it jumps.
    """

    def __init__(self, told: datetime, rate: float, seconds: Callable[[], float]) -> None:
        """Start at what was told (UTC); `seconds` counts the machine's and never runs backwards."""
        self._seconds = seconds
        self._rate = rate
        self._base, self._since = told, seconds()
        self._told, self._told_at = told, self._since

    def now(self) -> datetime:
        """The market's present, as near as we know."""
        return self._base + timedelta(seconds=(self._seconds() - self._since) * self._rate)

    def machine_seconds(self) -> float:
        """Seconds of the machine, at whatever pace the market goes."""
        return self._seconds()

    def follow(self, told: datetime) -> None:
        """Take in what the other clock says now."""
        now, at = self.now(), self._seconds()
        lasting = at - self._told_at
        if lasting <= 0:
            return
        pace = max((told - self._told).total_seconds() / lasting, 0.0)
        behind = (told - now).total_seconds()
        self._told, self._told_at = told, at
        self._base, self._since = (told if behind > _FAR_BEHIND_S else now), at
        self._rate = pace if behind > _FAR_BEHIND_S else max(pace + behind / _CLOSED_WITHIN_S, 0.0)


class LoopBell(Bell):
    """Wakes waiters on one asyncio loop, on which `rate` seconds of `clock` pass in one second."""

    def __init__(self, clock: Clock, rate: float = 1.0) -> None:
        """Measure waiting on `clock`."""
        self._clock = clock
        self._rate = rate
        self._waiting: list[asyncio.Future[bool]] = []

    def ring(self) -> None:
        """Wake every waiter."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(True)

    async def wait(self, until: datetime) -> bool:
        """True when rung, False when `until` came first."""
        loop = asyncio.get_running_loop()
        seconds = (until - self._clock.now()).total_seconds()
        if seconds <= 0:
            return False
        future: asyncio.Future[bool] = loop.create_future()
        self._waiting.append(future)
        timer = loop.call_later(seconds / self._rate, _give_up, future)
        try:
            return await future
        finally:
            timer.cancel()


def _give_up(future: "asyncio.Future[bool]") -> None:
    if not future.done():
        future.set_result(False)


class LoopTimers(Timers):
    """Waiting on the running asyncio loop, on which `rate` seconds of `clock` pass in one second."""

    def __init__(self, clock: Clock, rate: float = 1.0) -> None:
        """Measure waiting on `clock`."""
        self._clock = clock
        self._rate = rate
        # By age: what ends them must always meet them in the same order.
        self._tasks: dict[asyncio.Task[None], None] = {}
        self._finishing: dict[asyncio.Task[Any], None] = {}
        self._failure: asyncio.Future[None] | None = None

    async def sleep_until(self, at: datetime) -> None:
        """Return at or just after `at`."""
        seconds = (at - self._clock.now()).total_seconds()
        if seconds > 0:
            await asyncio.sleep(seconds / self._rate)

    def bell(self) -> Bell:
        """A new bell."""
        return LoopBell(self._clock, self._rate)

    async def within(self, seconds: float, work: Coroutine[Any, Any, T]) -> T:
        """Await `work` for at most so many seconds of the loop's time."""
        async with asyncio.timeout(seconds):
            return await work

    async def together(self, works: Sequence[Coroutine[Any, Any, None]]) -> None:
        """Run `works` side by side to their ends."""
        if len(works) == 1:
            await works[0]
        else:
            await asyncio.gather(*works)

    async def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Await `work`; cancelling the caller leaves it running to its end."""
        task = asyncio.get_running_loop().create_task(work)
        self._finishing[task] = None
        task.add_done_callback(self._finishing.pop)
        return await asyncio.shield(task)

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` as a task; its failure surfaces through `failure`."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = None
        task.add_done_callback(self._finished)

    async def failure(self) -> None:
        """Wait for ever, or until work that runs beside fails, and raise what it raised."""
        if self._failure is None:
            self._failure = asyncio.get_running_loop().create_future()
        await self._failure

    async def stop(self) -> None:
        """Let what must finish do so, cancel what still runs beside, and wait until it is gone."""
        await asyncio.gather(*self._finishing, return_exceptions=True)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.pop(task)
        if task.cancelled() or task.exception() is None:
            return
        if self._failure is None:
            self._failure = asyncio.get_running_loop().create_future()
        if not self._failure.done():
            self._failure.set_exception(task.exception() or RuntimeError("work failed"))


class FollowingTimers(LoopTimers):
    """Waiting on a clock whose pace changes: it looks again until the time has come."""

    async def sleep_until(self, at: datetime) -> None:
        """Return at or just after `at`."""
        while (seconds := (at - self._clock.now()).total_seconds()) > 0:
            await asyncio.sleep(min(max(seconds / self._rate, _SHORTEST_LOOK_S), _LONGEST_LOOK_S))
