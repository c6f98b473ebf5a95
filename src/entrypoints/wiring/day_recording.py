"""Recording each day beside a desk: in a thread of its own time, so that no disk holds up a decision."""

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tradecore.errors import PortError, Unavailable
from tradecore.model.alerts import Alert, Severity
from tradecore.model.chain import OptionChain
from tradecore.model.sessions import trading_day
from tradecore.ports.day_recorder import DayRecorder
from tradecore.ports.market_data import MarketStep
from tradecore.usecases.floor import TradingFloor

_EVERY_S: Final = 0.5
_MOST_WAITING: Final = 200_000
_OLD: Final = timedelta(seconds=15)
_CHAIN_WITHIN_S: Final = 10.0
_LAST_LINES_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Taken:
    """A step with the newest chain; without a step, the end of a day."""

    step: MarketStep | None
    chain: OptionChain | None


class DayRecording:
    """
    Takes what the market shows and lets the recorder write it a moment later.

    What can't be written is alerted once and again when it is written anew; the desk trades on. When a minute begins
    and the newest chain is older than fifteen seconds of the market, one is asked for: each minute has its chain.
    """

    def __init__(self, floor: TradingFloor, recorder: DayRecorder) -> None:
        """Have nothing to write."""
        self._floor = floor
        self._recorder = recorder
        self._waiting: deque[_Taken] = deque(maxlen=_MOST_WAITING)
        self._own: OptionChain | None = None
        self._asking: asyncio.Task[None] | None = None
        self._minute: datetime | None = None
        self.lines = 0
        self.problem: str | None = None

    def take(self, step: MarketStep) -> None:
        """One step of the market; returns at once."""
        chain = self._chain(step.at)
        minute = step.at.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute = minute
            if chain is None or step.at - chain.at > _OLD:
                self._ask(step.at)
        self._waiting.append(_Taken(step, chain))

    def end_day(self) -> None:
        """The day is over; it is made ready to be replayed a moment later."""
        self._waiting.append(_Taken(None, None))

    async def record_again_and_again(self) -> None:
        """Write for ever."""
        while True:
            await asyncio.sleep(_EVERY_S)
            await self.write()

    async def write(self) -> None:
        """Write what was taken up to now."""
        taken, self._waiting = self._waiting, deque(maxlen=_MOST_WAITING)
        if not taken:
            return
        lines, problem = await asyncio.to_thread(self._written, taken)
        self.lines += lines
        self._tell(lines, problem)

    async def end(self) -> None:
        """The desk ends: write what is under way; a disk that hangs is not waited for."""
        if self._asking is not None:
            self._asking.cancel()
        try:
            async with asyncio.timeout(_LAST_LINES_S):
                await self.write()
                await asyncio.to_thread(self._recorder.pause)
        except (Unavailable, TimeoutError) as problem:
            self.problem = str(problem) or f"the disk did not answer within {_LAST_LINES_S:g} s"

    def _written(self, taken: deque[_Taken]) -> tuple[int, str | None]:
        lines, problem = 0, None
        for one in taken:
            try:
                if one.step is None:
                    self._recorder.end_day()
                else:
                    lines += self._recorder.take(one.step, one.chain)
            except Unavailable as failed:
                problem = str(failed)
        return lines, problem

    def _tell(self, lines: int, problem: str | None) -> None:
        if self._floor.halted is not None:
            return
        if problem is not None and self.problem is None:
            self._floor.alert(Alert("RECORDING_FAILED", Severity.WARNING, problem))
        elif problem is None and lines and self.problem is not None:
            self._floor.alert(Alert("RECORDING_WORKS", Severity.INFO, "the day is recorded again"))
        self.problem = problem if problem is not None or lines else self.problem

    def _chain(self, at: datetime) -> OptionChain | None:
        kept = self._floor.board.chain(self._floor.underlying.symbol)
        found = [one for one in (kept, self._own) if one is not None and one.expiry == trading_day(at)]
        return max(found, key=lambda one: one.at, default=None)

    def _ask(self, at: datetime) -> None:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.get_running_loop().create_task(self._ask_for_chain(at))

    async def _ask_for_chain(self, at: datetime) -> None:
        floor = self._floor
        asked = floor.market.chain(floor.underlying.symbol, trading_day(at))
        try:
            self._own = await floor.timers.within(_CHAIN_WITHIN_S, asked)
        except (PortError, TimeoutError):
            # A minute without a chain is a gap of the recording; the keeper tells what is wrong with the chain.
            self._own = None
