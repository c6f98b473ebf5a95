"""Reports at the HTTP door of a desk that feeds and works itself."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from tests.unit.entrypoints.http_server.running_desk import RunningDesk, running_desk

from tradecore.microstructure.report_schema import REPORT_SCHEMA


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    home = tmp_path_factory.mktemp("home")
    with running_desk(home, toolsets=("desk", "crypto"), crypto_feed="simulated") as found:
        deadline = time.monotonic() + 20
        while found.ask("/reports/ETHUSDT").status != 200 or found.ask("/reports/BTCUSDT").status != 200:
            assert time.monotonic() < deadline, "no report within 20 s"
            time.sleep(0.1)
        yield found


def test_a_report_is_served_to_who_has_the_key(desk: RunningDesk) -> None:
    answer = desk.ask("/reports/btc-usdt")
    assert answer.status == 200
    jsonschema.validate(answer.json, REPORT_SCHEMA)
    assert (answer.json["symbol"], answer.json["venue"]) == ("BTCUSDT", "SIMULATED")
    assert desk.ask("/reports/BTCUSDT", key=None).status == 401


def test_sections_and_levels_are_query_parameters(desk: RunningDesk) -> None:
    found = desk.ask("/reports/BTC?sections=depth,flow&levels=2").json
    assert {"depth", "flow"} <= set(found)
    assert "prices" not in found
    assert len(found["depth"]["asks"]) == 2


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/reports/DOGE", 404, "symbol_not_indexed"),
        ("/reports/BTC?sections=nope", 422, "INVALID_REQUEST"),
    ],
)
def test_a_no_has_its_status_and_its_reason(desk: RunningDesk, path: str, status: int, code: str) -> None:
    answer = desk.ask(path)
    assert (answer.status, answer.json["error"]["code"]) == (status, code)


def test_an_unknown_pair_is_told_with_those_that_are_indexed(desk: RunningDesk) -> None:
    assert desk.ask("/reports/DOGE").json["error"]["indexed"] == ["BTCUSDT", "ETHUSDT"]


@pytest.mark.parametrize("levels", ["21", "-1", "two"])
def test_levels_that_are_none_are_refused(desk: RunningDesk, levels: str) -> None:
    assert desk.ask(f"/reports/BTC?levels={levels}").status == 422


def test_the_metrics_tell_the_work_by_symbol(desk: RunningDesk) -> None:
    text = desk.ask("/metrics").body.decode()
    values = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line[0] != "#"}
    assert values['events_rate{symbol="BTCUSDT"}'] > 0
    assert values['stream_lag_ms{symbol="BTCUSDT"}'] >= 0
    assert 0 <= values['report_age_ms{symbol="ETHUSDT"}'] < 5_000
    assert values['calc_latency_ms_count{symbol="ETHUSDT"}'] >= 1
    assert "# TYPE errors_total counter" in text or "# TYPE errors counter" in text
    assert "/reports/{symbol}" in text
    assert "btc-usdt" not in text


def test_the_tool_is_there_over_mcp_and_plain_http(desk: RunningDesk) -> None:
    async def story() -> dict[str, Any]:
        async with desk.client("auto") as client:
            return dict((await client.call_tool("get_report", {"symbol": "BTC"})).structured_content or {})

    assert asyncio.run(story())["symbol"] == "BTCUSDT"
    body = json.dumps({"symbol": "DOGE"}).encode()
    answer = desk.ask("/tools/get_report", method="POST", body=body)
    assert (answer.status, answer.json["error"]["code"]) == (404, "symbol_not_indexed")


def test_a_desk_without_reports_says_what_to_do(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_desk(tmp_path_factory.mktemp("other")) as plain:
        answer = plain.ask("/reports/BTC")
    assert (answer.status, answer.json["error"]["code"]) == (503, "backend_unavailable")
    assert "REDIS_URL" in answer.json["error"]["message"]
