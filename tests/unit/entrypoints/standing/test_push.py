"""Fills, positions and the day's result reach three real clients of one real desk, also beside one that never reads."""

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from tests.unit.entrypoints.standing.processes import PROGRAM, end, environment, stdio_client

from entrypoints.standing.door import enter
from entrypoints.standing.lines import write_message

KEY = "key-of-the-push-tests-0123456789-0123456789"
_ADDRESS = re.compile(r"(http://\S+/mcp) with the key")
_PATIENCE_S = 40.0
_TRIES = 25


@dataclass(slots=True)
class Follower:
    """A client that follows the desk: every update it was told of, and every resource it heard of."""

    name: str
    client: Client
    updates: list[dict[str, Any]] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    lost: int = 0

    async def follow(self, cursor: str) -> None:
        while True:
            result = await self.client.call_tool("wait_for_updates", {"cursor": cursor, "wait_s": 10})
            assert not result.is_error, result.structured_content
            found = dict(result.structured_content or {})
            cursor = found["cursor"]
            self.lost += found["lost"]
            self.updates += found["updates"]

    async def listen(self) -> None:
        async with self.client.listen(resource_subscriptions=["desk://positions"]) as news:
            async for event in news:
                self.heard.append(str(getattr(event, "uri", "")))

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.updates if one["kind"] == kind]


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.structured_content
    return dict(result.structured_content or {})


async def until(condition: Callable[[], bool], what: str) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.02)
    assert condition(), what


async def bought(client: Client) -> str:
    """The label of a group whose entry filled."""
    for _ in range(_TRIES):
        shown = await client.call_tool("orb_long_call", {"contracts": 1})
        if not shown.is_error:
            token = dict(shown.structured_content or {})["confirm_token"]
            done = await client.call_tool("confirm_order", {"confirm_token": token})
            told = dict(done.structured_content or {})
            # A price that moved since is answered with a new preview.
            if told.get("status") == "confirmed" and Decimal(told["filled_quantity"]):
                return str(told["groups"][0])
        await asyncio.sleep(0.5)
    raise AssertionError("never filled")


@asynccontextmanager
async def serving(home: Path) -> AsyncIterator[str]:
    """`tradecore serve` on any free port; the URL of MCP."""
    command = [*PROGRAM, "mcp", "--account", "pushed", "--http", "127.0.0.1:0"]
    given = environment(home, TRADECORE_HTTP_KEYS=KEY, SIM_SPEED="60")
    process = await asyncio.create_subprocess_exec(
        *command, env=given, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    assert process.stderr is not None
    told = ""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while (found := _ADDRESS.search(told)) is None:
                line = await process.stderr.readline()
                assert line, f"it ended: {told}"
                told += line.decode()
        yield found[1]
    finally:
        await asyncio.to_thread(end, home, "pushed")
        await process.communicate()


async def never_reads(home: Path) -> asyncio.StreamWriter:
    """Subscribes to everything, asks for far more than a socket holds, and reads none of it."""
    _, writer = await enter(home / "simulated" / "pushed", "mcp")
    about = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "deaf", "version": "1"}}
    await write_message(writer, {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": about})
    await write_message(writer, {"jsonrpc": "2.0", "method": "notifications/initialized"})
    for number, name in enumerate(("account", "positions", "orders", "risk"), 1):
        params = {"uri": f"desk://{name}"}
        message = {"jsonrpc": "2.0", "id": number, "method": "resources/subscribe", "params": params}
        await write_message(writer, message)
    asks = b"".join(
        json.dumps({"jsonrpc": "2.0", "id": 10 + number, "method": "tools/list"}).encode() + b"\n"
        for number in range(200)
    )
    writer.write(asks)
    return writer


@pytest.mark.filterwarnings("ignore:resources/:mcp.MCPDeprecationWarning")
def test_three_clients_of_both_eras_are_told_everything_beside_one_that_never_reads(tmp_path: Path) -> None:
    async def story() -> None:
        async with AsyncExitStack() as opened:
            url = await opened.enter_async_context(serving(tmp_path))
            deaf = await never_reads(tmp_path)
            opened.callback(deaf.close)
            headers = {"Authorization": f"Bearer {KEY}"}
            heard: list[str] = []

            async def note(message: Any) -> None:
                params = getattr(getattr(message, "root", message), "params", None)
                if params is not None and hasattr(params, "uri"):
                    heard.append(str(params.uri))

            async def over_http(era: str, **more: Any) -> Client:
                with_key = httpx2.AsyncClient(headers=headers, timeout=_PATIENCE_S)
                http = await opened.enter_async_context(with_key)
                return await opened.enter_async_context(
                    Client(streamable_http_client(url, http_client=http), mode=era, **more)
                )

            thin = await opened.enter_async_context(stdio_client(tmp_path, "--account", "pushed"))
            new, old = await over_http("auto"), await over_http("legacy", message_handler=note)
            assert (thin.protocol_version, new.protocol_version) == ("2026-07-28", "2026-07-28")
            assert old.protocol_version == "2025-11-25"
            followers = [Follower("thin", thin), Follower("new", new), Follower("old", old, heard=heard)]
            cursor = (await call(new, "wait_for_updates", wait_s=0))["cursor"]
            await old.subscribe_resource("desk://positions")
            async with asyncio.TaskGroup() as group:
                works = [group.create_task(one.follow(cursor)) for one in followers]
                works += [group.create_task(one.listen()) for one in followers[:2]]
                label = await bought(new)
                await until(lambda: all(len(one.of_kind("position")) >= 1 for one in followers), "positions told")
                await call(new, "kill_switch", flatten=True, reason="drill")
                flat = f"{label}: flat"
                for one in followers:
                    await until(
                        lambda one=one: any(flat in told["text"] for told in one.of_kind("position")),  # type: ignore[misc]
                        f"{one.name} was told that it is flat",
                    )
                    await until(lambda one=one: "desk://positions" in one.heard, f"{one.name} heard")  # type: ignore[misc]
                for work in works:
                    work.cancel()
            missed = await call(new, "wait_for_updates", cursor=cursor, wait_s=0)
            everything = [one["id"] for one in missed["updates"]]
            fills = [one["id"] for one in missed["updates"] if one["kind"] == "fill"]
            assert len(fills) >= 2
            for one in followers:
                told = [update["id"] for update in one.updates]
                assert told == everything[: len(told)], one.name
                assert [update["id"] for update in one.of_kind("fill")] == fills, one.name
                assert one.lost == 0
            positions = [one["text"] for one in missed["updates"] if one["kind"] == "position"]
            assert all("; day P&L " in text for text in positions)

    asyncio.run(story())
