"""Over the wire: a stop's exit to the simulated broker, and previews and confirmations of a desk that trades there."""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final
from urllib.request import Request, urlopen

import httpx2
import orjson
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from adapters.alpaca.addresses import on_this_machine
from adapters.alpaca.broker import AlpacaBroker
from adapters.alpaca.calls import Calls, Lane
from adapters.alpaca.http import Timeouts
from adapters.memory.journal import MemoryJournal
from adapters.simulated.seeded_ids import SeededIds
from adapters.system.time import SystemClock, machine_seconds
from benchmarks.desk_scene import CALL, FEES
from benchmarks.floor_scene import FloorScene, NotingBroker
from benchmarks.peer_process import Peers
from benchmarks.simulated_broker_rows import free_ports, running
from benchmarks.timing import Against, Compared, Goal, Pace, Row, compare, yardstick
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.instruments import Price
from tradecore.model.terms import Effect, Leg, Limit, Side
from tradecore.testing.orders import a_confirmed_order

_MANY: Final = {Lane.ENTRY: 10**6, Lane.READ: 10**6, Lane.DATA: 10**6}
_KEY: Final = "bench" * 8
_DEAREST: Final = Decimal("0.06")
_BOUGHT: Final = 3
_SAMPLES_OF_AGE: Final = 40
_STARTS_WITHIN_S: Final = 30
_SIM: Final = (sys.executable, "-m", "entrypoints.cli", "sim", "--rate-limit=0", "--start=2026-11-20T10:00")


class WireBroker(NotingBroker):
    """Sends exits to the simulated broker, and notes when it had answered; entries go nowhere."""

    wire: AlpacaBroker
    sent = 0

    async def submit(self, order: ConfirmedOrder) -> None:
        """Note it; send an exit."""
        await super().submit(order)
        if order.effect is Effect.CLOSE:
            await self.wire.submit(order)
            self.submitted_ns = time.perf_counter_ns()


def tick_to_exit_over_the_wire(pace: Pace, _: Peers) -> list[Row]:
    """From the market step that confirms a passed stop to the simulated broker's answer, beside the request alone."""
    calls = pace.calls(40)
    with tempfile.TemporaryDirectory() as folder, free_ports() as (port, _spare):
        program = [*_SIM, f"--port={port}", f"--state={folder}"]
        with running(program, port):
            url = f"http://127.0.0.1:{port}"
            _buy(url, contracts=2 * 2 * pace.rounds * calls + 10)
            rows = []
            for title, share in (("p50", 0.5), ("p99", 0.99)):
                rows += compare(
                    f"tick to exit over HTTP to the simulated broker, answered, {title}",
                    lambda share=share: asyncio.run(_exits(url, calls, share, alone=False)),  # type: ignore[misc]
                    Against(
                        f"the same order sent by the Alpaca adapter alone, {title}",
                        lambda share=share: asyncio.run(_exits(url, calls, share, alone=True)),  # type: ignore[misc]
                        Goal(figure=500_000),
                    ),
                    pace=pace,
                )
            return rows


async def _exits(url: str, calls: int, share: float, *, alone: bool) -> float:
    clock = SystemClock()
    lanes = Calls(
        key="bench",
        secret="s",
        addresses=on_this_machine(url),
        seconds=machine_seconds,
        unix_seconds=time.time,
        timeouts=Timeouts(connect=3, read=10),
        per_minute=_MANY,
    )
    wire = AlpacaBroker(lanes, fees=FEES, clock=clock)
    samples = []
    try:
        for _ in range(calls + 1):
            scene = FloorScene(MemoryJournal())
            broker = WireBroker(scene.clock)
            broker.wire, scene.broker, scene.floor.broker = wire, broker, broker
            # An id is taken once, for ever.
            scene.floor.ids = SeededIds(f"bench {time.time_ns()}")
            await scene.hold_one_call()
            if alone:
                order = _an_exit()
                began = time.perf_counter_ns()
                await wire.submit(order)
                samples.append(time.perf_counter_ns() - began)
            else:
                samples.append(await scene.stop_out())
            await scene.close()
    finally:
        lanes.close()
    # The first one opens the connection.
    return _at(share, samples[1:]) / 1000


def _an_exit() -> ConfirmedOrder:
    terms = Limit(Price(Decimal("0.20")))
    name, quantity = f"alone-{time.time_ns()}", Decimal(1)
    return a_confirmed_order(name, Leg(CALL, Side.SELL), quantity=quantity, terms=terms, effect=Effect.CLOSE)


def _buy(url: str, contracts: int) -> None:
    """Own so many of the scene's calls at the simulated broker."""
    body = {"symbol": CALL.symbol, "qty": str(contracts), "side": "buy", "type": "market", "time_in_force": "day"}
    keys = {"APCA-API-KEY-ID": "bench", "APCA-API-SECRET-KEY": "s"}
    held, until = 0, time.monotonic() + 2 * _STARTS_WITHIN_S
    urlopen(Request(f"{url}/v2/orders", orjson.dumps(body), keys), timeout=5).close()
    while held < contracts and time.monotonic() < until:
        time.sleep(0.5)
        with urlopen(Request(f"{url}/v2/positions", headers=keys), timeout=5) as answer:
            held = sum(int(one["qty"]) for one in orjson.loads(answer.read()))
    if held < contracts:
        raise RuntimeError(f"bought {held} of {contracts}")


