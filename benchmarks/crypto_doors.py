"""Crypto events and reports through Redis and MCP, beside the bare commands of the same server."""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

import httpx2
import orjson
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from redis.asyncio import Redis
from tests.redis_server import RedisServer, redis_server

from adapters.redis.market_bus import EVENTS, GROUP, REPORT, RedisMarketBus
from adapters.simulated.order_flow import OrderFlow
from adapters.system.time import SystemClock
from benchmarks.mcp_calls import echo_over_http
from benchmarks.peer_process import Peers
from benchmarks.timing import NO_GOAL, Against, Goal, Pace, Round, Row, compare
from tradecore.microstructure.envelope import Envelope, envelope, read_envelope
from tradecore.microstructure.market_state import MarketState
from tradecore.microstructure.report import market_report
from tradecore.microstructure.thresholds import Thresholds
from tradecore.usecases.market_reports import get_report

_PAIR: Final = "BTCUSDT"
_EVENTS: Final = 4_000
_READS: Final = 1_000
_CALLS: Final = 100
_KEY: Final = "key-of-the-benchmarks-0123456789-0123456789"
_AT_A_TIME: Final = 500
_SLOWEST: Final = 0.99


def events_through_redis(pace: Pace, _: Peers) -> list[Row]:
    """An event published, read, taken into book and windows and acknowledged, beside the three commands alone."""
    rows: list[Row] = []
    messages = _messages(pace.calls(_EVENTS))
    with redis_server(durable=False) as server:
        for size in (1, 20):
            entries = [messages[first : first + size] for first in range(0, len(messages), size)]
            floor = Against(f"XADD, XREADGROUP and XACK alone, {size} an entry", _round(server, _bare, entries))
            title = f"crypto event published, analysed, acknowledged in Redis, {size} an entry"
            rows += compare(title, _round(server, _whole, entries), floor, pace=pace)
    return rows


def reports_from_redis(pace: Pace, _: Peers) -> list[Row]:
    """A stored report as of now, beside the GET of its key: the median and the slowest of a hundred."""
    rows: list[Row] = []
    calls = pace.calls(_READS)
    with redis_server(durable=False) as server:
        asyncio.run(_keep_a_report(server))
        for title, share in (("p50", 0.5), ("p99", _SLOWEST)):
            job, floor = (_reads(server, read, calls, share) for read in (_report_as_of_now, _get_of_its_key))
            against = Against(f"redis GET of its key, {title}", floor)
            rows += compare(f"crypto report from Redis, {title}", job, against, pace=pace)
    return rows


def reports_over_mcp(pace: Pace, _: Peers) -> list[Row]:
    """get_report over HTTP from Redis with one client and with ten at once, beside an echo of the same SDK."""
    rows: list[Row] = []
    calls = pace.calls(_CALLS)
    with redis_server(durable=False) as server, _desk(server) as url, echo_over_http() as echo:
        asyncio.run(_keep_a_report(server))
        for clients in (1, 10):
            for title, share, goal in (("p50", 0.5, NO_GOAL), ("p99", _SLOWEST, Goal(figure=150_000))):
                job = _calls(url, "get_report", {"symbol": _PAIR}, clients, calls, share)
                floor = _calls(echo, "echo", {"number": 7}, clients, calls, share)
                of = f"{clients} client{'s' if clients > 1 else ''}, {title}"
                against = Against(f"echo over HTTP, {of}", floor, goal)
                rows += compare(f"get_report over MCP, {of}", job, against, pace=pace)
    return rows


def _messages(count: int) -> list[Envelope]:
    steps = OrderFlow(1, 60_000 * 10**8, 1_700_000_000_000).steps()
    events = (event for _, made in steps for event in made)
    return [envelope(event, "SIMULATED", _PAIR) for event in islice(events, count)]


def _round(server: RedisServer, story: Callable[..., Awaitable[float]], entries: Sequence[Sequence[Envelope]]) -> Round:
    async def told() -> float:
        async with Redis.from_url(server.url) as client:
            await client.flushall()
            return await story(client, entries) / sum(map(len, entries)) / 1000

    return lambda: asyncio.run(told())


