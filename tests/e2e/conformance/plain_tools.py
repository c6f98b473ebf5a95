"""Fixture tools that answer at once: content of every kind, an error, messages on the way."""

import asyncio
import base64
import io
import json
import wave
from typing import Any

import mcp_types as types
from mcp import MCPError
from mcp.server.subscriptions import InMemorySubscriptionBus
from mcp.shared.subscriptions import PromptsListChanged, ToolsListChanged
from tests.e2e.conformance.fixture import PIXEL, Context, FixtureTool, Handler, said, text

_A_STEP_S = 0.05
_IMAGE = types.ImageContent(type="image", data=PIXEL, mime_type="image/png")
_RICH_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def _silence() -> str:
    """A tenth of a second of it, as a WAV file in base 64."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(8000)
        writer.writeframes(bytes(1600))
    return base64.b64encode(file.getvalue()).decode()


def _embedded(uri: str, mime_type: str, words: str) -> types.EmbeddedResource:
    contents = types.TextResourceContents(uri=uri, mime_type=mime_type, text=words)
    return types.EmbeddedResource(type="resource", resource=contents)


def _always(*content: types.ContentBlock, is_error: bool = False) -> Handler:
    async def answer(_: Context, __: types.CallToolRequestParams) -> types.CallToolResult:
        return types.CallToolResult(content=list(content), is_error=is_error)

    return answer


async def _with_progress(context: Context, _: types.CallToolRequestParams) -> types.CallToolResult:
    for done in (0, 50, 100):
        await context.session.report_progress(done, 100)
        await asyncio.sleep(_A_STEP_S)
    return said("done")


async def _with_logging(context: Context, _: types.CallToolRequestParams) -> types.CallToolResult:
    for words in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await context.session.send_log_message("info", words, related_request_id=context.request_id)
        await asyncio.sleep(_A_STEP_S)
    return said("done")


async def _needing_sampling(context: Context, _: types.CallToolRequestParams) -> types.CallToolResult:
    declared = context.session.client_capabilities
    if declared is None or declared.sampling is None:
        missing: dict[str, Any] = {"requiredCapabilities": {"sampling": {}}}
        raise MCPError(types.MISSING_REQUIRED_CLIENT_CAPABILITY, "this tool needs sampling", missing)
    return said("the client can sample")


def _announcing(bus: InMemorySubscriptionBus, event: ToolsListChanged | PromptsListChanged) -> Handler:
    async def announce(_: Context, __: types.CallToolRequestParams) -> types.CallToolResult:
        await bus.publish(event)
        return said("announced")

    return announce


def plain_tools(bus: InMemorySubscriptionBus) -> list[FixtureTool]:
    """All of them; what they announce goes over this bus."""
    mixed = _embedded("test://mixed-content-resource", "application/json", json.dumps({"test": "data", "value": 123}))
    embedded = _embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")
    sound = types.AudioContent(type="audio", data=_silence(), mime_type="audio/wav")
    failure = text("This tool intentionally returns an error for testing")
    return [
        FixtureTool("test_simple_text", _always(text("This is a simple text response for testing."))),
        FixtureTool("test_image_content", _always(_IMAGE)),
        FixtureTool("test_audio_content", _always(sound)),
        FixtureTool("test_embedded_resource", _always(embedded)),
        FixtureTool("test_multiple_content_types", _always(text("Multiple content types test:"), _IMAGE, mixed)),
        FixtureTool("test_error_handling", _always(failure, is_error=True)),
        FixtureTool("json_schema_2020_12_tool", _always(text("done")), _RICH_SCHEMA),
        FixtureTool("test_tool_with_progress", _with_progress),
        FixtureTool("test_tool_with_logging", _with_logging),
        FixtureTool("test_logging_tool", _with_logging),
        FixtureTool("test_missing_capability", _needing_sampling),
        FixtureTool("test_trigger_tool_change", _announcing(bus, ToolsListChanged())),
        FixtureTool("test_trigger_prompt_change", _announcing(bus, PromptsListChanged())),
    ]