def desk_over_the_wire(_: Pace, __: Peers) -> list[Row]:
    """
    Preview and confirmation of a closing over MCP, to the fill at the simulated broker; the age of the chain.

    Three closings each way: with the shipped limits two positions that cost their spread are a pause of the day.
    """
    with tempfile.TemporaryDirectory() as folder, free_ports() as (sim, http):
        home = {
            "TRADECORE_HOME": f"{folder}/home",
            "TRADECORE_SIM_URL": f"http://127.0.0.1:{sim}",
            "TRADECORE_HTTP_KEYS": _KEY,
            "TRADECORE_HTTP_REQUESTS_PER_MINUTE": "100000",
            "SERVER_PORT": str(http),
        }
        program = [sys.executable, "-m", "entrypoints.cli", "serve", "--account=bench"]
        with running([*_SIM, f"--port={sim}", f"--state={folder}/sim"], sim), _set(home), running(program, http):
            return asyncio.run(_desk_rows(f"http://127.0.0.1:{http}/mcp"))


async def _desk_rows(url: str) -> list[Row]:
    rows = []
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {_KEY}"}) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        rows += await _closings(client, "HTTP", "call")
        rows.append(await _chain_age(client))
    program = [sys.executable, "-m", "entrypoints.cli", "mcp", "--account=bench"]
    attached = StdioServerParameters(command=program[0], args=program[1:], env=dict(os.environ))
    async with Client(attached) as client:
        return rows + await _closings(client, "stdio", "put")


async def _closings(client: Client, way: str, right: str) -> list[Row]:
    group = await _hold(client, right)
    looked, previewed, confirmed = [], [], []
    for _ in range(_BOUGHT):
        looked.append((await _called(client, "get_account_info"))[0])
        took, shown = await _called(client, "close_position", symbol=group, quantity=1)
        previewed.append(took)
        took, done = await _called(client, "confirm_order", confirm_token=shown["confirm_token"])
        if done["state"] != "FILLED":
            raise RuntimeError(f"an exit is {done['state']}")
        confirmed.append(took)
    looks = Compared(f"get_account_info over MCP {way}, p50", _at(0.5, looked))
    quiet = yardstick()
    named = (
        (f"preview of a closing over MCP {way}", previewed, 200_000),
        (f"its confirmation to the fill over MCP {way}", confirmed, 500_000),
    )
    return [
        Row(f"{job}, {title}", _at(share, samples), looks, Goal(figure=goal), yardstick_ns=quiet)
        for job, samples, goal in named
        for title, share in (("p50", 0.5), ("slowest", 1.0))
    ]


async def _hold(client: Client, right: str) -> str:
    """Buy options for cents at the touch; their group."""
    until, why = time.monotonic() + 2 * _STARTS_WITHIN_S, ""
    while time.monotonic() < until:
        _, chain = await _called(client, "get_option_chain", right=right, delta_from=0.002, delta_to=0.05)
        cheap = [row for row in chain["rows"] if row[3] is not None and Decimal(row[3]) <= _DEAREST]
        for row in cheap:
            legs = [{"symbol": row[0], "side": "buy"}]
            wish = {"legs": legs, "quantity": _BOUGHT, "limit_price": float(row[3])}
            result = await client.call_tool("place_option_order", wish)
            if result.is_error or result.structured_content is None:
                why = str(result.structured_content)[:300]
                continue
            token = result.structured_content["confirm_token"]
            _, done = await _called(client, "confirm_order", confirm_token=token)
            if done["state"] == "FILLED":
                return str(done["groups"][0])
            await client.call_tool("cancel_all_orders", {})
        await asyncio.sleep(1)
    raise RuntimeError(f"nothing could be bought: {why}")


async def _chain_age(client: Client) -> Row:
    ages = []
    for _ in range(_SAMPLES_OF_AGE):
        _, chain = await _called(client, "get_option_chain")
        ages.append(chain["age_s"] * 1000)
        await asyncio.sleep(0.11)
    compared = Compared("time between two polls", 1000.0)
    return Row(
        "age of the chain a client reads, p95", _at(0.95, ages), compared, Goal(figure=1500.0), "ms", yardstick()
    )


async def _called(client: Client, tool: str, **arguments: Any) -> tuple[float, dict[str, Any]]:
    """Microseconds, and the answer."""
    began = time.perf_counter_ns()
    result = await client.call_tool(tool, arguments)
    took = (time.perf_counter_ns() - began) / 1000
    if result.is_error or result.structured_content is None:
        raise RuntimeError(f"{tool}: {result.structured_content}")
    return took, result.structured_content


def _at(share: float, samples: list[float] | list[int]) -> float:
    if share == 0.5:
        return statistics.median(samples)
    return float(sorted(samples)[min(int(len(samples) * share), len(samples) - 1)])


@contextmanager
def _set(more: Mapping[str, str]) -> Iterator[None]:
    """These in the environment of what is started meanwhile."""
    before = dict(os.environ)
    os.environ.update(more)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
