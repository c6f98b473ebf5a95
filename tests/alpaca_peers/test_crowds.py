"""Thousands of connections at once to a real `tradecore sim`: it goes on answering, and its memory stays bounded."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path

import pytest
import requests
from websockets.asyncio.client import connect

_IDLE = 2_000
_STREAMS = 1_000
_MOST_MEGABYTES = 150
_KEYS = {"APCA-API-KEY-ID": "k", "APCA-API-SECRET-KEY": "s"}
_BUY = {"symbol": "SPY", "side": "buy", "qty": "1", "type": "market", "time_in_force": "day"}

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")


@contextmanager
def running(home: Path) -> Iterator[tuple[int, int]]:
    """A broker in a process of its own: its process id and port."""
    command = [sys.executable, "-m", "entrypoints.cli", "sim", "--port=0", "--always-open", "--rate-limit=0"]
    environment = {"PATH": os.environ["PATH"], "TRADECORE_HOME": str(home)}
    process = subprocess.Popen(
        [*command, f"--state={home / 'sim'}"], env=environment, stderr=subprocess.PIPE, text=True, cwd=home
    )
    assert process.stderr is not None
    try:
        found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stderr.readline())
        assert found
        yield process.pid, int(found[1])
        process.terminate()
        said = process.stderr.read()
        assert (process.wait(30), said) == (0, "")
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def megabytes(process: int) -> float:
    """What a process holds in memory."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    assert found
    return int(found[1]) / 1024


def buy(port: int) -> None:
    """One order is taken in."""
    reply = requests.post(f"http://127.0.0.1:{port}/v2/orders", json=_BUY, headers=_KEYS, timeout=20)
    assert reply.status_code == 200, reply.text


def test_thousands_of_idle_connections_hurt_nobody(tmp_path: Path) -> None:
    async def crowd(process: int, port: int) -> None:
        before = megabytes(process)
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(_IDLE)]
        await asyncio.to_thread(buy, port)
        assert megabytes(process) - before < _MOST_MEGABYTES
        # Within their deadline all of them are gone.
        async with asyncio.timeout(60):
            for reader, writer in idle:
                with suppress(ConnectionError):
                    assert await reader.read() == b""
                writer.close()
        await asyncio.to_thread(buy, port)

    with running(tmp_path) as (process, port):
        asyncio.run(crowd(process, port))


def test_a_thousand_streams_that_never_read_hurt_nobody(tmp_path: Path) -> None:
    async def crowd(process: int, port: int) -> None:
        before = megabytes(process)
        async with AsyncExitStack() as opened:
            for number in range(_STREAMS):
                client = await opened.enter_async_context(
                    connect(f"ws://127.0.0.1:{port}/stream", proxy=None, close_timeout=0.1, max_queue=4)
                )
                await client.send(json.dumps({"action": "auth", "key": f"k{number % 200}", "secret": "s"}))
                await client.send(json.dumps({"action": "listen", "data": {"streams": ["trade_updates"]}}))
            for _ in range(20):
                await asyncio.to_thread(buy, port)
            assert megabytes(process) - before < _MOST_MEGABYTES

    with running(tmp_path) as (process, port):
        asyncio.run(crowd(process, port))
