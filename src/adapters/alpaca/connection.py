"""A WebSocket that is kept open: authenticated, subscribed, read without ever waiting for who uses it, reconnected."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from adapters.alpaca.guard import Seconds
from tradecore.errors import PortError

Frame = str | bytes
_GREETED_WITHIN_S: Final = 10.0
_PING_EVERY_S: Final = 10.0
_LARGEST_FRAME: Final = 2**23
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0
_STABLE_AFTER_S: Final = 30.0


class Refused(Exception):
    """The service let us connect and then would not serve us; the message says why."""


class Socket(Protocol):
    """What a greeting needs of a connection."""

    async def send(self, message: str | bytes) -> None:
        """Send one frame."""

    async def recv(self) -> Frame:
        """The next frame."""


@dataclass(frozen=True, slots=True)
class StreamState:
    """How a stream stands; `connected_for` are machine seconds, 0 while it is not connected."""

    name: str
    connected: bool
    connects: int
    frames: int
    connected_for: float
    why: str


class Connection:
    """
    Keeps one stream open until it is cancelled.

    `greet` authenticates and subscribes on the new socket; `take` gets each frame and must return at once. A pause
    before each new attempt is drawn from 0 to twice the one before it, at most 30 s (full jitter).
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        greet: Callable[[Socket], Awaitable[None]],
        take: Callable[[Frame], None],
        chance: Callable[[], float],
        seconds: Seconds,
        headers: dict[str, str] | None = None,
        on_this_machine: bool = False,
    ) -> None:
        """`chance` gives numbers in [0, 1); `on_this_machine` goes round any proxy."""
        self._name = name
        self._url = url
        self._greet = greet
        self._take = take
        self._chance = chance
        self._seconds = seconds
        self._headers = headers or {}
        self._proxy: Literal[True] | None = None if on_this_machine else True
        self._socket: Socket | None = None
        self._close: Callable[[], Awaitable[None]] | None = None
        self._connects = 0
        self._frames = 0
        self._greeted_at = 0.0
        self._why = "not connected yet"

    @property
    def state(self) -> StreamState:
        """How it stands now."""
        connected = self._socket is not None
        lasting = self._seconds() - self._greeted_at if connected else 0.0
        return StreamState(self._name, connected, self._connects, self._frames, lasting, self._why)

    async def run(self) -> None:
        """Connect, read, connect again; for ever."""
        attempt = 0
        while True:
            began = self._seconds()
            try:
                await self._once()
                self._why = "the service closed the connection"
            except (OSError, WebSocketException, TimeoutError, Refused, PortError) as problem:
                self._why = f"{type(problem).__name__}: {problem}"[:200]
            finally:
                self._socket = self._close = None
            attempt = 0 if self._seconds() - began > _STABLE_AFTER_S else attempt + 1
            await asyncio.sleep(self._chance() * min(_FIRST_PAUSE_S * 2**attempt, _LONGEST_PAUSE_S))

    async def send(self, message: Frame) -> None:
        """Send on the present connection; without one, nothing: the next greeting says it all anew."""
        socket = self._socket
        if socket is None:
            return
        try:
            await socket.send(message)
        except (OSError, WebSocketException):
            # The reader of the same socket meets the end of it and connects again.
            return

    async def start_again(self, why: str) -> None:
        """Give this connection up, for example because it has fallen silent; `run` makes a new one."""
        close = self._close
        if close is not None:
            self._why = why
            await close()

    async def _once(self) -> None:
        async with connect(
            self._url,
            additional_headers=self._headers,
            proxy=self._proxy,
            ping_interval=_PING_EVERY_S,
            ping_timeout=_PING_EVERY_S,
            open_timeout=_GREETED_WITHIN_S,
            close_timeout=1,
            max_size=_LARGEST_FRAME,
        ) as socket:
            async with asyncio.timeout(_GREETED_WITHIN_S):
                await self._greet(socket)
            self._connects += 1
            self._greeted_at = self._seconds()
            self._socket, self._close, self._why = socket, socket.close, ""
            async for frame in socket:
                self._frames += 1
                self._take(frame)
