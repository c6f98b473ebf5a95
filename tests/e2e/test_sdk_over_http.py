"""The official Python client over HTTP with a key: from a preview to the fill, in both eras."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from tests.e2e.programs import KEY, serving

_TRIES = 25
_PATIENCE_S = 60.0


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.structured_content
    return dict(result.structured_content or {})


async def filled(client: Client, cursor: str) -> dict[str, Any]:
    """
    A filled entry.

    A market that ran away from the limit leaves nothing filled, and the same wish is then refused for half a minute;
    so it is asked again, each time after the desk had something new to tell or two seconds.
    """
    for _ in range(_TRIES):
        shown = await client.call_tool("orb_long_call", {"contracts": 1})
        if not shown.is_error:
            preview = dict(shown.structured_content or {})
            assert preview["status"] == "preview"
            done = await call(client, "confirm_order", confirm_token=preview["confirm_token"])
            if Decimal(done.get("filled_quantity", "0")):
                return done
        cursor = (await call(client, "wait_for_updates", cursor=cursor, wait_s=2))["cursor"]
    raise AssertionError("never filled")


@pytest.mark.parametrize(("era", "version"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
def test_preview_confirm_and_follow_the_fill(tmp_path: Path, era: str, version: str) -> None:
    async def talk(url: str) -> None:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}, timeout=_PATIENCE_S) as with_key,
            Client(streamable_http_client(url, http_client=with_key), mode=era) as client,
        ):
            assert client.protocol_version == version
            before = await call(client, "wait_for_updates", wait_s=0)
            done = await filled(client, before["cursor"])
            assert done["status"] == "confirmed"
            news = await call(client, "wait_for_updates", cursor=before["cursor"], wait_s=10)
            assert {"confirmed", "sent", "fill"} <= {update["kind"] for update in news["updates"]}
            positions = await call(client, "get_positions")
            assert positions["positions"]

    with serving(tmp_path, "traded") as url:
        asyncio.run(talk(url))
