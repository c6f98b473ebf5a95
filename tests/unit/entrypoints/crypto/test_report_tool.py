"""get_report over MCP: the report as its schema says, as short as asked for, and two errors by name."""

import json
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from tests.unit.entrypoints.crypto.reports_at_hand import house_with
from tests.unit.entrypoints.mcp_server.desk_and_clients import BOTH_ERAS, Desk, at_the_desk, call, refused

from entrypoints.mcp_server.arguments import Part
from entrypoints.mcp_server.server import DeskServer, offered_tools
from entrypoints.wiring.crypto_house import CryptoHouse
from tradecore.microstructure.report_schema import REPORT_SCHEMA
from tradecore.usecases.market_reports import ALWAYS

OURS = {"desk", "recent_events"}


def with_reports(desk: Desk, house: CryptoHouse) -> Desk:
    return Desk(desk.house, DeskServer(desk.floor, offered_tools(desk.floor, ("desk",), read_only=True), house))


@BOTH_ERAS
def test_a_report_is_whole_valid_and_as_of_now(tmp_path: Path, era: str) -> None:
    house = house_with("BTCUSDT", "ETHUSDT")

    async def story(desk: Desk) -> None:
        async with with_reports(desk, house).client(era) as client:
            found = await call(client, "get_report", symbol="btc/usdt")
            report = {name: part for name, part in found.items() if name not in OURS}
            jsonschema.validate(report, REPORT_SCHEMA)
            assert report["symbol"] == "BTCUSDT"
            assert len(report["depth"]["bids"]) == 20

    at_the_desk(tmp_path, story)


def test_sections_and_levels_make_it_short(tmp_path: Path) -> None:
    house = house_with("BTCUSDT")

    async def story(desk: Desk) -> None:
        async with with_reports(desk, house).client() as client:
            found = await call(client, "get_report", symbol="BTC", sections=["depth"], levels=3)
            assert set(found) == {*ALWAYS, "depth"} | OURS
            assert len(found["depth"]["bids"]) == len(found["depth"]["asks"]) == 3
            whole = await call(client, "get_report", symbol="BTC", levels=5)
            assert len(json.dumps(whole)) < 8000, "2,000 tokens of about four characters"

    at_the_desk(tmp_path, story)


def test_an_unknown_pair_is_told_with_those_that_are_indexed(tmp_path: Path) -> None:
    house = house_with("BTCUSDT", "ETHUSDT")

    async def story(desk: Desk) -> None:
        async with with_reports(desk, house).client() as client:
            error = await refused(client, "get_report", symbol="DOGE\x07")
            assert error["code"] == "symbol_not_indexed"
            assert error["details"]["indexed"] == ["BTCUSDT", "ETHUSDT"]
            assert "\x07" not in error["message"]

    at_the_desk(tmp_path, story)


def test_a_store_that_is_gone_is_told_as_such(tmp_path: Path) -> None:
    house = house_with(gone=True)

    async def story(desk: Desk) -> None:
        async with with_reports(desk, house).client() as client:
            assert (await refused(client, "get_report", symbol="BTC"))["code"] == "backend_unavailable"

    at_the_desk(tmp_path, story)


@pytest.mark.parametrize(
    "arguments",
    [{}, {"symbol": 1}, {"symbol": "BTC", "sections": ["nope"]}, {"symbol": "BTC", "levels": 21}, {"symbol": ""}],
)
def test_wrong_arguments_are_refused(tmp_path: Path, arguments: dict[str, Any]) -> None:
    house = house_with("BTCUSDT")

    async def story(desk: Desk) -> None:
        async with with_reports(desk, house).client() as client:
            assert (await refused(client, "get_report", **arguments))["code"] == "INVALID_REQUEST"

    at_the_desk(tmp_path, story)


def test_the_tool_only_looks_is_small_and_answers_by_its_schema(tmp_path: Path) -> None:
    house = house_with("BTCUSDT")

    async def story(desk: Desk) -> None:
        async with with_reports(desk, house).client() as client:
            (tool,) = [tool for tool in (await client.list_tools()).tools if tool.name == "get_report"]
            assert tool.annotations is not None
            assert tool.annotations.read_only_hint is True
            read = {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}
            assert len(json.dumps(read)) / 4 < 220
            assert '"type":[' not in tool.model_dump_json()
            jsonschema.Draft202012Validator.check_schema(tool.output_schema)
            for arguments in ({"symbol": "BTC"}, {"symbol": "BTC", "sections": ["flow"]}, {"symbol": "DOGE"}):
                answer = await client.call_tool("get_report", arguments)
                jsonschema.validate(answer.structured_content, tool.output_schema)

    at_the_desk(tmp_path, story)


def test_every_section_of_a_report_can_be_asked_for() -> None:
    assert {*get_args(Part), *ALWAYS} == set(REPORT_SCHEMA["properties"])


def test_a_desk_without_reports_offers_no_such_tool(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        assert "get_report" not in desk.server.tools

    at_the_desk(tmp_path, story, toolsets=("desk", "crypto"))
