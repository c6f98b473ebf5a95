"""A simulated broker in this process, called as an ASGI application or served on a free port."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson

from entrypoints.simulated_broker.app import SimulatedBroker
from entrypoints.simulated_broker.running import Options, simulation_of
from entrypoints.simulated_broker.serving import serving
from entrypoints.simulated_broker.simulation import Simulation
from entrypoints.wiring.simulated_broker import BrokerWorld, Wanted, broker_world

TODAY = date(2026, 11, 20)
TEN = "2026-11-20T10:00"


class Reply(NamedTuple):
    """An answer: status, headers in lower case, body as JSON where there is one."""

    status: int
    headers: dict[str, str]
    json: Any


class Broker:
    """A broker whose clock moves by steps alone."""

    def __init__(self, directory: Path, *, start: str | None = TEN, speed: float = 0, **options: Any) -> None:
        """Open the world of a directory."""
        chosen: dict[str, Any] = {"keys": None, "always_open": False, "requests_a_minute": 0, "faults": (), "day": None}
        chosen |= options
        self.options = Options(port=0, seed=1, speed=speed, start=start, state=directory, **chosen)
        wanted = Wanted(
            directory=directory,
            seed=1,
            speed=speed,
            start=start,
            always_open=chosen["always_open"],
            day=chosen["day"],
        )
        self.world: BrokerWorld = broker_world(wanted, TODAY)
        self.simulation: Simulation = simulation_of(self.world, self.options)
        self.app = SimulatedBroker(self.simulation)

    def call(self, method: str, url: str, body: Any = None, *, keys: tuple[str, str] | None = ("k", "s")) -> Reply:
        """One request; `body` is sent as JSON unless it is bytes."""
        return asyncio.run(self.called(method, url, body, keys=keys))

    async def called(
        self, method: str, url: str, body: Any = None, *, keys: tuple[str, str] | None = ("k", "s")
    ) -> Reply:
        """As `call`, in a running loop."""
        parts = urlsplit(url)
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        names = (b"apca-api-key-id", b"apca-api-secret-key")
        headers = [] if keys is None else [(name, key.encode()) for name, key in zip(names, keys, strict=True)]
        sent: list[dict[str, Any]] = []
        scope = {
            "type": "http",
            "method": method,
            "path": parts.path,
            "query_string": parts.query.encode(),
            "headers": headers,
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": data}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        raw = sent[1]["body"]
        shown = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Reply(sent[0]["status"], shown, orjson.loads(raw) if raw else None)

    def get(self, url: str) -> Any:
        """The body of a GET that succeeds."""
        reply = self.call("GET", url)
        assert reply.status == 200, reply
        return reply.json

    def order(self, **body: Any) -> Any:
        """An order that is taken in."""
        reply = self.call("POST", "/v2/orders", {"time_in_force": "day"} | body)
        assert reply.status == 200, reply
        return reply.json

    def refusal(self, **body: Any) -> tuple[int, int, str]:
        """Status, code and words of an order that is refused."""
        reply = self.call("POST", "/v2/orders", {"time_in_force": "day"} | body)
        assert reply.status >= 400, reply
        return reply.status, reply.json["code"], reply.json["message"]

    def pass_time(self, seconds: float) -> None:
        """Let market time pass."""
        assert self.call("POST", "/_sim/step", {"seconds": seconds}).status == 200

    def pass_until(self, hours: int, minutes: int) -> None:
        """Let market time pass until a wall-clock time of this day, New York time (UTC-5 in November)."""
        clock = self.simulation.now()
        self.pass_time((hours + 5 - clock.hour) * 3600 + (minutes - clock.minute) * 60 - clock.second)

    def positions(self) -> dict[str, str]:
        """Signed quantities by symbol."""
        return {one["symbol"]: one["qty"] for one in self.get("/v2/positions")}

    def quote(self, symbol: str) -> tuple[float, float]:
        """Bid and ask of a share or a contract."""
        family = "v2/stocks" if len(symbol) < 7 else "v1beta1/options"
        found = self.get(f"/{family}/quotes/latest?symbols={symbol}")["quotes"][symbol]
        return found["bp"], found["ap"]

    def close(self) -> None:
        """Release the directory, as a process that ends would."""
        self.simulation.close()
        self.world.lease.release()


@contextmanager
def served(broker: Broker) -> Iterator[str]:
    """The broker on a free port, in a thread of its own; its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    started, ended = threading.Event(), threading.Event()

    async def run() -> None:
        async with serving(broker.simulation, listening):
            started.set()
            await asyncio.get_running_loop().run_in_executor(None, ended.wait)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert started.wait(10)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        ended.set()
        thread.join(10)
        listening.close()
