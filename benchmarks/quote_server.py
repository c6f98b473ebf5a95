"""
Streams a chain's quotes to WebSocket clients as fast as they take them: the simulated broker, or a bare fan-out.

`python -m benchmarks.quote_server simulator|bare PORT CLIENTS ROUNDS`; a client begins by sending any message.
"""

import asyncio
import socket
import sys
import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgpack
import uvicorn

from entrypoints.simulated_broker.connections import StreamConnection
from entrypoints.simulated_broker.running import Options, simulation_of
from entrypoints.simulated_broker.serving import LONGEST_FRAME, serving
from entrypoints.simulated_broker.simulation import Simulation
from entrypoints.wiring.simulated_broker import Wanted, broker_world
from tradecore.model.instruments import OptionContract, Right

DAY = date(2026, 11, 20)
CONTRACTS = 62
_LOOKS_EVERY_S = 0.001


class BareFanOut:
    """Sends everybody the same frame, packed once a round, when all have come."""

    def __init__(self, clients: int, rounds: int) -> None:
        """Wait for so many clients."""
        self._clients = clients
        self._rounds = rounds
        self._sends: list[Any] = []
        self._over = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One client, to its end."""
        if scope["type"] != "websocket":
            return
        await receive()
        await send({"type": "websocket.accept"})
        await receive()
        self._sends.append(send)
        if len(self._sends) == self._clients:
            await self._fan_out()
            self._over.set()
        await self._over.wait()
        while (await receive())["type"] == "websocket.receive":
            pass

    async def _fan_out(self) -> None:
        quote = {"T": "q", "bp": 1.25, "ap": 1.27, "bs": 10, "as": 12, "c": "A", "ax": "C", "bx": "C"}
        told = [quote | {"S": one.symbol, "t": msgpack.Timestamp(1_795_186_807, 0)} for one in chain()]
        for _ in range(self._rounds):
            message = {"type": "websocket.send", "bytes": msgpack.packb(told)}
            for send in self._sends:
                await send(message)


def chain() -> list[OptionContract]:
    """The contracts whose quotes are streamed."""
    strikes = range(583, 583 + CONTRACTS // 2)
    return [OptionContract("SPY", DAY, right, Decimal(strike)) for right in Right for strike in strikes]


def simulation(folder: Path) -> Simulation:
    """A simulation whose time moves by steps."""
    start = f"{DAY}T10:00"
    wanted = Wanted(directory=folder, seed=1, speed=0, start=start, always_open=False)
    options = Options(
        port=0,
        seed=1,
        speed=0,
        start=start,
        keys=None,
        always_open=False,
        state=folder,
        requests_a_minute=0,
        faults=(),
    )
    return simulation_of(broker_world(wanted, DAY), options)


async def serve_simulator(listening: socket.socket, clients: int, rounds: int) -> None:
    """The simulated broker; a round is a second of its market, as soon as everybody was sent the one before."""
    with tempfile.TemporaryDirectory() as folder:
        world = simulation(Path(folder))
        async with serving(world, listening) as time:
            known = world.data.subscribers
            while len(known) < clients or not all(one.wanted["quotes"] for one in known):
                await asyncio.sleep(_LOOKS_EVERY_S)
            for _ in range(rounds):
                world.clock.step(1)
                world.data.publish(world)
                while any(one.client.waiting for one in known):
                    await asyncio.sleep(0)
            await time


async def serve_bare(listening: socket.socket, clients: int, rounds: int) -> None:
    """The floor, with the same WebSocket implementation and settings."""
    config = uvicorn.Config(
        BareFanOut(clients, rounds),
        ws=StreamConnection,
        ws_max_size=LONGEST_FRAME,
        ws_per_message_deflate=False,
        lifespan="off",
        log_level="critical",
    )
    await uvicorn.Server(config).serve(sockets=[listening])


if __name__ == "__main__":
    kind, *numbers = sys.argv[1:]
    port, clients, rounds = (int(number) for number in numbers)
    with socket.create_server(("127.0.0.1", port)) as taken:
        taken.setblocking(False)
        asyncio.run((serve_simulator if kind == "simulator" else serve_bare)(taken, clients, rounds))
