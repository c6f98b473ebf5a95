"""Feed, workers and readers as processes over a real server: killed, restarted, gone, and nothing lost."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from mcp import Client, StdioServerParameters
from redis import Redis
from tests.e2e.programs import tradecore
from tests.redis_server import RedisServer, redis_server
from tests.unit.entrypoints.standing.processes import environment

from adapters.redis.market_bus import EVENTS, GROUP, OWNER, REPORT

LEASE_S = 5.0
PAIRS = ("BTCUSDT", "ETHUSDT")


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with redis_server() as running:
        yield running


def settings(home: Path, server: RedisServer) -> dict[str, str]:
    return environment(home, REDIS_URL=server.url, CRYPTO_FEED="simulated", TRADECORE_TOOLSETS="desk,crypto")


@contextmanager
def role(name: str, home: Path, server: RedisServer) -> Iterator["subprocess.Popen[bytes]"]:
    """A process of this role, once it stands; killed at the end if it still runs."""
    command = [tradecore(), "serve", "--role", name, "--no-http"]
    with subprocess.Popen(command, env=settings(home, server), stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert b"stands" in process.stderr.readline()
        try:
            yield process
        finally:
            process.kill()


def until(seconds: float, what: Callable[[], Any]) -> Any:
    """What becomes true within so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)
    return found


def report(server: RedisServer, symbol: str) -> dict[str, Any] | None:
    with Redis.from_url(server.url) as client:
        held: Any = client.get(REPORT + symbol)
    return None if held is None else dict(orjson.loads(held))


def owner(server: RedisServer, symbol: str) -> bytes | None:
    with Redis.from_url(server.url) as client:
        held: Any = client.get(OWNER + symbol)
    return None if held is None else bytes(held)


def is_new(server: RedisServer, since: str) -> bool:
    found = [report(server, symbol) for symbol in PAIRS]
    return all(one is not None and one["generated_at"] > since and one["fresh"] for one in found)


def published(server: RedisServer, symbol: str) -> tuple[float, int]:
    """Volume traded in the stream, each trade once, and the time of the newest event."""
    with Redis.from_url(server.url) as client:
        entries: Any = client.xrange(EVENTS + symbol)
    messages = [message for _, fields in entries for message in orjson.loads(fields[b"events"])]
    trades = {m["payload"]["trade_id"]: float(m["payload"]["quantity"]) for m in messages if m["type"] == "trade_tick"}
    return sum(trades.values()), max(message["ts_event"] for message in messages)


def test_a_killed_worker_s_pairs_are_fresh_again_within_the_lease_and_nothing_is_lost(
    tmp_path: Path, server: RedisServer
) -> None:
    with (
        role("crypto-analytics", tmp_path, server) as one,
        role("crypto-feed", tmp_path, server) as feed,
        role("crypto-analytics", tmp_path, server) as two,
    ):
        until(20, lambda: is_new(server, ""))
        before = owner(server, PAIRS[0])
        assert before is not None
        time.sleep(3)
        dying, living = (one, two) if before.endswith(f"-{one.pid}".encode()) else (two, one)
        os.kill(dying.pid, signal.SIGKILL)
        dying.wait()
        last = max((report(server, symbol) or {})["generated_at"] for symbol in PAIRS)
        until(LEASE_S + 2, lambda: is_new(server, last))
        assert all((owner(server, symbol) or b"").endswith(f"-{living.pid}".encode()) for symbol in PAIRS)
        time.sleep(2)
        feed.terminate()
        assert feed.wait(timeout=20) == 0
        for symbol in PAIRS:
            volume, newest = published(server, symbol)

            def has_all(symbol: str = symbol, volume: float = volume) -> bool:
                profile = (report(server, symbol) or {})["liquidity"]["profile"]
                return profile is not None and abs(profile["volume"] - volume) < 1e-6

            until(5, has_all)
            assert (report(server, symbol) or {})["ingestion"]["gaps"] == 0
            with Redis.from_url(server.url) as client:
                pending: Any = client.xpending(EVENTS + symbol, GROUP)
            assert pending["pending"] == 0
            assert newest > 0
        living.terminate()
        assert living.wait(timeout=20) == 0
        assert owner(server, PAIRS[0]) is None, "a worker that ends in order gives its streams up"


@asynccontextmanager
async def reader(home: Path, server: RedisServer) -> AsyncIterator[Client]:
    """An MCP client of `tradecore mcp` that reads the reports in Redis."""
    parameters = StdioServerParameters(command=tradecore(), args=["mcp"], env=settings(home, server))
    async with Client(parameters) as client:
        yield client


async def asked(client: Client, **arguments: Any) -> dict[str, Any]:
    return dict((await client.call_tool("get_report", arguments)).structured_content or {})


async def within(seconds: float, client: Client, what: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while True:
        found = await asked(client, symbol="BTC")
        if what(found):
            return found
        assert time.monotonic() < deadline, f"not within {seconds} s: {found}"
        await asyncio.sleep(0.05)


def is_fresh(found: dict[str, Any]) -> bool:
    return bool(found.get("fresh"))


def code(found: dict[str, Any]) -> Any:
    return found.get("error", {}).get("code")


def test_a_model_sees_a_stopped_feed_a_restarted_server_and_one_that_is_gone(
    tmp_path: Path, server: RedisServer
) -> None:
    async def story() -> None:
        async with reader(tmp_path, server) as client:
            assert code(await asked(client, symbol="BTC")) == "symbol_not_indexed"
            with role("crypto-analytics", tmp_path, server):
                with role("crypto-feed", tmp_path, server) as feed:
                    assert (await within(20, client, is_fresh))["ingestion"]["status"] == "ok"
                    await asyncio.to_thread(until, 10, lambda: is_new(server, ""))
                    assert (await asked(client, symbol="DOGE"))["error"]["details"]["indexed"] == list(PAIRS)
                    server.stop()
                    assert code(await asked(client, symbol="BTC")) == "backend_unavailable"
                    server.restart()
                    await within(LEASE_S + 5, client, is_fresh)
                    feed.terminate()
                    feed.wait(timeout=20)
                stale = await within(2, client, lambda found: not is_fresh(found))
                assert stale["ingestion"]["status"] in ("degraded", "down")
                await asyncio.sleep(0.5)
                later = await asked(client, symbol="BTC")
                assert later["data_age_ms"] > stale["data_age_ms"]
                assert (later["fresh"], later["ingestion"]["fresh"]) == (False, False)

    asyncio.run(story())
