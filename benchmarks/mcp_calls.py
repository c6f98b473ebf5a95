"""
What one MCP tool call costs: over stdio, over HTTP on loopback, and in memory.

`call_times` measures any server: a command line, a URL, or a server object; beside ours stands a bare echo server of
the same SDK.
"""

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.server import MCPServer

from benchmarks.peer_process import Peers
from benchmarks.timing import NO_GOAL, Against, Goal, Pace, Round, Row, compare

ROOT = Path(__file__).parent.parent
Target = StdioServerParameters | str | MCPServer


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One tool of one server, with the arguments it is called with."""

    name: str
    target: Target
    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


_ECHOED = {"number": 7}

_OURS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("get_account_info", {}),
    ("get_positions", {}),
    ("risk_check", {}),
    ("orb_long_call", {"contracts": 1}),
)


@dataclass(frozen=True, slots=True)
class CallTimes:
    """Microseconds a call takes, the connection open."""

    p50: float
    p95: float


async def call_times(call: ToolCall, calls: int, warm: int = 5) -> CallTimes:
    """
    Connect, call the tool, and time each call.

    Raises:
        RuntimeError: The tool answered with an error.
    """
    samples = []
    async with Client(call.target) as client:
        for number in range(warm + calls):
            began = time.perf_counter_ns()
            result = await client.call_tool(call.tool, dict(call.arguments))
            took = time.perf_counter_ns() - began
            if result.is_error:
                raise RuntimeError(f"{call.name}: {call.tool} answered with an error")
            if number >= warm:
                samples.append(took / 1000)
    return CallTimes(p50=statistics.median(samples), p95=sorted(samples)[int(len(samples) * 0.95)])


def an_echo_server() -> MCPServer:
    """A server with one tool that gives back what it was given."""
    server = MCPServer("echo", version="1", log_level="ERROR")

    @server.tool()
    async def echo(number: int) -> dict[str, int]:
        """Give the number back."""
        return {"number": number}

    return server


def tool_calls(pace: Pace, _: Peers) -> list[Row]:
    """The echo over stdio and over HTTP beside the echo in memory, and our own tools beside the echo over stdio."""
    calls = pace.calls(200)
    stdio = ToolCall("echo over stdio", _echo_command("stdio"), "echo", _ECHOED)
    memory = ToolCall("echo in memory", an_echo_server(), "echo", _ECHOED)
    with echo_over_http() as url:
        http = ToolCall("echo over HTTP", url, "echo", _ECHOED)
        rows = [*_beside(stdio, memory, calls, pace), *_beside(http, memory, calls, pace)]
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"TRADECORE_HOME": home}
        desk = StdioServerParameters(command=sys.executable, args=["-m", "entrypoints.cli", "mcp"], env=environment)
        for tool, arguments in _OURS:
            # A preview is no echo: it prices a chain, passes the gate and is recorded. The goal is for what only looks.
            goal = NO_GOAL if arguments else Goal(ratio=1.3)
            rows += _beside(ToolCall(f"{tool} over stdio", desk, tool, arguments), stdio, calls, pace, goal)
    return rows


def _beside(call: ToolCall, floor: ToolCall, calls: int, pace: Pace, goal: Goal = NO_GOAL) -> list[Row]:
    against = Against(_title(floor), _rounds(floor, calls), goal)
    return compare(_title(call), _rounds(call, calls), against, pace=pace)


def _rounds(call: ToolCall, calls: int) -> Round:
    return lambda: asyncio.run(call_times(call, calls)).p50


def _title(call: ToolCall) -> str:
    return f"MCP tool call, {call.name}"


def _echo_command(*arguments: str) -> StdioServerParameters:
    return StdioServerParameters(command=sys.executable, args=["-m", "benchmarks.mcp_calls", *arguments], cwd=ROOT)


@contextmanager
def echo_over_http() -> Iterator[str]:
    """The echo server of the SDK as a process; its URL."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.mcp_calls", "http", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the echo server did not start")


if __name__ == "__main__":
    if sys.argv[1] == "stdio":
        an_echo_server().run("stdio")
    else:
        an_echo_server().run("streamable-http", host="127.0.0.1", port=int(sys.argv[2]))
