"""Fixture tools that ask the client: during the call in the older era, by rounds of the call in the newer one."""

import json
from typing import Any

import mcp_types as types
from tests.e2e.conformance.fixture import Context, FixtureTool, Handler, ToolAnswer, form, prompting, said

_TEXT = {"type": "string"}
_DEFAULTS: dict[str, Any] = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    "verified": {"type": "boolean", "default": True},
}
_OPTIONS = ["option1", "option2", "option3"]
_ORDINALS = ("First", "Second", "Third")
_ENUMS: dict[str, Any] = {
    "untitledSingle": {"type": "string", "enum": _OPTIONS},
    "titledSingle": {
        "type": "string",
        "oneOf": [{"const": f"value{i}", "title": f"{name} Option"} for i, name in enumerate(_ORDINALS, 1)],
    },
    "legacyEnum": {
        "type": "string",
        "enum": ["opt1", "opt2", "opt3"],
        "enumNames": ["Option One", "Option Two", "Option Three"],
    },
    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": _OPTIONS}},
    "titledMulti": {
        "type": "array",
        "items": {"anyOf": [{"const": f"value{i}", "title": f"{name} Choice"} for i, name in enumerate(_ORDINALS, 1)]},
    },
}
_NAME_FORM = form("What is your name?", {"name": _TEXT}, ["name"])
_NAME_STEP = form("Step 1: What is your name?", {"name": _TEXT}, ["name"])
_COLOR_STEP = form("Step 2: What is your favorite color?", {"color": _TEXT}, ["color"])
_OK_FORM = form("Please confirm", {"ok": {"type": "boolean"}}, ["ok"])


def _by_form(properties: dict[str, Any], required: list[str], label: str) -> Handler:
    async def ask(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        message = str((params.arguments or {}).get("message", "Please answer"))
        schema = {"type": "object", "properties": properties, "required": required}
        answer = await context.session.elicit_form(message, schema, related_request_id=context.request_id)
        return said(f"{label}: action={answer.action}, content={json.dumps(answer.content)}")

    return ask


async def _by_sampling(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
    message = types.SamplingMessage(
        role="user", content=types.TextContent(type="text", text=str((params.arguments or {})["prompt"]))
    )
    answer = await context.session.create_message([message], max_tokens=100, related_request_id=context.request_id)
    return said(f"LLM response: {json.dumps(answer.model_dump(mode='json')['content'])}")


def in_rounds(requests: dict[str, Any], *, done: str, state: str | None = None) -> Handler:
    """Ask all of these, again as long as an answer is missing; then say what came."""

    async def ask(_: Context, params: types.CallToolRequestParams) -> ToolAnswer:
        given = params.input_responses or {}
        if set(requests) <= set(given) and (state is None or params.request_state == state):
            came = {name: given[name].model_dump(mode="json", by_alias=True) for name in requests}
            return said(f"{done}: {json.dumps(came)}")
        return types.InputRequiredResult(input_requests=requests, request_state=state)

    return ask


async def _two_steps(_: Context, params: types.CallToolRequestParams) -> ToolAnswer:
    given = params.input_responses or {}
    if params.request_state == "second" and "step2" in given:
        return said("both steps were answered")
    if params.request_state == "first" and "step1" in given:
        return types.InputRequiredResult(input_requests={"step2": _COLOR_STEP}, request_state="second")
    return types.InputRequiredResult(input_requests={"step1": _NAME_STEP}, request_state="first")


async def _what_the_client_can(context: Context, params: types.CallToolRequestParams) -> ToolAnswer:
    declared = context.session.client_capabilities or types.ClientCapabilities()
    requests: dict[str, Any] = {}
    if declared.sampling is not None:
        requests["capital"] = prompting("What is the capital of France?", 100)
    if declared.elicitation is not None:
        requests["name"] = _NAME_FORM
    if not requests or params.input_responses:
        return said("nothing to ask")
    return types.InputRequiredResult(input_requests=requests)


def asking_tools() -> list[FixtureTool]:
    """All of them."""
    sampling = prompting("What is the capital of France?", 100)
    several = {
        "user_name": _NAME_FORM,
        "greeting": prompting("Generate a greeting", 50),
        "client_roots": types.ListRootsRequest(),
    }
    user = {"username": _TEXT, "email": _TEXT}
    rounds = {
        "elicitation": in_rounds({"user_name": _NAME_FORM}, done="Hello"),
        "sampling": in_rounds({"capital_question": sampling}, done="The model said"),
        "list_roots": in_rounds({"client_roots": types.ListRootsRequest()}, done="Roots"),
        "request_state": in_rounds({"confirm": _OK_FORM}, done="state-ok", state="state"),
        "multiple_inputs": in_rounds(several, done="All came", state="state"),
        "multi_round": _two_steps,
        "tampered_state": in_rounds({"confirm": _OK_FORM}, done="state-ok", state="state"),
        "capabilities": _what_the_client_can,
    }
    return [
        FixtureTool("test_sampling", _by_sampling, _needs("prompt")),
        FixtureTool("test_elicitation", _by_form(user, list(user), "User response"), _needs("message")),
        FixtureTool("test_elicitation_sep1034_defaults", _by_form(_DEFAULTS, [], "Elicitation completed")),
        FixtureTool("test_elicitation_sep1330_enums", _by_form(_ENUMS, [], "Elicitation completed")),
        FixtureTool("test_streaming_elicitation", in_rounds({"user_name": _NAME_FORM}, done="Hello")),
        *(FixtureTool(f"test_input_required_result_{name}", handler) for name, handler in rounds.items()),
    ]


def _needs(argument: str) -> dict[str, Any]:
    return {"type": "object", "properties": {argument: _TEXT}, "required": [argument]}