async def _whole(client: Redis, entries: Sequence[Sequence[Envelope]]) -> float:
    bus, state, count = RedisMarketBus(client), MarketState(Thresholds()), 0
    await bus.own(_PAIR, "bench")
    began = time.perf_counter_ns()
    for messages in entries:
        await bus.publish(_PAIR, messages)
    while count < len(entries):
        found = await bus.read(_PAIR, "bench", 0.1)
        for entry in found:
            for message in entry.messages or ():
                state.take(read_envelope(message, _PAIR))
        state.settle()
        count += len(found)
        report = market_report(state, symbol=_PAIR, venue="SIMULATED", now=state.newest)
        await bus.finish(_PAIR, "bench", report, [entry.entry_id for entry in found])
    return time.perf_counter_ns() - began


async def _bare(client: Redis, entries: Sequence[Sequence[Envelope]]) -> float:
    texts = [orjson.dumps(list(messages)) for messages in entries]
    stream, count = EVENTS + _PAIR, 0
    await client.xgroup_create(stream, GROUP, id="0", mkstream=True)
    began = time.perf_counter_ns()
    for text in texts:
        await client.xadd(stream, {b"events": text})
    while count < len(texts):
        reply: Any = await client.xreadgroup(GROUP, "bench", {stream: ">"}, count=_AT_A_TIME, block=100)
        parts = reply.values() if isinstance(reply, dict) else [entries for _, entries in reply]
        ids = [raw[0] for part in parts for raw in (part[0] if part and isinstance(part[0], list) else part)]
        await client.xack(stream, GROUP, *ids)
        count += len(ids)
    return time.perf_counter_ns() - began


async def _keep_a_report(server: RedisServer) -> None:
    state = MarketState(Thresholds())
    for message in _messages(_EVENTS):
        state.take(read_envelope(message, _PAIR))
    state.flush()
    async with Redis.from_url(server.url) as client:
        bus = RedisMarketBus(client)
        await bus.publish(_PAIR, [])
        await bus.own(_PAIR, "bench")
        await bus.finish(_PAIR, "bench", market_report(state, symbol=_PAIR, venue="SIMULATED", now=state.newest), ())


async def _report_as_of_now(client: Redis) -> object:
    return await get_report(RedisMarketBus(client), SystemClock(), _PAIR, thresholds=Thresholds())


async def _get_of_its_key(client: Redis) -> object:
    return await client.get(REPORT + _PAIR)


def _reads(server: RedisServer, read: Callable[[Redis], Awaitable[object]], calls: int, share: float) -> Round:
    async def told() -> float:
        async with Redis.from_url(server.url) as client:
            await read(client)
            return _at(share, [await _timed(read(client)) for _ in range(calls)])

    return lambda: asyncio.run(told())


def _calls(url: str, tool: str, arguments: dict[str, Any], clients: int, calls: int, share: float) -> Round:
    async def one() -> list[float]:
        headers = {"Authorization": f"Bearer {_KEY}"}
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            await client.call_tool(tool, arguments)
            return [await _timed(client.call_tool(tool, arguments)) for _ in range(max(2, calls // clients))]

    async def told() -> float:
        return _at(share, [took for found in await asyncio.gather(*(one() for _ in range(clients))) for took in found])

    return lambda: asyncio.run(told())


async def _timed(work: Awaitable[object]) -> float:
    began = time.perf_counter_ns()
    await work
    return (time.perf_counter_ns() - began) / 1000


def _at(share: float, samples: list[float]) -> float:
    return statistics.median(samples) if share == 0.5 else sorted(samples)[int(len(samples) * share)]


@contextmanager
def _desk(server: RedisServer) -> Iterator[str]:
    """A desk that reads reports from this server; its URL of MCP."""
    with tempfile.TemporaryDirectory() as home:
        given = {"TRADECORE_HOME": home, "REDIS_URL": server.url, "TRADECORE_TOOLSETS": "crypto"}
        given |= {"TRADECORE_HTTP_KEYS": _KEY, "TRADECORE_HTTP_REQUESTS_PER_MINUTE": "1000000"}
        command = [sys.executable, "-m", "entrypoints.cli", "mcp", "--http", "127.0.0.1:0"]
        with subprocess.Popen(command, env=os.environ | given, stderr=subprocess.PIPE, text=True) as process:
            line = process.stderr.readline() if process.stderr else ""
            try:
                yield next(word for word in line.split() if word.startswith("http"))
            finally:
                process.terminate()
