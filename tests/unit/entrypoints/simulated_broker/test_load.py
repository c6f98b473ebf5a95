"""Clients that hold connections open, never read or come in crowds: each costs little, and the others nothing."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from tests.unit.entrypoints.simulated_broker.broker import Broker
from websockets.asyncio.client import ClientConnection, connect

from entrypoints.simulated_broker import clients, connections, simulation
from entrypoints.simulated_broker.serving import serving

KEYS = "APCA-API-KEY-ID: k\r\nAPCA-API-SECRET-KEY: s\r\n"
TOO_LONG = f"POST /v2/orders HTTP/1.1\r\nHost: x\r\nContent-Length: {10**12}\r\n{KEYS}\r\n".encode() + b"x" * 2**21
ACCOUNT = f"GET /v2/account HTTP/1.1\r\nHost: x\r\n{KEYS}\r\n".encode()


@asynccontextmanager
async def standing(broker: Broker) -> AsyncIterator[int]:
    """The broker on a free port of this loop; the port."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    async with serving(broker.simulation, listening):
        yield listening.getsockname()[1]


async def opened(port: int, sent: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    return reader, writer


async def answer(port: int, sent: bytes = ACCOUNT) -> bytes:
    """The first line of the answer to a request."""
    reader, writer = await opened(port, sent)
    line = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    return line


async def is_closed(reader: asyncio.StreamReader) -> bool:
    """Whether the other side ends the connection."""
    try:
        while await asyncio.wait_for(reader.read(65_536), 5):
            pass
    except ConnectionError:
        return True
    return True


@asynccontextmanager
async def stream(port: int, **options: Any) -> AsyncIterator[ClientConnection]:
    async with connect(f"ws://127.0.0.1:{port}/stream", proxy=None, close_timeout=0.1, **options) as client:
        yield client


async def listen(client: ClientConnection) -> None:
    await client.send(orjson.dumps({"action": "auth", "key": "k", "secret": "s"}))
    await client.send(orjson.dumps({"action": "listen", "data": {"streams": ["trade_updates"]}}))
    for _ in range(2):
        await client.recv()


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /v2/account HT",
        b"POST /v2/orders HTTP/1.1\r\nHost: x\r\n" + KEYS.encode(),
        b"POST /v2/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n" + KEYS.encode() + b"\r\n{",
        b"POST /v2/orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + KEYS.encode() + b"\r\n1\r\n{\r\n",
    ],
)
def test_a_request_that_is_not_whole_in_time_costs_a_connection_and_nobody_else(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(connections, "REQUEST_WITHIN_S", 0.2)

    async def wait() -> None:
        async with standing(broker) as port:
            reader, writer = await opened(port, begun)
            assert await answer(port) == b"HTTP/1.1 200 OK\r\n"
            assert await is_closed(reader)
            writer.close()
            assert await answer(port) == b"HTTP/1.1 200 OK\r\n"

    asyncio.run(wait())


def test_a_connection_beyond_the_most_is_ended_and_those_that_stand_are_served(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 2)

    async def crowd() -> None:
        async with standing(broker) as port:
            first, writer = await opened(port)
            _, second = await opened(port)
            third, last = await opened(port)
            assert await is_closed(third)
            last.close()
            writer.write(ACCOUNT)
            assert await first.readline() == b"HTTP/1.1 200 OK\r\n"
            writer.close()
            second.close()

    asyncio.run(crowd())


def test_a_stream_that_does_not_authenticate_in_time_is_let_go(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "KNOWN_WITHIN_S", 0.1)

    async def wait() -> None:
        async with standing(broker) as port:
            async with stream(port) as silent:
                assert orjson.loads(await silent.recv())["data"]["status"] == "unauthorized"
                await asyncio.wait_for(silent.wait_closed(), 5)
            url = f"ws://127.0.0.1:{port}/v2/iex"
            async with connect(url, proxy=None) as silent:
                assert orjson.loads(await silent.recv())[0]["msg"] == "connected"
                assert orjson.loads(await silent.recv())[0] == {"T": "error", "code": 404, "msg": "auth timeout"}
                await asyncio.wait_for(silent.wait_closed(), 5)

    asyncio.run(wait())


def test_a_client_that_never_reads_is_let_go_and_counted_and_the_others_miss_nothing(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "MOST_WAITING_BYTES", 1_000_000)
    monkeypatch.setattr(clients, "_LAST_WORDS_WITHIN_S", 0.1)
    monkeypatch.setattr(connections, "LAST_WORDS_WITHIN_S", 0.1)
    frame, frames = b"x" * 100_000, 200

    async def flood() -> None:
        async with standing(broker) as port, stream(port, max_queue=1) as deaf, stream(port) as other:
            await listen(deaf)
            await listen(other)
            (account,) = broker.simulation.brokerage.books.accounts
            for _ in range(frames):
                broker.simulation.updates.send(account, frame)
                assert await asyncio.wait_for(other.recv(), 5) == frame
            async with asyncio.timeout(5):
                while not broker.simulation.slow_clients:
                    await asyncio.sleep(0.01)
            assert broker.simulation.updates.count == 1
            assert (await broker.called("GET", "/_sim/state")).json["slow_clients"] == 1

    asyncio.run(flood())


def test_a_reset_after_an_order_is_an_end_without_an_answer_and_the_order_stands(broker: Broker) -> None:
    body = b'{"symbol": "SPY", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}'
    broker.simulation.faults.left["reset_after_send"] = 1

    async def send() -> None:
        async with standing(broker) as port:
            head = f"POST /v2/orders HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{KEYS}\r\n".encode()
            assert await answer(port, head + body) == b""

    asyncio.run(send())
    assert [one["filled_qty"] for one in broker.get("/v2/orders?status=all")] == ["1"]


def test_an_answer_does_not_wait_for_the_acknowledgement_of_its_headers(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Any] = []
    usual = connections.HttpConnection.connection_made

    def seen(connection: Any, transport: Any) -> None:
        usual(connection, transport)
        found.append(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(connections.HttpConnection, "connection_made", seen)

    async def ask() -> None:
        async with standing(broker) as port:
            await answer(port)

    asyncio.run(ask())
    assert len(found) == 1
    assert found[0]


def test_there_are_so_many_accounts_and_no_more(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "MOST_ACCOUNTS", 2)
    statuses = [broker.call("GET", "/v2/account", keys=(name, "s")).status for name in ("a", "b", "c", "a")]
    assert statuses == [200, 200, 403, 200]


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "\xff"])
def test_a_body_is_read_as_json_whatever_it_says_it_is(broker: Broker, kind: str | None) -> None:
    body = b'{"symbol": "SPY", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}'

    async def post() -> None:
        async with standing(broker) as port:
            said = b"" if kind is None else b"Content-Type: " + kind.encode("latin-1") + b"\r\n"
            length = f"Content-Length: {len(body)}\r\n{KEYS}\r\n".encode()
            head = b"POST /v2/orders HTTP/1.1\r\nHost: x\r\n" + said + length
            assert await answer(port, head + body) == b"HTTP/1.1 200 OK\r\n"

    asyncio.run(post())


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v2/account HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"POST /v2/orders HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        TOO_LONG,
        b"GET /stream HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"GET /%ff%00 HTTP/1.1\r\nHost: x\r\n" + KEYS.encode() + b"\r\n",
    ],
)
def test_what_is_no_request_is_answered_with_a_4xx(broker: Broker, garbage: bytes) -> None:
    async def send() -> None:
        async with standing(broker) as port:
            assert (await answer(port, garbage)).startswith(b"HTTP/1.1 4")
            assert await answer(port) == b"HTTP/1.1 200 OK\r\n"

    asyncio.run(send())
