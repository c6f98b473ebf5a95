"""Real MCP clients of both eras at the HTTP door, each with its key."""

import asyncio
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from mcp import Client
from tests.unit.entrypoints.http_server.running_desk import KEY, OTHER_KEY, Answer, RunningDesk, running_desk

ERAS = ["auto", "legacy"]
JSON = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
OPENING = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}
LISTING = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
SUBSCRIBING = {"jsonrpc": "2.0", "id": 3, "method": "resources/subscribe", "params": {"uri": "desk://orders"}}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    with running_desk(tmp_path_factory.mktemp("home"), http_requests_per_minute=10_000) as up:
        yield up


async def called(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The structured part of a tool's answer."""
    return (await client.call_tool(tool, arguments)).structured_content or {}


@pytest.mark.parametrize("era", ERAS)
def test_a_client_lists_and_calls_tools(desk: RunningDesk, era: str) -> None:
    async def talk() -> tuple[str, list[str], dict[str, Any]]:
        async with desk.client(era) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            return client.protocol_version, names, await called(client, "get_account_info")

    version, names, account = asyncio.run(talk())
    assert version == {"auto": "2026-07-28", "legacy": "2025-11-25"}[era]
    assert names == [tool["name"] for tool in desk.ask("/tools").json["tools"]]
    assert account["desk"]["account"] == "test-1"


@pytest.mark.parametrize("era", ERAS)
def test_one_key_cannot_confirm_what_the_other_previewed(desk: RunningDesk, era: str) -> None:
    async def talk() -> tuple[dict[str, Any], dict[str, Any]]:
        async with desk.client(era) as mine, desk.client(era, OTHER_KEY) as theirs:
            await called(mine, "kill_switch", enable=True, reason="a test")
            token = (await called(mine, "kill_switch", enable=False))["confirm_token"]
            stolen = await called(theirs, "confirm_order", confirm_token=token)
            return stolen, await called(mine, "confirm_order", confirm_token=token)

    stolen, own = asyncio.run(talk())
    assert (stolen["status"], stolen["error"]["code"]) == ("refused", "TOKEN_UNKNOWN")
    assert own["status"] not in ("refused", "preview")
    assert own["desk"]["state"] == "ACTIVE"


@pytest.mark.parametrize("era", ERAS)
def test_the_journal_knows_callers_by_a_part_of_their_keys_hash(desk: RunningDesk, era: str) -> None:
    async def talk() -> None:
        async with desk.client(era) as mine:
            await called(mine, "kill_switch", enable=True, reason="a test")
            token = (await called(mine, "kill_switch", enable=False))["confirm_token"]
            await called(mine, "confirm_order", confirm_token=token)

    asyncio.run(talk())
    journal = b"".join(path.read_bytes() for path in (desk.house.directory / "journal").rglob("*") if path.is_file())
    assert f"key:{hashlib.sha256(KEY.encode()).hexdigest()[:8]}".encode() in journal
    assert KEY.encode() not in journal


def posted(desk: RunningDesk, message: dict[str, Any], session: Mapping[str, str], key: str = KEY) -> Answer:
    """The answer to one message of an older client."""
    return desk.ask("/mcp", key=key, method="POST", body=json.dumps(message).encode(), headers={**JSON, **session})


def opened_session(desk: RunningDesk) -> dict[str, str]:
    """Headers of a new session."""
    opened = posted(desk, OPENING, {})
    assert opened.status == 200
    return {"Mcp-Session-Id": opened.headers["Mcp-Session-Id"], "Mcp-Protocol-Version": "2025-11-25"}


def test_a_session_belongs_to_the_key_that_opened_it(desk: RunningDesk) -> None:
    session = opened_session(desk)
    assert posted(desk, LISTING, session, OTHER_KEY).status == 404
    assert desk.ask("/mcp", key=OTHER_KEY, method="DELETE", headers=session).status == 404
    assert posted(desk, LISTING, session).status == 200
    assert desk.ask("/mcp", method="DELETE", headers=session).status == 200
    assert posted(desk, LISTING, session).status == 404


def test_sessions_that_ended_leave_their_subscriptions_to_others(desk: RunningDesk) -> None:
    for _ in range(300):
        session = opened_session(desk)
        answer = posted(desk, SUBSCRIBING, session)
        assert b'"error"' not in answer.body
        assert desk.ask("/mcp", method="DELETE", headers=session).status == 200
