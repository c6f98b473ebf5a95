"""From a broker event at the desk to three clients at once: one over stdio, two over HTTP, of both eras."""

import asyncio
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from bisect import bisect_left
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from benchmarks.peer_process import ROOT, Peers
from benchmarks.push_desk import ACCOUNT, KEY
from benchmarks.timing import Compared, Goal, Pace, Row, yardstick

_STAMP = re.compile(r"push-(\d+)")
_GOAL = Goal(figure=50)
_LAST_ARRIVE_S = 20.0
_CALLS = 30
_URI = "desk://risk"


@dataclass(slots=True)
class _Follower:
    """A client: when it was told of which event, and when it heard that something changed (nanoseconds)."""

    name: str
    client: Client
    told: list[tuple[int, int]] = field(default_factory=list)
    heard: list[int] = field(default_factory=list)

    async def follow(self, cursor: str) -> None:
        while True:
            result = await self.client.call_tool("wait_for_updates", {"cursor": cursor, "wait_s": 10})
            now, found = time.monotonic_ns(), dict(result.structured_content or {})
            cursor = found["cursor"]
            stamps = (_STAMP.search(update["text"]) for update in found["updates"])
            self.told += [(int(stamp[1]), now) for stamp in stamps if stamp is not None]

    async def listen(self) -> None:
        async with self.client.listen(resource_subscriptions=[_URI]) as news:
            async for _ in news:
                self.heard.append(time.monotonic_ns())

    async def call_ms(self) -> float:
        """Median milliseconds of a tool call while nothing happens."""
        samples = []
        for _ in range(_CALLS):
            began = time.monotonic_ns()
            await self.client.call_tool("wait_for_updates", {"wait_s": 0})
            samples.append((time.monotonic_ns() - began) / 1e6)
        return statistics.median(samples)

    def updates_ms(self) -> list[float]:
        return sorted((now - stamp) / 1e6 for stamp, now in self.told)

    def notifications_ms(self) -> list[float]:
        """From each event to the first word of a change after it."""
        found = []
        for stamp, _ in self.told:
            place = bisect_left(self.heard, stamp)
            if place < len(self.heard):
                found.append((self.heard[place] - stamp) / 1e6)
        return sorted(found)


def push_to_three_clients(pace: Pace, _: Peers) -> list[Row]:
    """Updates by `wait_for_updates` and notifications, each client's median and 99th percentile."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return asyncio.run(_measured(Path(folder), pace.calls(400)))


async def _measured(home: Path, count: int) -> list[Row]:
    quiet = yardstick()
    async with AsyncExitStack() as opened:
        url, desk = await opened.enter_async_context(_desk(home))
        followers = await _followers(opened, home, url)
        calls = [await one.call_ms() for one in followers]
        found = await followers[1].client.call_tool("wait_for_updates", {"wait_s": 0})
        cursor = dict(found.structured_content or {})["cursor"]
        works = [asyncio.create_task(one.follow(cursor)) for one in followers]
        works += [asyncio.create_task(one.listen()) for one in followers[:2]]
        # The streams are acknowledged before the first event leaves.
        await asyncio.sleep(1)
        await _make_events(desk, count, followers)
        for work in works:
            work.cancel()
        await asyncio.gather(*works, return_exceptions=True)
    rows = []
    for one, call in zip(followers, calls, strict=True):
        beside = Compared(f"a tool call of {one.name}", call)
        for what, samples in (("update", one.updates_ms()), ("notification", one.notifications_ms())):
            for name, figure in (("p50", _quantile(samples, 0.5)), ("p99", _quantile(samples, 0.99))):
                rows.append(Row(f"broker event to {what} at {one.name}, {name}", figure, beside, _GOAL, "ms", quiet))
    return rows


async def _make_events(desk: asyncio.subprocess.Process, count: int, followers: Sequence[_Follower]) -> None:
    if desk.stdin is None:
        raise RuntimeError("the desk reads what it is asked for")
    desk.stdin.write(f"{count}\n".encode())
    await desk.stdin.drain()
    async with asyncio.timeout(count * 0.2 + _LAST_ARRIVE_S):
        while any(len(one.told) < count for one in followers):
            await asyncio.sleep(0.05)


async def _followers(opened: AsyncExitStack, home: Path, url: str) -> list[_Follower]:
    heard: list[int] = []

    async def note(message: Any) -> None:
        params = getattr(getattr(message, "root", message), "params", None)
        if hasattr(params, "uri"):
            heard.append(time.monotonic_ns())

    async def over_http(era: str, **more: Any) -> Client:
        with_key = httpx2.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}, timeout=60)
        http = await opened.enter_async_context(with_key)
        transport = streamable_http_client(url, http_client=http)
        return await opened.enter_async_context(Client(transport, mode=era, **more))

    arguments = ["-m", "entrypoints.cli", "mcp", "--account", ACCOUNT]
    thin = StdioServerParameters(command=sys.executable, args=arguments, env=_environment(home), cwd=ROOT)
    stdio = await opened.enter_async_context(Client(thin, mode="auto"))
    new, old = await over_http("auto"), await over_http("legacy", message_handler=note)
    await old.subscribe_resource(_URI)
    return [
        _Follower("the thin stdio client", stdio),
        _Follower("an HTTP client, 2026", new),
        _Follower("an HTTP client, 2025", old, heard=heard),
    ]


@asynccontextmanager
async def _desk(home: Path) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.push_desk",
        str(home),
        cwd=ROOT,
        env=_environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    if process.stdout is None:
        raise RuntimeError("the desk tells its address")
    try:
        url = (await process.stdout.readline()).decode().strip()
        if not url:
            raise RuntimeError("the desk did not start")
        yield url, process
    finally:
        # What it reads ends, and so does it, in order.
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("TRADECORE_")}
    return kept | {"TRADECORE_HOME": str(home), "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}


def _quantile(samples: Sequence[float], share: float) -> float:
    return samples[min(int(len(samples) * share), len(samples) - 1)] if samples else float("inf")
