"""One connected client of a stream: a bounded queue, so that one that never reads costs no more than that."""

import asyncio
from typing import Any, Final

from starlette.types import Receive, Scope, Send

MOST_WAITING: Final = 2_048
SLOW: Final = "slow client"


class StreamClient:
    """Frames wait here until the socket takes them; a client that lets too many wait is disconnected."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, binary: bool) -> None:
        """Take over a websocket connection that was not accepted yet."""
        self.scope = scope
        self.account = ""
        self.binary = binary
        self.ended = asyncio.Event()
        self._receive = receive
        self._send = send
        self.waiting: list[bytes] = []
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
        if len(self.waiting) >= MOST_WAITING:
            self.shut(1008, SLOW)
            return
        self.waiting.append(frame)
        self._some.set()

    def shut(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection once the frame under way is out; what waits is dropped if the client was slow."""
        if self._closing is None:
            self._closing = (code, reason)
            if reason == SLOW:
                self.waiting.clear()
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
            frames, self.waiting = self.waiting, []
            for frame in frames:
                if self.binary:
                    await self._send({"type": "websocket.send", "bytes": frame})
                else:
                    await self._send({"type": "websocket.send", "text": frame.decode()})
        code, reason = self._closing
        await self._send({"type": "websocket.close", "code": code, "reason": reason})
