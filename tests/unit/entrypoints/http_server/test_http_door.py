"""What somebody with a terminal sees of the HTTP door."""

import json
import socket
from collections.abc import Iterator

import jsonschema
import pytest
from fastapi.openapi.models import OpenAPI
from prometheus_client.parser import text_string_to_metric_families
from tests.unit.entrypoints.http_server.running_desk import KEY, OTHER_KEY, RunningDesk, running_desk

from tradecore import __version__

KEYED_PATHS = ["/metrics", "/tools", "/openapi.json", "/mcp", "/nowhere"]
HEALTH_PATHS = ["/health", "/health/live", "/health/ready"]
WRONG_KEY = "wrong-key-of-the-tests-0123456789abcdef"
FIVE_MEGABYTES = b" " * 5_000_000
JSON = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    origins = ("https://desk.example.com",)
    with running_desk(tmp_path_factory.mktemp("home"), allowed_origins=origins, allowed_hosts=("proxy.example",)) as up:
        yield up


def samples(desk: RunningDesk) -> dict[str, float]:
    """Values by name and labels, as a scraper reads them."""
    text = desk.ask("/metrics").body.decode()
    return {
        f"{sample.name}{json.dumps(sample.labels, sort_keys=True)}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_desk_file_tells_where_the_door_is(desk: RunningDesk) -> None:
    assert desk.file is not None
    assert desk.file.http == desk.url == f"http://127.0.0.1:{desk.port}"


def test_health_tells_the_owner_of_a_key_everything(desk: RunningDesk) -> None:
    answer = desk.ask("/health")
    found = answer.json
    assert answer.status == 200
    assert {name: found[name] for name in ("status", "live", "ready", "mode", "account", "version")} == {
        "status": "ok",
        "live": True,
        "ready": True,
        "mode": "simulated",
        "account": "test-1",
        "version": __version__,
    }
    assert {"journal", "market_data", "limits"} <= {check["name"] for check in found["checks"]}


@pytest.mark.parametrize("path", HEALTH_PATHS)
def test_health_without_a_key_tells_only_whether_the_desk_lives_and_is_ready(desk: RunningDesk, path: str) -> None:
    answer = desk.ask(path, key=None)
    assert answer.status == 200
    assert answer.json == {"status": "ok", "live": True, "ready": True}


def test_a_desk_that_cannot_write_its_journal_is_not_ready_and_lives(desk: RunningDesk) -> None:
    desk.house.floor.halted = "the desk stopped: a test"
    try:
        statuses = {path: desk.ask(path, key=None).status for path in HEALTH_PATHS}
        told = desk.ask("/health").json
    finally:
        desk.house.floor.halted = None
    assert statuses == {"/health": 503, "/health/live": 200, "/health/ready": 503}
    assert (told["status"], told["ready"]) == ("not_ready", False)


@pytest.mark.parametrize("path", KEYED_PATHS)
def test_without_a_key_nothing_else_is_answered(desk: RunningDesk, path: str) -> None:
    answer = desk.ask(path, key=None)
    assert answer.status in (401, 429)
    assert answer.json["error"]["code"] in ("KEY_MISSING", "TOO_MANY_WRONG_KEYS")


@pytest.mark.parametrize("headers", [{"X-API-Key": KEY}, {"X-API-Key": OTHER_KEY}, {"Authorization": f"bearer {KEY}"}])
def test_either_key_opens_in_either_header(desk: RunningDesk, headers: dict[str, str]) -> None:
    assert desk.ask("/tools", key=None, headers=headers).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:{}",
        "localhost:{}",
        "LOCALHOST:{}",
        "[::1]:{}",
        "proxy.example",
        "proxy.example:{}",
        "proxy.example:443",
    ],
)
def test_a_host_that_is_ours_is_served(desk: RunningDesk, host: str) -> None:
    assert desk.ask("/health", headers={"Host": host.format(desk.port)}).status == 200


@pytest.mark.parametrize("path", ["/health", *KEYED_PATHS])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:{}", "", "a b"])
def test_a_host_that_is_not_ours_is_not_served(desk: RunningDesk, host: str, path: str) -> None:
    answer = desk.ask(path, headers={"Host": host.format(desk.port)})
    assert answer.status in (400, 421)
    assert b"desk" not in answer.body


@pytest.mark.parametrize("path", ["/health", *KEYED_PATHS])
@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://desk.example.com.evil"]
)
def test_a_page_from_elsewhere_may_not_call(desk: RunningDesk, origin: str, path: str) -> None:
    assert desk.ask(path, headers={"Origin": origin}).status == 403


@pytest.mark.parametrize("origin", ["http://127.0.0.1:{}", "http://localhost:{}", "https://desk.example.com"])
def test_a_page_of_ours_may_call(desk: RunningDesk, origin: str) -> None:
    assert desk.ask("/health", headers={"Origin": origin.format(desk.port)}).status == 200


