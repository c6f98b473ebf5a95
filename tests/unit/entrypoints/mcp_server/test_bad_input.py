"""What a careless or hostile client sends: a clear no, nothing done, nothing echoed at length."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest
from mcp import MCPError
from mcp.server import Server
from tests.unit.entrypoints.mcp_server.desk_and_clients import BOTH_ERAS, ME, Desk, at_the_desk, call, refused

from entrypoints.mcp_server.arguments import ClosePosition, read_arguments
from entrypoints.mcp_server.connection import serve_connection
from tradecore.errors import InvalidRequest

BAD = [
    ("orb_long_call", {"limit_prce": 1}, "limit_prce"),
    ("orb_long_call", {"contracts": "7"}, "contracts"),
    ("orb_long_call", {"contracts": True}, "contracts"),
    ("orb_long_call", {"contracts": float("nan")}, "contracts"),
    ("orb_long_call", {"contracts": float("inf")}, "contracts"),
    ("orb_long_call", {"contracts": [1]}, "contracts"),
    ("orb_long_call", {"risk_dollars": None}, "risk_dollars"),
    ("orb_long_call", {"contracts": -1}, "contracts"),
    ("orb_long_call", {"contracts": 1.5}, "contract"),
    ("orb_long_call", {"strike_delta": 400}, "delta"),
    ("orb_long_call", {"preview": "no"}, "preview"),
    ("orb_long_call", {"note": "x" * 201}, "note"),
    ("orb_long_call", {"note": 5}, "note"),
    ("orb_long_call", {"confirm_token": ""}, "confirm_token"),
    ("confirm_order", {}, "confirm_token"),
    ("confirm_order", {"confirm_token": None}, "confirm_token"),
    ("confirm_order", {"confirm_token": "x" * 10_000_000}, "confirm_token"),
    ("cancel_order", {"order_id": "no such order"}, "no such order"),
    ("close_position", {"symbol": ""}, "symbol"),
    ("close_position", {"symbol": "SPY", "quantity": "1"}, "quantity"),
    ("get_recent_orders", {"limit": 0}, "limit"),
    ("get_recent_orders", {"limit": 10**30}, "limit"),
    ("get_recent_orders", {"cursor": "ORB-99"}, "cursor"),
    ("wait_for_updates", {"wait_s": 21}, "wait_s"),
    ("wait_for_updates", {"cursor": "yesterday"}, "cursor"),
    ("wait_for_updates", {"cursor": "1.99999999999999999999999999999999999999999"}, "cursor"),
    ("explain", {"subject": "nothing of the kind"}, "nothing of the kind"),
    ("get_positions", {"symbol": "SPY"}, "symbol"),
    ("kill_switch", {"enable": "false"}, "enable"),
]


@pytest.mark.parametrize(("tool", "arguments", "named"), BAD)
def test_a_bad_argument_is_named_and_nothing_happens(
    tmp_path: Path, tool: str, arguments: dict[str, Any], named: str
) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            error = await refused(client, tool, **arguments)
            assert named in f"{error['message']} {error['details']}"
            assert len(str(error)) < 1500
            assert desk.sent() == []
            assert (await call(client, "risk_check"))["desk"]["state"] == "ACTIVE"

    at_the_desk(tmp_path, story)


@BOTH_ERAS
def test_an_unknown_tool_is_a_protocol_error_that_lists_the_known_ones(tmp_path: Path, era: str) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client(era) as client:
            with pytest.raises(MCPError, match=r"Unknown tool: 'buy_everything'.*orb_long_call") as caught:
                await client.call_tool("buy_everything", {})
            assert caught.value.code == -32602

    at_the_desk(tmp_path, story)


def test_a_crash_inside_a_tool_tells_no_internals(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(desk: Desk) -> None:
        async def broken() -> None:
            raise RuntimeError("secret=abc")

        desk.floor.broker.account = broken  # type: ignore[assignment, method-assign]
        async with desk.client() as client:
            error = await refused(client, "get_account_info")
            assert error["code"] == "INTERNAL_ERROR"
            assert "secret" not in str(error)

    at_the_desk(tmp_path, story)
    assert "secret=abc" in caplog.text, "the log has the cause"


def test_a_call_that_hangs_is_answered_within_25_seconds(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async def never() -> None:
            await asyncio.sleep(10_000)

        desk.floor.broker.account = never  # type: ignore[assignment, method-assign]
        async with desk.client() as client:
            began = desk.floor.clock.now()
            error = await refused(client, "get_account_info")
            assert error["code"] == "TIMEOUT"
            assert (desk.floor.clock.now() - began).total_seconds() == 25

    at_the_desk(tmp_path, story)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), "7", True, None, [7]])
def test_only_a_finite_json_number_is_a_number(value: object) -> None:
    with pytest.raises(InvalidRequest, match="quantity"):
        read_arguments(ClosePosition, {"symbol": "SPY", "quantity": value})


def test_noise_from_a_client_that_reads_no_answer_fills_no_memory() -> None:
    async def story() -> None:
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        _, client = await asyncio.open_unix_connection(sock=theirs)
        protocol: Server[Any] = Server("noise")
        serving = asyncio.create_task(serve_connection(protocol, reader, writer, ME))
        client.write(b"x\n" * 100_000)
        for _ in range(100):
            await asyncio.sleep(0.01)
            assert writer.transport.get_write_buffer_size() < 1_000_000, "answers nobody takes pile up"
        serving.cancel()
        client.close()
        writer.close()
        await asyncio.gather(serving, return_exceptions=True)

    asyncio.run(story())
