"""Connections that can't be held open for nothing: a deadline for each request, an end for who does not read."""

import asyncio
import socket
from contextlib import suppress
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

MOST_CONNECTIONS: Final = 4_096
REQUEST_WITHIN_S: Final = 10.0
LAST_WORDS_WITHIN_S: Final = 2.0
ABORT: Final = "abort"
"""Under this name a request's state has what ends its connection without an answer."""
_UNFINISHED: Final = (h11.IDLE, h11.SEND_BODY)


class HttpConnection(H11Protocol):
    """Aborts a connection whose request is not whole in time, and every connection beyond MOST_CONNECTIONS."""

    _deadline: asyncio.TimerHandle | None = None
    _is_stream = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        # asyncio does it only for sockets that name their protocol; without, a body waits for the ACK of its headers.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app_state = {**self.app_state, ABORT: transport.abort}
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
        self._wait_or_not()

    def data_received(self, data: bytes) -> None:
        """Read on; the deadline is that of the whole request."""
        super().data_received(data)
        self._wait_or_not()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._forget_deadline()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand over; what has a deadline there is the stream's own matter."""
        self._is_stream = True
        super().handle_websocket_upgrade(event)

    def _wait_or_not(self) -> None:
        if self._is_stream or self.conn.their_state not in _UNFINISHED:
            self._forget_deadline()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_WITHIN_S, self.transport.abort)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class StreamConnection(WebSocketsSansIOProtocol):
    """Aborts a connection that was closed and whose client does not take what is left of it."""

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """The stream has ended."""
        super().on_task_complete(task)
        self._abort_soon()

    def keepalive_timeout(self) -> None:
        """The client has not answered a ping: it is gone, half-open or stopped."""
        super().keepalive_timeout()
        self._abort_soon()

    def _abort_soon(self) -> None:
        self.loop.call_later(LAST_WORDS_WITHIN_S, self.transport.abort)


def allow_many_files() -> None:
    """Let this process open as many connections as MOST_CONNECTIONS, where the system lets it."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MOST_CONNECTIONS + 256
        highest = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if soft != resource.RLIM_INFINITY and soft < highest:
            resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))
