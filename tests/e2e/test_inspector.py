"""The MCP Inspector's command line, written in another language by other people, at the real program."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from tests.e2e.clients import inspector
from tests.e2e.programs import KEY, serving, tradecore
from tests.unit.entrypoints.standing.processes import end, environment

ERAS = ["legacy", "modern"]
_PROTOCOL_ERROR = 1
_TOOL_ERROR = 5


@dataclass(frozen=True, slots=True)
class Said:
    """Exit code of the Inspector, its result, and what it wrote beside."""

    code: int
    result: dict[str, Any]
    beside: str


Ask = Callable[..., Said]


@pytest.fixture(scope="module", params=["stdio", "http"])
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """A desk that stands, where a person confirms on a form; a home, and how the desk is reached from there."""
    home = tmp_path_factory.mktemp("home")
    settings = {"TRADECORE_WHO_CONFIRMS": "elicit"}
    with ExitStack() as ended:
        if request.param == "http":
            url = ended.enter_context(serving(home, "inspected", **settings))
            yield str(home), ["--server-url", url, "--transport", "http", "--header", f"Authorization: Bearer {KEY}"]
        else:
            ended.callback(end, home, "inspected", signal.SIGTERM)
            kept = environment(home, **settings)
            passed = [name for name in kept if name.startswith("TRADECORE_") or name in ("SIM_SPEED", "PYTHONPATH")]
            given = [part for name in passed for part in ("-e", f"{name}={kept[name]}")]
            yield str(home), [*given, tradecore(), "mcp", "--account", "inspected"]


@pytest.fixture(params=ERAS)
def ask(request: pytest.FixtureRequest, target: tuple[str, list[str]]) -> Ask:
    """One call of the Inspector in this era."""
    home, reached = target

    def inspect(method: str, *arguments: str) -> Said:
        command = [*inspector(), "--protocol-era", request.param, "--method", method, *arguments, *reached]
        given = {"PATH": os.environ["PATH"], "HOME": home}
        done = subprocess.run(command, env=given, capture_output=True, text=True, check=False, timeout=60)
        result = json.loads(done.stdout)["result"] if done.stdout.strip() else {}
        return Said(done.returncode, result, done.stderr)

    return inspect


def call(ask: Ask, tool: str, **arguments: Any) -> Said:
    return ask("tools/call", "--tool-name", tool, "--tool-args-json", json.dumps(arguments))


def test_every_schema_is_portable(ask: Ask) -> None:
    listed = ask("tools/list", "--strict")
    assert (listed.code, listed.beside.strip()) == (0, "")
    assert "confirm_order" in [tool["name"] for tool in listed.result["tools"]]


def test_a_reading_tool_answers_in_text_and_structure(ask: Ask) -> None:
    account = call(ask, "get_account_info")
    assert account.code == 0
    assert account.result["structuredContent"]["desk"]["account"] == "inspected"
    assert json.loads(account.result["content"][0]["text"]) == account.result["structuredContent"]


def test_a_refusal_is_the_tool_s_error_with_a_code_and_the_failed_checks(ask: Ask) -> None:
    refused = call(ask, "orb_long_call", contracts=5000)
    assert refused.code == _TOOL_ERROR
    told = refused.result["structuredContent"]
    assert (told["status"], told["error"]["code"]) == ("refused", "RISK_REFUSED")
    assert told["error"]["details"]["failed"]


def test_an_unknown_argument_is_refused_by_name(ask: Ask) -> None:
    refused = call(ask, "get_account_info", nonsense=1)
    assert refused.code == _TOOL_ERROR
    assert "nonsense" in refused.result["structuredContent"]["error"]["message"]


def test_a_client_that_cannot_ask_cannot_confirm(ask: Ask) -> None:
    shown = call(ask, "orb_long_call", contracts=1)
    assert shown.code == 0
    preview = shown.result["structuredContent"]
    assert (preview["status"], preview["who_confirms"]) == ("preview", "elicit")
    confirmed = call(ask, "confirm_order", confirm_token=preview["confirm_token"])
    assert confirmed.code == _TOOL_ERROR
    assert confirmed.result["structuredContent"]["error"]["code"] == "CANNOT_ASK"


def test_the_inspector_finds_no_unknown_tool(ask: Ask) -> None:
    unknown = call(ask, "buy_everything")
    assert unknown.code == _TOOL_ERROR
    assert json.loads(unknown.beside)["error"]["code"] == "tool_not_found", "it looks the name up in the list itself"


def test_resources_are_listed_and_read(ask: Ask) -> None:
    listed = ask("resources/list").result["resources"]
    assert {"desk://account", "desk://positions", "desk://orders", "desk://risk"} == {each["uri"] for each in listed}
    read = ask("resources/read", "--uri", "desk://risk")
    assert read.code == 0
    assert json.loads(read.result["contents"][0]["text"])["desk"]["account"] == "inspected"
    unknown = ask("resources/read", "--uri", "desk://nothing")
    assert unknown.code == _PROTOCOL_ERROR
    assert "no resource 'desk://nothing'" in unknown.beside


def test_prompts_are_listed_and_filled_in(ask: Ask) -> None:
    assert "lead_trader" in [each["name"] for each in ask("prompts/list").result["prompts"]]
    told = ask("prompts/get", "--prompt-name", "lead_trader", "--prompt-args", "wish=Watch the fills.")
    assert told.code == 0
    assert "Watch the fills." in told.result["messages"][0]["content"]["text"]
    unknown = ask("prompts/get", "--prompt-name", "nobody")
    assert unknown.code == _PROTOCOL_ERROR
    assert "no prompt 'nobody'" in unknown.beside
