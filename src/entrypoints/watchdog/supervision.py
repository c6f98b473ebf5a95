"""When a silent desk is ended, when it is started again, and when somebody else has to flatten."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

BEAT_S: Final = 5.0
SILENCE_S: Final = 60.0
_MOST_RESTARTS: Final = 2


class Verdict(StrEnum):
    """How a supervision ended."""

    ENDED = "ended"
    TAKE_OVER = "take over"


class Supervised(Protocol):
    """A desk that may be started, asked and ended from outside."""

    def start(self) -> None:
        """Begin a process of it."""

    async def answers(self) -> bool:
        """Whether it answers within a few seconds."""

    def exit_code(self) -> int | None:
        """How its process ended, None while it runs; negative for a signal."""

    async def end(self, *, in_order: bool) -> None:
        """End its process and return when it is gone; at once unless `in_order`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a desk is asked and how long it may be silent, in seconds of the machine."""

    beat_s: float = BEAT_S
    silence_s: float = SILENCE_S


async def supervise(
    desk: Supervised,
    pace: Pace,
    *,
    ended: asyncio.Event,
    seconds: Callable[[], float],
    wait: Callable[[float], Awaitable[None]],
    tell: Callable[[str], None],
) -> Verdict:
    """
    Ask the desk each beat; end and restart it when it died or was silent too long.

    Two restarts in a row that bring no answer are the last ones: the desk's process is ended, and TAKE_OVER says that
    its positions are nobody's. A desk that ends in order, or `ended`, ends the supervision. A desk that answered for as
    long as it may be silent has proven itself, and the count begins anew.
    """
    restarts = 0
    heard_at = began_at = seconds()
    while not ended.is_set():
        await wait(pace.beat_s)
        if ended.is_set():
            break
        code = desk.exit_code()
        if code == 0:
            return Verdict.ENDED
        if code is None and await desk.answers():
            heard_at = seconds()
            restarts = 0 if heard_at - began_at >= pace.silence_s else restarts
            continue
        silent_s = seconds() - heard_at
        if code is None and silent_s < pace.silence_s:
            continue
        why = f"was silent for {silent_s:.0f} s" if code is None else f"died ({_ending(code)})"
        await desk.end(in_order=False)
        if restarts == _MOST_RESTARTS:
            tell(f"the desk {why} after {restarts} restarts; taking over to close what is held")
            return Verdict.TAKE_OVER
        restarts += 1
        tell(f"the desk {why}; ended, restart {restarts} of {_MOST_RESTARTS}")
        desk.start()
        heard_at = began_at = seconds()
    await desk.end(in_order=True)
    return Verdict.ENDED


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
