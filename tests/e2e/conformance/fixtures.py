"""Adds the suite's fixtures to a desk; what is no fixture goes to the desk's own handlers as before."""

from typing import Any

import mcp_types as types
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from pydantic import Field
from tests.e2e.conformance import reading
from tests.e2e.conformance.asking_tools import asking_tools
from tests.e2e.conformance.fixture import Context, FixtureTool, ToolAnswer
from tests.e2e.conformance.plain_tools import plain_tools

from entrypoints.mcp_server.arguments import Arguments, input_schema
from entrypoints.mcp_server.calls import Call, Json, Tool
from entrypoints.mcp_server.server import DeskServer


class HeaderArguments(Arguments):
    """One argument that clients repeat in a header."""

    region: str = Field(json_schema_extra={"x-mcp-header": "Region"})


async def _answer(_: Call, given: HeaderArguments) -> Json:
    return {"region": given.region}


_HEADER_TOOL = Tool(
    name="test_custom_headers",
    title="Custom headers",
    description="Fixture test_custom_headers.",
    arguments=HeaderArguments,
    handler=_answer,
    output_schema={"type": "object"},
)


def add_fixtures(server: DeskServer) -> None:
    """Offer the fixtures beside the desk's own tools, resources and prompts."""
    _add_tools(server, {tool.name: tool for tool in (*plain_tools(server.fan_out.bus), *asking_tools())})
    _add_reading(server)
    _add_prompts(server)
    # Our own questions carry no state; the suite's fixtures do, sealed the way the SDK offers.
    sealed = RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience="conformance")
    server.protocol.middleware.append(sealed)


def _own(server: DeskServer, method: str) -> Any:
    entry = server.protocol.get_request_handler(method)
    assert entry is not None
    return entry.handler


def _add_tools(server: DeskServer, fixtures: dict[str, FixtureTool]) -> None:
    own = _own(server, "tools/call")
    # This one goes through the desk's own tool machinery, which headers are checked against.
    server.tools[_HEADER_TOOL.name] = _HEADER_TOOL
    header_tool = types.Tool(
        name=_HEADER_TOOL.name, description=_HEADER_TOOL.description, input_schema=input_schema(HeaderArguments)
    )
    added = [*server.listed.tools, *(tool.listed for tool in fixtures.values()), header_tool]
    server.listed = types.ListToolsResult(tools=added)

    async def call(context: Context, params: types.CallToolRequestParams) -> ToolAnswer:
        fixture = fixtures.get(params.name)
        answer: ToolAnswer = await (own if fixture is None else fixture.handler)(context, params)
        return answer

    server.protocol.add_request_handler("tools/call", types.CallToolRequestParams, call)


def _add_reading(server: DeskServer) -> None:
    own_list, own_read = _own(server, "resources/list"), _own(server, "resources/read")

    async def listed(context: Context, params: types.PaginatedRequestParams) -> types.ListResourcesResult:
        own: types.ListResourcesResult = await own_list(context, params)
        return types.ListResourcesResult(resources=[*own.resources, *reading.RESOURCES])

    async def templates(_: Context, __: types.PaginatedRequestParams) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(resource_templates=reading.TEMPLATES)

    async def read(context: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        answer: types.ReadResourceResult = reading.contents(params.uri) or await own_read(context, params)
        return answer

    server.protocol.add_request_handler("resources/list", types.PaginatedRequestParams, listed)
    server.protocol.add_request_handler("resources/templates/list", types.PaginatedRequestParams, templates)
    server.protocol.add_request_handler("resources/read", types.ReadResourceRequestParams, read)


def _add_prompts(server: DeskServer) -> None:
    own_list, own_get = _own(server, "prompts/list"), _own(server, "prompts/get")

    async def listed(context: Context, params: types.PaginatedRequestParams) -> types.ListPromptsResult:
        own: types.ListPromptsResult = await own_list(context, params)
        return types.ListPromptsResult(prompts=[*own.prompts, *reading.PROMPTS])

    async def get(
        context: Context, params: types.GetPromptRequestParams
    ) -> types.GetPromptResult | types.InputRequiredResult:
        answer: types.GetPromptResult | types.InputRequiredResult = reading.prompt(params) or await own_get(
            context, params
        )
        return answer

    server.protocol.add_request_handler("prompts/list", types.PaginatedRequestParams, listed)
    server.protocol.add_request_handler("prompts/get", types.GetPromptRequestParams, get)
