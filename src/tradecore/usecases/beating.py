"""A sign of life to a service outside, for as long as the desk can do its work."""

from datetime import timedelta
from typing import Final

from tradecore.errors import PortError
from tradecore.ports.alerting import Heartbeat
from tradecore.usecases.alert_book import AlertDeliveryState
from tradecore.usecases.floor import TradingFloor

_WITHIN_S: Final = 10.0


class Beating:
    """Beats every so many seconds of the machine; a desk that can't record, and sends nothing, falls silent."""

    def __init__(self, floor: TradingFloor, heartbeat: Heartbeat, state: AlertDeliveryState, *, every_s: float) -> None:
        """Have not beaten yet."""
        self._floor = floor
        self._heartbeat = heartbeat
        self._state = state
        self._every = timedelta(seconds=every_s)

    async def beat_again_and_again(self) -> None:
        """Beat for ever."""
        pace = float(self._floor.desk.opening.clock_rate)
        while True:
            if self._floor.halted is None:
                await self.beat()
            await self._floor.timers.sleep_until(self._floor.clock.now() + self._every * pace)

    async def beat(self) -> None:
        """Beat once; what went wrong is kept."""
        try:
            await self._floor.timers.within(_WITHIN_S, self._heartbeat.beat())
        except (PortError, TimeoutError) as problem:
            self._state.heartbeat_problem = str(problem)[:200] or f"no answer within {_WITHIN_S:g} s"
        else:
            self._state.heartbeat_problem = None
            self._state.beats += 1
