"""What a fixture of the conformance suite is made of."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext

Context = ServerRequestContext[Any, Any]
ToolAnswer = types.CallToolResult | types.InputRequiredResult
Handler = Callable[[Context, types.CallToolRequestParams], Awaitable[ToolAnswer]]
NOTHING: dict[str, Any] = {"type": "object", "properties": {}}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"


@dataclass(frozen=True, slots=True)
class FixtureTool:
    """A tool the suite calls by its name."""

    name: str
    handler: Handler
    input_schema: dict[str, Any] = field(default_factory=lambda: NOTHING)

    @property
    def listed(self) -> types.Tool:
        """As clients see it."""
        return types.Tool(name=self.name, description=f"Fixture {self.name}.", input_schema=self.input_schema)


def text(words: str) -> types.TextContent:
    """A text block."""
    return types.TextContent(type="text", text=words)


def said(words: str, *, is_error: bool = False) -> types.CallToolResult:
    """A result of one text block."""
    return types.CallToolResult(content=[text(words)], is_error=is_error)


def form(message: str, properties: dict[str, Any], required: list[str]) -> types.ElicitRequest:
    """A question to the user, as a form."""
    schema = {"type": "object", "properties": properties, "required": required}
    return types.ElicitRequest(params=types.ElicitRequestFormParams(message=message, requested_schema=schema))


def prompting(words: str, max_tokens: int) -> types.CreateMessageRequest:
    """A question to the client's model."""
    message = types.SamplingMessage(role="user", content=text(words))
    return types.CreateMessageRequest(
        params=types.CreateMessageRequestParams(messages=[message], max_tokens=max_tokens)
    )
