"""Running the simulated broker on an address until somebody ends it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from entrypoints.simulated_broker.app import SimulatedBroker, keep_time
from entrypoints.simulated_broker.connections import HttpConnection, StreamConnection
from entrypoints.simulated_broker.simulation import Simulation

LONGEST_FRAME = 1_048_576
_STARTED_LOOKS_EVERY_S = 0.01


class _Server(uvicorn.Server):
    """A server that leaves the signals to the program it runs in."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none over."""
        yield


@asynccontextmanager
async def serving(simulation: Simulation, listening: socket.socket) -> AsyncIterator[asyncio.Task[None]]:
    """Serve while the body runs; the task that is given ends only when the simulation can't go on."""
    server = _Server(
        uvicorn.Config(
            SimulatedBroker(simulation),
            http=HttpConnection,
            ws=StreamConnection,
            ws_max_size=LONGEST_FRAME,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
    )
    running = asyncio.create_task(server.serve(sockets=[listening]))
    time = asyncio.create_task(keep_time(simulation))
    try:
        while not server.started and not running.done():
            await asyncio.sleep(_STARTED_LOOKS_EVERY_S)
        yield time
    finally:
        simulation.disconnect_streams()
        time.cancel()
        await asyncio.gather(time, return_exceptions=True)
        server.should_exit = True
        await running
        if simulation.is_dirty and simulation.broken is None:
            await simulation.durable()
        simulation.close()
