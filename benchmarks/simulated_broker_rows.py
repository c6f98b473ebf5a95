"""What an order costs at the simulated broker, durable, beside a bare ASGI echo; and what streamed quotes cost."""

import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgpack
import orjson

from benchmarks.peer_process import ROOT, Peers
from benchmarks.quote_server import CONTRACTS, chain
from benchmarks.timing import Against, Goal, Pace, Row, compare

_CLIENTS = 32
_ORDERS = 40
_LISTENERS = 32
_ROUNDS = 300
_SHORTEST_CHAIN = 4_000
_LONGEST_HEADER = 4
_TWO_BYTES_FOLLOW = 126
_UPGRADE = (
    b"GET /v1beta1/opra HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_STARTS_WITHIN_S = 30
_ORDER = orjson.dumps({"symbol": "SPY", "qty": "1", "side": "buy", "type": "market", "time_in_force": "ioc"})
_REQUEST = (
    b"POST /v2/orders HTTP/1.1\r\nhost: 127.0.0.1\r\napca-api-key-id: %d\r\napca-api-secret-key: s\r\n"
    b"content-type: application/json\r\ncontent-length: " + str(len(_ORDER)).encode() + b"\r\n\r\n" + _ORDER
)


def order_round_trips(pace: Pace, _: Peers) -> list[Row]:
    """Orders of 32 clients at once, each answered once it is on the disk."""
    with tempfile.TemporaryDirectory() as folder, free_ports() as (ours, bare):
        program = [sys.executable, "-m", "entrypoints.cli", "sim", "--always-open", "--rate-limit=0"]
        echo = [sys.executable, "-m", "benchmarks.bare_echo", str(bare)]
        with running([*program, f"--port={ours}", f"--state={folder}"], ours), running(echo, bare):
            count = pace.calls(_ORDERS)
            return compare(
                f"order of one of {_CLIENTS} clients, answered when durable",
                lambda: asyncio.run(_round(ours, count)),
                Against("bare ASGI echo on uvicorn", lambda: asyncio.run(_round(bare, count)), Goal(ratio=4.0)),
                pace=pace,
            )


def streamed_quotes(pace: Pace, _: Peers) -> list[Row]:
    """Quotes of a whole chain to 32 WebSocket clients: made, encoded, sent and read."""
    rounds = pace.calls(_ROUNDS)
    return compare(
        f"quote of one of {CONTRACTS} contracts to one of {_LISTENERS} WebSocket clients",
        lambda: _streamed("simulator", rounds),
        Against("bare WebSocket fan-out on uvicorn", lambda: _streamed("bare", rounds), Goal(ratio=4.0)),
        pace=pace,
    )


def _streamed(kind: str, rounds: int) -> float:
    """Microseconds a quote delivered."""
    with free_ports() as (port, _):
        command = [sys.executable, "-m", "benchmarks.quote_server", kind, str(port), str(_LISTENERS), str(rounds)]
        with running(command, port):
            return asyncio.run(_listened(port, rounds)) / (rounds * CONTRACTS * _LISTENERS)


async def _listened(port: int, rounds: int) -> float:
    loop = asyncio.get_running_loop()
    symbols = [one.symbol for one in chain()]
    asked = msgpack.packb({"action": "auth", "key": "k", "secret": "s"})
    wanted = msgpack.packb({"action": "subscribe", "quotes": symbols})
    clients = [
        (await loop.create_connection(lambda: _Listener(rounds), "127.0.0.1", port))[1] for _ in range(_LISTENERS)
    ]
    for one in clients:
        await one.open
    for one in clients:
        one.say(asked)
        one.say(wanted)
    # Streaming begins when the last one has asked.
    began = time.perf_counter_ns()
    for one in clients:
        await one.served
    took = time.perf_counter_ns() - began
    for one in clients:
        one.end()
    return took / 1000


class _Listener(asyncio.Protocol):
    """A WebSocket client that counts frames and looks into none, so that it costs little beside what it listens to."""

    def __init__(self, rounds: int) -> None:
        """Listen until so many chains have come."""
        loop = asyncio.get_running_loop()
        self.open: asyncio.Future[None] = loop.create_future()
        self.served: asyncio.Future[None] = loop.create_future()
        self._left = rounds
        self._unread = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Ask for the stream."""
        self._transport = transport
        transport.write(_UPGRADE)

    def say(self, message: bytes) -> None:
        """Send a binary frame under a mask of zeros."""
        self._transport.write(b"\x82\xfe" + len(message).to_bytes(2, "big") + bytes(4) + message)

    def data_received(self, data: bytes) -> None:
        """Pass over whole frames."""
        data = self._unread + data
        if not self.open.done():
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._unread = head
                return
            self.open.set_result(None)
        at = 0
        while len(data) - at >= _LONGEST_HEADER:
            size, header = data[at + 1], 2
            if size == _TWO_BYTES_FOLLOW:
                size, header = int.from_bytes(data[at + 2 : at + 4], "big"), 4
            if len(data) - at < header + size:
                break
            at += header + size
            # What the protocol itself says is short.
            self._left -= size > _SHORTEST_CHAIN
        self._unread = data[at:]
        if self._left <= 0 and not self.served.done():
            self.served.set_result(None)

    def end(self) -> None:
        """Hang up."""
        self._transport.abort()


async def _round(port: int, count: int) -> float:
    """Microseconds an order, of so many from each client."""
    lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(_CLIENTS)]
    began = time.perf_counter_ns()
    await asyncio.gather(*(_orders(*line, number, count) for number, line in enumerate(lines)))
    took = time.perf_counter_ns() - began
    for _, writer in lines:
        writer.close()
    return took / 1000 / (_CLIENTS * count)


async def _orders(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int, count: int) -> None:
    request = _REQUEST % number
    for _ in range(count):
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            raise RuntimeError(f"an order was refused: {head!r}")
        await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))


@contextmanager
def free_ports() -> Iterator[tuple[int, int]]:
    """Two ports nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = one.getsockname()[1], other.getsockname()[1]
    yield ports


@contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    """A program that listens on this port, until the end of the block."""
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + _STARTS_WITHIN_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    raise
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()
