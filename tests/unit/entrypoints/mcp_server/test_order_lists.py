"""Orders and positions one by one, for clients that know the base tools of a broker's server."""

from pathlib import Path
from typing import Any

from tests.unit.entrypoints.mcp_server.desk_and_clients import BOTH_ERAS, Desk, at_the_desk, call

TOOLSETS = ("desk", "options")


async def refused(client: Any, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    found: dict[str, Any] = result.structured_content["error"]
    return found


@BOTH_ERAS
def test_orders_are_listed_by_status_and_symbol_and_a_cursor_goes_on(tmp_path: Path, era: str) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client(era) as client:
            await desk.enter(client)
            (held,) = (await call(client, "get_positions"))["positions"]
            closed = (await call(client, "get_orders", status="closed"))["orders"]
            assert [(one["state"], one["role"]) for one in closed][-1:] == [("FILLED", "entry")]
            waiting = (await call(client, "get_orders"))["orders"]
            assert {one["role"] for one in waiting} == {"stop", "target"}
            assert {one["state"] for one in waiting} == {"EMULATED"}
            everything = (await call(client, "get_orders", status="all", symbol=held["symbol"]))["orders"]
            assert len(everything) == len(waiting) + len(closed)
            first = await call(client, "get_orders", status="all", limit=1)
            rest = await call(client, "get_orders", status="all", cursor=first["next_cursor"])
            assert first["orders"] + rest["orders"] == everything
            assert (await call(client, "get_orders", status="all", symbol="QQQ"))["orders"] == []
            assert "no cursor" in (await refused(client, "get_orders", cursor="tc-none-0"))["message"]

    at_the_desk(tmp_path, story, toolsets=TOOLSETS)


def test_a_position_is_found_by_symbol_or_group_and_what_is_not_held_is_refused(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            assert (await refused(client, "get_open_position", symbol="SPY"))["code"] == "NO_POSITION"
            await desk.enter(client)
            (held,) = (await call(client, "get_positions"))["positions"]
            for name in (held["symbol"], "ORB-1"):
                (found,) = (await call(client, "get_open_position", symbol=name))["positions"]
                assert (found["symbol"], found["quantity"]) == (held["symbol"], held["quantity"])

    at_the_desk(tmp_path, story, toolsets=TOOLSETS)
