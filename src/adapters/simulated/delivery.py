"""One connection from a venue: what it tells arrives late, and in the order it was told."""

import asyncio
from collections.abc import AsyncIterator, Callable

from tradecore.model.events import BrokerEvent


class Delivery:
    """Delivers each event `delay()` seconds after it was told; no message overtakes the one before it."""

    def __init__(self, delay: Callable[[], float]) -> None:
        """Start with nothing under way."""
        self._delay = delay
        self._last = 0.0
        self.listener: Callable[[BrokerEvent], None] | None = None
        self._arrived: asyncio.Queue[BrokerEvent | None] = asyncio.Queue()

    def tell(self, event: BrokerEvent | None) -> None:
        """Send one event on its way; None ends the stream once everything before it was delivered."""
        if self.listener is not None and event is not None:
            self.listener(event)
        loop = asyncio.get_running_loop()
        due = loop.time() + self._delay()
        self._last = max(self._last + 1e-6, due)
        loop.call_at(self._last, self._arrived.put_nowait, event)

    async def events(self) -> AsyncIterator[BrokerEvent]:
        """What has arrived, in order, until the end was told."""
        while (event := await self._arrived.get()) is not None:
            yield event
