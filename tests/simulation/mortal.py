"""Desks that die: every task of a life stops for good at one step, wherever it stands, and the world goes on."""

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Final

_BURIED_AFTER: Final = 5


class Life:
    """
    One life of a desk; its tasks carry it in their context and count their steps.

    At step `dies_at` it is over: no further step of any of its tasks is taken, and `on_end` is told once.
    """

    def __init__(self, number: int, on_end: Callable[["Life"], None]) -> None:
        self.number = number
        self.steps = 0
        self.dies_at: int | None = None
        self.is_over = False
        self._on_end = on_end
        self._context = contextvars.copy_context()
        self._context.run(LIFE.set, self)
        self._mortals: list[_Mortal] = []
        self._tasks: list[asyncio.Task[Any]] = []

    def spawn(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Run work as a task of this life."""
        return asyncio.get_running_loop().create_task(work, context=self._context.copy())

    def run(self, call: Callable[[], Any]) -> Any:
        """Call something in this life's context, so that tasks it makes belong to it."""
        return self._context.run(call)

    def step(self) -> bool:
        """Take one step; False when the life is over."""
        self.steps += 1
        if not self.is_over and self.dies_at is not None and self.steps >= self.dies_at:
            self.end()
        return not self.is_over

    def end(self) -> None:
        """Be over."""
        if not self.is_over:
            self.is_over = True
            self._on_end(self)

    def adopt(self, mortal: "_Mortal", task: "asyncio.Task[Any]") -> None:
        """Count a task among this life's."""
        self._mortals.append(mortal)
        self._tasks.append(task)

    def bury(self) -> None:
        """Close what was parked; at the end of the session only, because closing runs `finally` clauses."""
        for task in self._tasks:
            task._log_destroy_pending = False  # type: ignore[attr-defined]  # parked for ever, on purpose
        for mortal in self._mortals:
            mortal.bury()


LIFE: Final[contextvars.ContextVar[Life | None]] = contextvars.ContextVar("life", default=None)


class _Mortal(Coroutine[Any, Any, Any]):
    """A coroutine that takes its steps only while its life lasts."""

    def __init__(self, work: Coroutine[Any, Any, Any], life: Life) -> None:
        self._work = work
        self._life = life

    def send(self, value: Any) -> Any:
        return self._work.send(value) if self._life.step() else _never()

    def throw(self, *problem: Any) -> Any:
        return self._work.throw(*problem) if self._life.step() else _never()

    def close(self) -> None:
        if not self._life.is_over:
            self._work.close()

    def bury(self) -> None:
        # Who waits for something in a `finally` clause has to be told again.
        for _ in range(_BURIED_AFTER):
            with contextlib.suppress(RuntimeError):
                self._work.close()
                return

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._work.__await__()


def mortal_tasks(
    loop: asyncio.AbstractEventLoop, work: Any, context: contextvars.Context | None = None
) -> "asyncio.Task[Any]":
    """A task factory: tasks made within a life share it."""
    life = LIFE.get() if context is None else context.get(LIFE)
    if life is None:
        return asyncio.Task(work, loop=loop, context=context)
    mortal = _Mortal(work, life)
    task: asyncio.Task[Any] = asyncio.Task(mortal, loop=loop, context=context)
    life.adopt(mortal, task)
    return task


def _never() -> "asyncio.Future[None]":
    future = asyncio.get_running_loop().create_future()
    # What a task is given when it has to wait; nobody ever completes this one.
    future._asyncio_future_blocking = True
    return future
