"""What a client is offered: few tools, honest about themselves, the same for everybody."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import mcp_types as types
import pytest
from tests.unit.entrypoints.mcp_server.desk_and_clients import BOTH_ERAS, Desk, at_the_desk

from entrypoints.mcp_server.server import DeskServer, offered_tools

DEFAULT = [
    "orb_long_call", "orb_long_put", "iron_condor_30_delta", "lotto_play_5_delta", "confirm_order", "cancel_order",
    "flatten_all", "close_position", "kill_switch", "place_option_order", "place_stock_order", "straddle_scan",
    "get_positions", "get_account_info", "get_order_status", "get_recent_orders", "show_pnl", "risk_check", "explain",
    "wait_for_updates",
]  # fmt: skip
TRADING = set(DEFAULT[:11])


async def listed(desk: Desk, era: str = "auto") -> list[types.Tool]:
    async with desk.client(era) as client:
        return list((await client.list_tools()).tools)


@BOTH_ERAS
def test_the_default_list_is_the_desk_s_and_costs_little(tmp_path: Path, era: str) -> None:
    """Four characters of JSON are about one token; the promise is 3,000 for name, description and input schema."""

    async def story(desk: Desk) -> None:
        tools = await listed(desk, era)
        assert [tool.name for tool in tools] == DEFAULT
        read = [{"name": t.name, "description": t.description, "input_schema": t.input_schema} for t in tools]
        assert len(json.dumps(read)) / 4 < 3000 * len(DEFAULT) / 25
        assert all(len(tool.description or "") < 300 for tool in tools)

    at_the_desk(tmp_path, story, toolsets=("desk",))


def test_toolsets_add_their_tools_and_read_only_leaves_out_what_trades(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        more = offered_tools(desk.floor, ("desk", "data", "admin"), read_only=False)
        assert list(more) == [*DEFAULT, "get_market_clock", "healthcheck", "reconcile_positions"]
        assert set(offered_tools(desk.floor, ("desk",), read_only=True)) == set(DEFAULT) - TRADING
        assert list(offered_tools(desk.floor, ("admin",), read_only=False)) == ["healthcheck", "reconcile_positions"]

    at_the_desk(tmp_path, story)


def test_tools_say_honestly_what_they_do(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        for tool in await listed(desk):
            assert tool.title
            assert tool.annotations is not None
            trades = tool.name in TRADING
            assert tool.annotations.read_only_hint is not trades, tool.name
            assert tool.annotations.destructive_hint is trades, tool.name
            assert tool.annotations.open_world_hint is False, "a simulated market is inside"

    at_the_desk(tmp_path, story, toolsets=("desk",))


def test_in_live_mode_only_what_acts_at_once_is_destructive(tmp_path: Path) -> None:
    """There only confirm_order executes, so a person can allow the previews and still be asked for each execution."""

    async def story(desk: Desk) -> None:
        opening = desk.floor.desk.opening
        object.__setattr__(opening, "mode", "live")
        server = DeskServer(desk.floor, offered_tools(desk.floor, ("desk",), read_only=False))
        tools = await listed(Desk(desk.house, server))
        found = {tool.name for tool in tools if tool.annotations and tool.annotations.destructive_hint}
        assert found == {"confirm_order", "cancel_order", "kill_switch"}

    at_the_desk(tmp_path, story)


def test_a_refusal_fits_the_output_schema_of_its_tool_for_clients_that_check_errors_too(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            for tool in (await client.list_tools()).tools:
                answer = await client.call_tool(tool.name, {"nonsense": 1})
                assert answer.is_error
                jsonschema.validate(answer.structured_content, tool.output_schema)
            too_large = await client.call_tool("orb_long_call", {"contracts": 5000})
            assert too_large.is_error
            assert (too_large.structured_content or {})["error"]["code"] == "RISK_REFUSED"
            shape = next(tool for tool in desk.server.listed.tools if tool.name == "orb_long_call").output_schema
            jsonschema.validate(too_large.structured_content, shape)

    at_the_desk(tmp_path, story)


def test_no_field_of_a_schema_has_a_list_of_types(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        schemas = [tool.model_dump_json(include={"input_schema", "output_schema"}) for tool in desk.server.listed.tools]
        assert not [schema for schema in schemas if '"type":[' in schema]

    at_the_desk(tmp_path, story)


def test_every_input_schema_is_closed_and_every_output_schema_is_one(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        for tool in await listed(desk):
            jsonschema.Draft202012Validator.check_schema(tool.input_schema)
            assert tool.input_schema["additionalProperties"] is False
            assert tool.output_schema is not None
            jsonschema.Draft202012Validator.check_schema(tool.output_schema)
            assert {"desk", "recent_events"} <= set(tool.output_schema["required"])
            assert "title" not in json.dumps(tool.input_schema)

    at_the_desk(tmp_path, story)


@pytest.mark.parametrize("tool", ["get_positions", "show_pnl", "risk_check", "get_account_info", "get_market_clock"])
def test_text_and_structure_say_the_same(tmp_path: Path, tool: str) -> None:
    """Some clients drop the text, others the structure."""

    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            result = await client.call_tool(tool, {})
            (content,) = result.content
            assert isinstance(content, types.TextContent)
            assert json.loads(content.text) == result.structured_content

    at_the_desk(tmp_path, story)


def test_every_answer_says_which_desk_and_which_simulated_time(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            for tool in ("get_positions", "risk_check", "healthcheck", "get_market_clock", "reconcile_positions"):
                found: dict[str, Any] = (await client.call_tool(tool, {})).structured_content["desk"]
                assert found["mode"] == "simulated"
                assert found["time"].startswith("2026-11-20T15:00:00")
                assert found["exchange_time"] == "Fri 2026-11-20 10:00:00 ET"

    at_the_desk(tmp_path, story)


def test_answers_stay_within_their_token_budget(tmp_path: Path) -> None:
    """2,000 tokens of about four characters, also with every list full."""

    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            shown = await client.call_tool("orb_long_call", {"contracts": 1, "note": "x" * 200})
            assert len(json.dumps(shown.structured_content)) < 8000
            refusal = await client.call_tool("orb_long_call", {"contracts": 50})
            assert len(json.dumps(refusal.structured_content)) < 8000
            await desk.enter(client)
            for _ in range(300):
                desk.floor.updates.take(desk.floor.clock.now(), None, _noise())
            full: list[tuple[str, dict[str, Any]]] = [
                ("wait_for_updates", {"wait_s": 0}),
                ("get_recent_orders", {"limit": 50}),
                ("explain", {"subject": "NOISE"}),
            ]
            for tool, arguments in full:
                result = await client.call_tool(tool, arguments)
                assert not result.is_error
                assert len(json.dumps(result.structured_content)) < 9000, tool

    at_the_desk(tmp_path, story)


def _noise() -> Any:
    from tradecore.desk.decisions import Decision, Done
    from tradecore.model.alerts import Alert, Severity

    return Decision(outcome=Done(what="x"), alerts=(Alert("NOISE", Severity.INFO, "y" * 400),))
