"""Keeping each day's at-the-money volatility, which rank and percentile are made of."""

from datetime import date, timedelta
from typing import Final

from tradecore.analysis.chain_measures import at_the_money
from tradecore.errors import PortError
from tradecore.market_board import MarketBoard
from tradecore.model.sessions import session_on, trading_day
from tradecore.ports.clock import Clock
from tradecore.ports.iv_history import IvHistory
from tradecore.ports.timers import Timers

AFTER_THE_OPEN: Final = timedelta(minutes=150)
WITHIN: Final = timedelta(minutes=30)
_LOOKS_EVERY: Final = timedelta(seconds=20)
_FRESH_S: Final = 30.0


class IvRecorder:
    """
    Takes the volatility of the kept chain once a day, within half an hour from noon New York time on.

    A same-day option's volatility depends on the time of day; days are compared at one time. What passed while nobody
    looked is a day without a figure. `problem` is why the last try failed.
    """

    def __init__(self, history: IvHistory, underlying: str, board: MarketBoard, clock: Clock, timers: Timers) -> None:
        """Have recorded nothing."""
        self._history = history
        self._underlying = underlying
        self._board = board
        self._clock = clock
        self._timers = timers
        self._done: date | None = None
        self.problem: str | None = None

    async def record_again_and_again(self) -> None:
        """Look for ever."""
        while True:
            await self.record()
            await self._timers.sleep_until(self._clock.now() + _LOOKS_EVERY)

    async def record(self) -> bool:
        """Record today's if it is time and not done; whether it was."""
        now = self._clock.now()
        day = trading_day(now)
        session = session_on(day)
        if self._done == day or session is None:
            return False
        if not timedelta(0) <= now - (session.opens + AFTER_THE_OPEN) < WITHIN:
            return False
        completed = self._board.completed(self._underlying)
        if completed is None or completed.chain.expiry != day or completed.age_s(now) > _FRESH_S:
            return False
        found = at_the_money(completed)
        if found is None:
            return False
        try:
            added = await self._history.add(self._underlying, day, found.iv)
        except PortError as problem:
            self.problem = str(problem)
            return False
        self._done, self.problem = day, None
        return added
