"""What an order costs at the simulated broker, durable, beside a bare ASGI echo; and what streamed quotes cost."""

import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import msgpack
import orjson

from benchmarks.peer_process import ROOT, Peers
from benchmarks.timing import Against, Goal, Pace, Row, compare
from entrypoints.simulated_broker.clients import StreamClient
from entrypoints.simulated_broker.data_streams import Subscriber
from entrypoints.simulated_broker.running import Options, simulation_of
from entrypoints.simulated_broker.simulation import Simulation
from entrypoints.wiring.simulated_broker import Wanted, broker_world

_CLIENTS = 32
_ORDERS = 40
_LISTENERS = 32
_STARTS_WITHIN_S = 30
_ORDER = orjson.dumps({"symbol": "SPY", "qty": "1", "side": "buy", "type": "market", "time_in_force": "ioc"})
_REQUEST = (
    b"POST /v2/orders HTTP/1.1\r\nhost: 127.0.0.1\r\napca-api-key-id: %d\r\napca-api-secret-key: s\r\n"
    b"content-type: application/json\r\ncontent-length: " + str(len(_ORDER)).encode() + b"\r\n\r\n" + _ORDER
)


def order_round_trips(pace: Pace, _: Peers) -> list[Row]:
    """Orders of 32 clients at once, each answered once it is on the disk."""
    with tempfile.TemporaryDirectory() as folder, _free_ports() as (ours, bare):
        program = [sys.executable, "-m", "entrypoints.cli", "sim", "--always-open", "--rate-limit=0"]
        echo = [sys.executable, "-m", "benchmarks.bare_echo", str(bare)]
        with _running([*program, f"--port={ours}", f"--state={folder}"], ours), _running(echo, bare):
            count = pace.calls(_ORDERS)
            return compare(
                f"order of one of {_CLIENTS} clients, answered when durable",
                lambda: asyncio.run(_round(ours, count)),
                Against("bare ASGI echo on uvicorn", lambda: asyncio.run(_round(bare, count)), Goal(ratio=4.0)),
                pace=pace,
            )


def streamed_quotes(pace: Pace, _: Peers) -> list[Row]:
    """Quotes of a whole chain to 32 listeners: made, encoded once, queued for each."""
    with tempfile.TemporaryDirectory() as folder:
        simulation = _simulation(Path(folder))
        contracts = [one.symbol for one in simulation.brokerage.listings.tape("SPY", simulation.now()).contracts(_DAY)]
        for _number in range(_LISTENERS):
            subscriber = Subscriber(StreamClient({}, _nothing, _nowhere, binary=True), True, "options")
            subscriber.wanted["quotes"], subscriber.client.is_known = set(contracts), True
            simulation.data.subscribers.append(subscriber)
        told = [{"T": "q", "S": one, "bp": 1.25, "ap": 1.27, "bs": 10, "as": 12, "c": "A"} for one in contracts]
        delivered = len(contracts) * _LISTENERS
        rounds = pace.calls(20)
        rows = compare(
            f"quote of one of {len(contracts)} contracts to one of {_LISTENERS} listeners",
            lambda: _published(simulation, rounds) / delivered,
            Against(
                "the same frame packed once and queued for each",
                lambda: _fanned_out(simulation, told, rounds) / delivered,
            ),
            pace=pace,
        )
        simulation.close()
        return rows


_DAY = date(2026, 11, 20)


def _simulation(folder: Path) -> Simulation:
    wanted = Wanted(directory=folder, seed=1, speed=0, start=f"{_DAY}T10:00", always_open=False)
    options = Options(
        port=0,
        seed=1,
        speed=0,
        start=wanted.start,
        keys=None,
        always_open=False,
        state=folder,
        requests_a_minute=0,
        faults=(),
    )
    return simulation_of(broker_world(wanted, _DAY), options)


def _published(simulation: Simulation, rounds: int) -> float:
    began = time.perf_counter_ns()
    for _ in range(rounds):
        simulation.clock.step(1)
        simulation.data.publish(simulation)
        _drain(simulation)
    return (time.perf_counter_ns() - began) / 1000 / rounds


def _fanned_out(simulation: Simulation, told: list[dict[str, Any]], rounds: int) -> float:
    began = time.perf_counter_ns()
    for _ in range(rounds):
        frame = msgpack.packb(told)
        for one in simulation.data.subscribers:
            one.client.offer(frame)
        _drain(simulation)
    return (time.perf_counter_ns() - began) / 1000 / rounds


def _drain(simulation: Simulation) -> None:
    for one in simulation.data.subscribers:
        one.client.waiting.clear()


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


async def _nothing() -> Any:
    return {}


async def _nowhere(_: Any) -> None:
    return


@contextmanager
def _free_ports() -> Iterator[tuple[int, int]]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = one.getsockname()[1], other.getsockname()[1]
    yield ports


@contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
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