def test_a_browser_may_ask_first_whether_an_allowed_page_may_send_a_key(desk: RunningDesk) -> None:
    asking = {
        "Origin": "https://desk.example.com",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, mcp-protocol-version",
    }
    answer = desk.ask("/mcp", key=None, method="OPTIONS", headers=asking)
    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "https://desk.example.com"
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_an_unknown_path_is_told_as_json(desk: RunningDesk) -> None:
    answer = desk.ask("/nowhere")
    assert (answer.status, answer.json["error"]["code"]) == (404, "NOT_FOUND")


def test_a_wrong_method_is_told_as_json(desk: RunningDesk) -> None:
    answer = desk.ask("/metrics", method="POST", body=b"")
    assert (answer.status, answer.json["error"]["code"]) == (405, "METHOD_NOT_ALLOWED")


def test_five_megabytes_are_too_many(desk: RunningDesk) -> None:
    assert desk.ask("/mcp", method="POST", body=FIVE_MEGABYTES, headers=JSON).status == 413


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"jsonrpc":"2.0"}', b"\xff\xfe"])
def test_a_body_that_is_no_message_is_refused(desk: RunningDesk, body: bytes) -> None:
    assert desk.ask("/mcp", method="POST", body=body, headers=JSON).status == 400


HALF_A_BODY = (
    f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{{}}\r\nAuthorization: Bearer {KEY}\r\nContent-Length: 99\r\n"
    "Content-Type: application/json\r\nAccept: */*\r\n\r\nhalf"
)


@pytest.mark.parametrize("half", ["", "GET /health HT", "GET /health HTTP/1.1\r\nHost: ", HALF_A_BODY])
def test_half_a_request_holds_nobody_up(desk: RunningDesk, half: str) -> None:
    with socket.create_connection(("127.0.0.1", desk.port)) as connection:
        connection.sendall(half.format(desk.port).encode())
        assert desk.ask("/health", key=None).status == 200


def test_metrics_tell_the_desk_in_numbers(desk: RunningDesk) -> None:
    found = samples(desk)
    assert found["tradecore_loss_budget_left_dollars{}"] == 500
    assert found["tradecore_day_pnl_dollars{}"] == 0
    assert found["tradecore_open_groups{}"] == 0
    assert found["tradecore_data_age_seconds{}"] >= 0
    assert found['tradecore_trading_state{"state": "active"}'] == 1
    assert found['tradecore_trading_state{"state": "halted"}'] == 0
    assert found["tradecore_ready{}"] == 1
    assert {"tradecore_orders_sent_total{}", "tradecore_fills_total{}"} <= found.keys()
    assert 'tradecore_alerts_total{"severity": "critical"}' in found


def test_metrics_count_requests_and_refused_keys(desk: RunningDesk) -> None:
    before = samples(desk)
    desk.ask("/tools")
    desk.ask("/tools", key=WRONG_KEY)
    after = samples(desk)
    answered = 'tradecore_http_requests_total{"method": "GET", "path": "/tools", "status": "200"}'
    refused = 'tradecore_http_refused_total{"reason": "wrong_key"}'
    timed = 'tradecore_http_request_seconds_count{"path": "/tools"}'
    assert after[answered] == before.get(answered, 0) + 1
    assert after[refused] == before[refused] + 1
    assert after[timed] == before.get(timed, 0) + 2


def test_every_metric_bears_our_name_and_strangers_add_no_labels(desk: RunningDesk) -> None:
    desk.ask("/one-path", method="GET")
    names = set(samples(desk))
    for number in range(50):
        desk.ask(f"/path-{number}", method="GET")
        desk.ask("/tools", method=f"METHOD{number}")
    grown = set(samples(desk)) - names
    assert all(name.startswith("tradecore_") for name in names)
    assert len(grown) <= 2


def test_the_description_is_openapi_and_asks_for_a_key(desk: RunningDesk) -> None:
    found = desk.ask("/openapi.json").json
    OpenAPI.model_validate(found)
    assert (found["info"]["title"], found["info"]["version"]) == ("tradecore", __version__)
    assert {"/health", "/metrics", "/tools"} <= found["paths"].keys()
    schemes = found["components"]["securitySchemes"]
    assert {"type": "http", "scheme": "bearer"}.items() <= schemes["HTTPBearer"].items()
    assert found["paths"]["/tools"]["get"]["security"] == [{"HTTPBearer": []}, {"APIKeyHeader": []}]
    for schema in found["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_tools_are_listed_with_valid_schemas(desk: RunningDesk) -> None:
    tools = desk.ask("/tools").json["tools"]
    assert {"orb_long_call", "confirm_order", "kill_switch"} <= {tool["name"] for tool in tools}
    for tool in tools:
        jsonschema.Draft202012Validator.check_schema(tool["inputSchema"])
        jsonschema.Draft202012Validator.check_schema(tool["outputSchema"])


def test_an_answer_does_not_wait_for_the_acknowledgement_of_its_headers(desk: RunningDesk) -> None:
    assert desk.listener.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
