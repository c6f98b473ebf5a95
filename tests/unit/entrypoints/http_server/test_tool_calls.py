"""Tools over plain HTTP: the same answers as over MCP, the same way of an order."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.unit.entrypoints.http_server.running_desk import KEY, OTHER_KEY, Answer, RunningDesk, running_desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    with running_desk(tmp_path_factory.mktemp("home")) as found:
        yield found


def post(desk: RunningDesk, tool: str, key: str | None = KEY, **arguments: Any) -> Answer:
    return desk.ask(f"/tools/{tool}", method="POST", body=json.dumps(arguments).encode(), key=key)


def test_an_order_takes_the_same_way_preview_then_token(desk: RunningDesk) -> None:
    shown = post(desk, "orb_long_call", contracts=1)
    assert shown.status == 200
    assert shown.json["status"] == "preview"
    token = shown.json["confirm_token"]
    stranger = post(desk, "confirm_order", key=OTHER_KEY, confirm_token=token)
    assert (stranger.status, stranger.json["error"]["code"]) == (403, "TOKEN_UNKNOWN")
    assert post(desk, "orb_long_call", key=None, contracts=1).status == 401
    done = post(desk, "confirm_order", confirm_token=token)
    assert done.status == 200
    assert done.json["status"] in ("confirmed", "preview")
    assert done.json["desk"]["mode"] == "simulated"


@pytest.mark.parametrize(
    ("tool", "body", "status", "code"),
    [
        ("orb_long_call", b'{"contracts": "7"}', 422, "INVALID_REQUEST"),
        ("orb_long_call", b'{"nonsense": 1}', 422, "INVALID_REQUEST"),
        ("orb_long_call", b'{"contracts": NaN}', 422, "INVALID_BODY"),
        ("orb_long_call", b"[1]", 422, "INVALID_BODY"),
        ("orb_long_call", b"{", 422, "INVALID_BODY"),
        ("orb_long_call", b'{"note": "' + b"x" * 70_000 + b'"}', 422, "INVALID_BODY"),
        ("orb_long_call", b'{"preview": false}', 403, "CONFIRM_TOKEN_NEEDED"),
        ("orb_long_call", b'{"contracts": 50}', 403, "RISK_REFUSED"),
        ("buy_everything", b"{}", 404, "UNKNOWN_TOOL"),
    ],
)
def test_a_no_has_its_status_and_its_reason(desk: RunningDesk, tool: str, body: bytes, status: int, code: str) -> None:
    answer = desk.ask(f"/tools/{tool}", method="POST", body=body)
    assert (answer.status, answer.json["error"]["code"]) == (status, code)


def test_a_tool_without_arguments_needs_no_body_and_is_counted_under_one_path(desk: RunningDesk) -> None:
    assert desk.ask("/tools/risk_check", method="POST").json["state"] in ("ACTIVE", "REDUCING")
    metrics = desk.ask("/metrics").body.decode()
    assert 'path="/tools/{name}"' in metrics
    assert "risk_check" not in metrics
