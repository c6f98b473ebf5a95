"""One WebSocket connection to Binance's combined streams, from its opening to its end."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from adapters.binance.depth_snapshots import is_on_this_machine

Frame = str | bytes
_STREAMS: Final = ("trade", "depth@100ms", "ticker")
_OPENED_WITHIN_S: Final = 10.0
_PING_EVERY_S: Final = 20.0
_LARGEST_FRAME: Final = 2**23


def streams_of(symbols: Sequence[str]) -> str:
    """The path of a combined stream: trades, changes of the book and the day's ticker of each pair."""
    names = [f"{symbol.lower()}@{stream}" for symbol in symbols for stream in _STREAMS]
    return f"/stream?streams={'/'.join(names)}"


class Stream:
    """
    Reads one connection; `take` gets each frame with the stream it came by and returns the venue's time in it, or None.

    Silence is measured by the venue's own time: once it has fallen behind the machine's by more than `silence_s` since
    the connection was opened, nothing new comes, whatever else does.
    """

    def __init__(
        self, url: str, take: "Callable[[Frame, Stream], int | None]", seconds: Callable[[], float], silence_s: float
    ) -> None:
        """Connect to nothing yet; `seconds` are the machine's."""
        self._url = url
        self._take = take
        self._seconds = seconds
        self._silence_s = silence_s
        self.opened = asyncio.Event()
        self.opened_at = 0.0
        self.first_ids: dict[str, int] = {}
        """The first update of each book that this connection told."""
        self.why = "not connected yet"

    async def run(self) -> None:
        """Connect and read to the end of the connection, which `why` then names."""
        try:
            async with connect(
                self._url,
                proxy=None if is_on_this_machine(self._url) else True,
                ping_interval=_PING_EVERY_S,
                ping_timeout=_PING_EVERY_S,
                open_timeout=_OPENED_WITHIN_S,
                close_timeout=1,
                max_size=_LARGEST_FRAME,
            ) as socket:
                self.opened_at = self._seconds()
                self.opened.set()
                self.why = ""
                await self._read(socket)
        except TimeoutError:
            self.why = "fell silent" if self.opened.is_set() else "no connection in time"
        except (OSError, WebSocketException) as problem:
            self.why = f"{type(problem).__name__}: {problem}"[:200]

    async def _read(self, socket: ClientConnection) -> None:
        newest, least_offset = 0, 0.0
        while True:
            now = self._seconds()
            behind = now - newest / 1000 - least_offset if newest else now - self.opened_at
            if behind >= self._silence_s:
                raise TimeoutError
            async with asyncio.timeout(self._silence_s - behind):
                frame = await socket.recv()
            at = self._take(frame, self)
            if at is not None and at > newest:
                offset = self._seconds() - at / 1000
                least_offset = min(least_offset, offset) if newest else offset
                newest = at
