"""One connected client of a stream: a bounded queue, so that one that never reads costs no more than that."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from starlette.types import Receive, Scope, Send

MOST_WAITING: Final = 2_048
MOST_WAITING_BYTES: Final = 4_194_304
KNOWN_WITHIN_S: Final = 10.0
SLOW: Final = "slow client"
_LAST_WORDS_WITHIN_S: Final = 1.0


class StreamClient:
    """Frames wait here until the socket takes them; a client that lets too many wait is disconnected."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, binary: bool) -> None:
        """Take over a websocket connection that was not accepted yet."""
        self.scope = scope
        self.account = ""
        self.binary = binary
        self.is_known = False
        self.is_slow = False
        self.ended = asyncio.Event()
        self._receive = receive
        self._send = send
        self.waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._some = asyncio.Event()
        self._closing: tuple[int, str] | None = None

    async def accept(self) -> bool:
        """Answer the handshake; False when the client is gone already."""
        message = await self._receive()
        if message["type"] != "websocket.connect":
            return False
        await self._send({"type": "websocket.accept"})
        return True

    def offer(self, frame: bytes) -> None:
        """Queue a frame."""
        if self._closing is not None:
            return
        self._waiting_bytes += len(frame)
        if len(self.waiting) >= MOST_WAITING or self._waiting_bytes > MOST_WAITING_BYTES:
            self.is_slow = True
            self.waiting.clear()
            self.shut(1008, SLOW)
            return
        self.waiting.append(frame)
        self._some.set()

    def shut(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection once what waits is out."""
        if self._closing is None:
            self._closing = (code, reason)
            self._some.set()
            self.ended.set()

    async def message(self) -> bytes | None:
        """The next message from the client, None when it is gone."""
        message: Any = await self._receive()
        if message["type"] != "websocket.receive":
            return None
        given = message.get("bytes")
        return given if given is not None else (message.get("text") or "").encode()

    async def pump(self) -> None:
        """Send what is queued until the connection is shut."""
        while True:
            if not self.waiting:
                if self._closing is not None:
                    break
                self._some.clear()
                await self._some.wait()
                continue
            frames, self.waiting, self._waiting_bytes = self.waiting, [], 0
            for frame in frames:
                if self.binary:
                    await self._send({"type": "websocket.send", "bytes": frame})
                else:
                    await self._send({"type": "websocket.send", "text": frame.decode()})
        code, reason = self._closing
        await self._send({"type": "websocket.close", "code": code, "reason": reason})

    async def converse(self, reading: Coroutine[Any, Any, None], unknown: bytes) -> None:
        """
        Send, and let `reading` read, until either ends.

        Who does not authenticate in time is sent `unknown` and let go; who is shut has a moment to take what is left.
        """
        loop = asyncio.get_running_loop()
        patience = loop.call_later(KNOWN_WITHIN_S, self._let_go_unknown, unknown)
        pump, reader, ended = (loop.create_task(one) for one in (self.pump(), reading, self.ended.wait()))
        try:
            await asyncio.wait((pump, reader, ended), return_when=asyncio.FIRST_COMPLETED)
            if self.ended.is_set():
                await asyncio.wait((pump,), timeout=_LAST_WORDS_WITHIN_S)
        finally:
            patience.cancel()
            for task in (pump, reader, ended):
                task.cancel()
            await asyncio.gather(pump, reader, ended, return_exceptions=True)

    def _let_go_unknown(self, frame: bytes) -> None:
        if not self.is_known:
            self.offer(frame)
            self.shut(1008, "authentication timeout")
