"""A connection that does not say what it wants is not kept for ever."""

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

_HEAD_WITHIN_S: Final = 10.0


class PatientProtocol(H11Protocol):
    """HTTP/1.1 that closes a connection whose request has no complete head ten seconds after it was begun."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(_HEAD_WITHIN_S, self._give_up)

    def data_received(self, data: bytes) -> None:
        """Take bytes in; those of a new request begin the wait for the rest of its head."""
        super().data_received(data)
        if not self._awaits_a_head():
            self._stop_waiting()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(_HEAD_WITHIN_S, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _awaits_a_head(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self._awaits_a_head() and not self.transport.is_closing():
            self.transport.close()
