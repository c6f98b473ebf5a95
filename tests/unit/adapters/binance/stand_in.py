"""A local exchange that speaks Binance's spot streams and `/api/v3/depth`, and misbehaves on request."""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

Answer = tuple[int, dict[str, str], Any]


@dataclass
class Book:
    """One pair as the exchange has it: prices in cents and quantities in thousandths."""

    bids: dict[int, int]
    asks: dict[int, int]
    update: int = 1_000
    trades: int = 500

    def answer(self) -> dict[str, Any]:
        return {"lastUpdateId": self.update, "bids": _pairs(self.bids), "asks": _pairs(self.asks)}


def _pairs(levels: dict[int, int]) -> list[list[str]]:
    return [[f"{cents / 100:.8f}", f"{thousandths / 1000:.8f}"] for cents, thousandths in levels.items()]


@dataclass
class StandIn:
    """Its books change when told; every open connection hears of it unless `loses` says otherwise."""

    books: dict[str, Book] = field(
        default_factory=lambda: {
            "BTCUSDT": Book({9_999 - n: 1_000 for n in range(30)}, {10_001 + n: 1_000 for n in range(30)}),
            "ETHUSDT": Book({2_999 - n: 2_000 for n in range(30)}, {3_001 + n: 2_000 for n in range(30)}),
        }
    )
    sockets: list[ServerConnection] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    answers: deque[Answer] = field(default_factory=deque)
    stopped_at: int | None = None
    streams_url: str = ""
    rest_url: str = ""

    @property
    def now(self) -> int:
        return self.stopped_at or int(time.time() * 1000)

    async def change(self, symbol: str = "BTCUSDT", *, loses: bool = False, times: int = 1) -> None:
        """One level changes with each update, and one message tells it."""
        book = self.books[symbol]
        place, quantity = min(book.bids), 1_000 + book.update % 777
        book.bids[place] = quantity
        book.update += 2
        event = {"e": "depthUpdate", "E": self.now, "s": symbol, "U": book.update - 1, "u": book.update}
        if not loses:
            for _ in range(times):
                await self.say(symbol, "depth@100ms", event | {"b": _pairs({place: quantity}), "a": []})

    async def trade(self, symbol: str = "BTCUSDT", *, times: int = 1) -> None:
        book = self.books[symbol]
        book.trades += 1
        event = {"e": "trade", "E": self.now, "s": symbol, "t": book.trades, "p": "100.01000000", "q": "0.50000000"}
        for _ in range(times):
            await self.say(symbol, "trade", event | {"T": self.now, "m": False, "M": True})

    async def say(self, symbol: str, stream: str, data: Any) -> None:
        await self.say_raw(json.dumps({"stream": f"{symbol.lower()}@{stream}", "data": data}))

    async def say_raw(self, text: str) -> None:
        for socket in list(self.sockets):
            try:
                await socket.send(text)
            except ConnectionClosed:
                continue

    async def cut(self) -> None:
        for socket in list(self.sockets):
            await socket.close()

    async def connected(self, socket: ServerConnection) -> None:
        self.paths.append(socket.request.path if socket.request else "")
        self.sockets.append(socket)
        try:
            await socket.wait_closed()
        finally:
            self.sockets.remove(socket)

    async def asked_for(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                status, headers, body = self.answer(head.split(b" ")[1].decode())
                text = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
                start = f"HTTP/1.1 {status} X\r\nContent-Length: {len(text)}\r\n{told}\r\n"
                writer.write(start.encode() + text)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    def answer(self, target: str) -> Answer:
        query = parse_qs(urlsplit(target).query)
        symbol = query["symbol"][0]
        assert (urlsplit(target).path, query["limit"]) == ("/api/v3/depth", ["1000"])
        self.asked.append(symbol)
        if self.answers:
            return self.answers.popleft()
        if symbol not in self.books:
            return 400, {}, {"code": -1121, "msg": "Invalid symbol."}
        return 200, {"X-MBX-USED-WEIGHT-1M": "50"}, self.books[symbol].answer()


@asynccontextmanager
async def exchange() -> AsyncIterator[StandIn]:
    """A running one."""
    stand_in = StandIn()
    rest = await asyncio.start_server(stand_in.asked_for, "127.0.0.1", 0)
    async with serve(stand_in.connected, "127.0.0.1", 0) as streams:
        stand_in.streams_url = f"ws://127.0.0.1:{streams.sockets[0].getsockname()[1]}"
        stand_in.rest_url = f"http://127.0.0.1:{rest.sockets[0].getsockname()[1]}"
        yield stand_in
    rest.close()
