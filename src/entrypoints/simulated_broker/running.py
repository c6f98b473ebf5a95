"""From the options of the command line to a broker that stands."""

import asyncio
import errno
import signal
import socket
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import typer

from entrypoints.settings import SettingsError
from entrypoints.simulated_broker.connections import allow_many_files
from entrypoints.simulated_broker.faults import NAMES, Faults
from entrypoints.simulated_broker.serving import serving
from entrypoints.simulated_broker.simulation import Simulation
from entrypoints.wiring.recording import Recording
from entrypoints.wiring.simulated_broker import BrokerWorld, Wanted, broker_world
from tradecore.errors import JournalUnavailable, Unavailable

HOST = "127.0.0.1"
_BACKLOG = 2_048


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the owner asked for; `faults` are NAME=COUNT."""

    port: int
    seed: int | None
    speed: float
    start: str | None
    keys: tuple[str, str] | None
    always_open: bool
    state: Path
    requests_a_minute: int
    faults: tuple[str, ...]
    day: Recording | None = None


async def stand(options: Options, today: date) -> None:
    """
    Serve until Ctrl-C or a signal.

    Raises:
        SettingsError, InvalidRequest, DataMissing, DataMalformed: What is wanted can't be had.
        Unavailable, AccountHeld, JournalError: It can't begin, or its ledger can't be written any more.
    """
    faults = read_faults(options.faults)
    allow_many_files()
    listening = _listen(options.port)
    with listening:
        world = broker_world(_wanted(options), today)
        simulation = simulation_of(world, options)
        simulation.faults.left.update(faults.left)
        simulation.updates.is_mute = faults.is_mute
        ended = asyncio.Event()
        for wanted in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(wanted, ended.set)
        try:
            async with serving(simulation, listening) as time:
                typer.echo(f"tradecore: {_told(options, simulation, listening.getsockname()[1])}", err=True)
                waiting = asyncio.create_task(ended.wait())
                await asyncio.wait((waiting, time), return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                if time.done():
                    await time
        finally:
            world.lease.release()
    if simulation.broken:
        raise JournalUnavailable(simulation.broken)


def simulation_of(world: BrokerWorld, options: Options) -> Simulation:
    """A simulation of a world with these options."""
    return Simulation(
        brokerage=world.brokerage,
        clock=world.clock,
        ledger=world.ledger,
        seconds=world.seconds,
        keys=options.keys,
        requests_a_minute=options.requests_a_minute,
        name=options.state.name,
    )


def read_faults(given: tuple[str, ...]) -> Faults:
    """
    Faults written as NAME=COUNT.

    Raises:
        SettingsError: One is not written so, or has no such name.
    """
    faults = Faults()
    for one in given:
        name, _, count = one.partition("=")
        if name not in NAMES or not count.isdecimal() or len(count) > 6:
            raise SettingsError(f"--fault {one}: write NAME=COUNT; there are {', '.join(NAMES)}")
        faults.left[name] = int(count)
    return faults


def _wanted(options: Options) -> Wanted:
    return Wanted(
        directory=options.state,
        seed=options.seed,
        speed=options.speed,
        start=options.start,
        always_open=options.always_open,
        day=options.day,
    )


def _told(options: Options, simulation: Simulation, port: int) -> str:
    clock = simulation.now().isoformat(timespec="seconds")
    return f"simulated broker at http://{HOST}:{port}, {simulation.brokerage.listings.told}, {clock}, {options.state}"


def _listen(port: int) -> socket.socket:
    try:
        listening = socket.create_server((HOST, port), backlog=_BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Unavailable(f"another program listens on {HOST}:{port}; name another with --port") from error
        raise SettingsError(f"--port {port}: can't listen there: {error.strerror}") from error
    listening.setblocking(False)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
