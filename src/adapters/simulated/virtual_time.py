"""An asyncio loop whose time is a number: sessions of hours run in seconds, always the same way."""

import asyncio
import selectors
from collections import deque
from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from tradecore.ports.clock import Clock
from tradecore.ports.timers import Bell, T, Timers


class _NeverBlocks(selectors.BaseSelector):
    """A selector without files: waiting moves the loop's time instead."""

    def __init__(self) -> None:
        self.loop: VirtualTimeLoop | None = None
        self._keys: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = selectors.SelectorKey(fileobj, 0, events, data)
        self._keys[fileobj] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("nothing is scheduled: the simulated session is deadlocked")
        if timeout > 0 and self.loop is not None:
            self.loop.advance(timeout)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """
    Runs callbacks in time order and jumps over the time between them; sockets and threads do not work on it.

    What is due at the same time runs in the order it became due, which hides races; with a `seed` it runs in an order
    that only the seed knows.
    """

    _ready: deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]

    def __init__(self, seed: int | None = None) -> None:
        """Start at second zero."""
        self._virtual = 0.0
        self._random = None if seed is None else np.random.default_rng([seed, 0x4C4F])
        selector = _NeverBlocks()
        selector.loop = self
        super().__init__(selector)
        self._clock_resolution = 1e-9

    def time(self) -> float:
        """Virtual seconds since the loop began."""
        return self._virtual

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._virtual += seconds

    def skip(self, seconds: float) -> bool:
        """Let time pass at once if nothing else would run until then; False, and nothing done, when something would."""
        when = self._virtual + seconds
        if self._ready or (self._scheduled and self._scheduled[0].when() <= when):
            return False
        self.advance(when - self._virtual)
        return True

    def _run_once(self) -> None:
        if self._random is not None and len(self._ready) > 1:
            waiting = list(self._ready)
            self._ready.clear()
            self._ready.extend(waiting[index] for index in self._random.permutation(len(waiting)))
        super()._run_once()  # type: ignore[misc]  # typeshed leaves the loop's own methods out

    def _make_self_pipe(self) -> None:
        self._internal_fds = 0

    def _close_self_pipe(self) -> None:
        self._internal_fds = 0

    def _write_to_self(self) -> None:
        """Nothing wakes this loop from outside."""


class VirtualClock(Clock):
    """Tells the loop's time as a date: `begins` plus the virtual seconds passed."""

    def __init__(self, loop: VirtualTimeLoop, begins: datetime) -> None:
        """Make second zero of `loop` the instant `begins` (UTC)."""
        self._loop = loop
        self._begins = begins

    def now(self) -> datetime:
        """The present of the simulated world, to the microsecond."""
        return self._begins + timedelta(microseconds=round(self._loop.time() * 1e6))

    def machine_seconds(self) -> float:
        """The loop's time."""
        return self._loop.time()


class FeedTimers(Timers):
    """The timers of a market's feed: where nothing else is due before its next step, the step comes without a wait."""

    def __init__(self, timers: Timers, loop: VirtualTimeLoop, clock: VirtualClock) -> None:
        """Wait with `timers` wherever something else is due on `loop`."""
        self._timers = timers
        self._loop = loop
        self._clock = clock

    async def sleep_until(self, at: datetime) -> None:
        """Return at `at`."""
        seconds = (at - self._clock.now()).total_seconds()
        if seconds > 0 and not self._loop.skip(seconds):
            await self._timers.sleep_until(at)

    def bell(self) -> Bell:
        """A new bell."""
        return self._timers.bell()

    async def within(self, seconds: float, work: Coroutine[Any, Any, T]) -> T:
        """Await `work` for at most so many seconds."""
        return await self._timers.within(seconds, work)

    async def together(self, works: Sequence[Coroutine[Any, Any, None]]) -> None:
        """Run `works` side by side."""
        await self._timers.together(works)

    async def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Await `work` to its end."""
        return await self._timers.finish(work)

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Carry on with `work` beside."""
        self._timers.beside(work)
