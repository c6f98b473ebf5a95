"""Fixture resources and prompts of the conformance suite."""

import json
import re
from collections.abc import Mapping

import mcp_types as types
from tests.e2e.conformance.fixture import PIXEL, form, text

_STATIC_TEXT = "This is the content of the static text resource."
_TEMPLATE = re.compile(r"test://template/([^/]+)/data")
RESOURCES = [
    types.Resource(uri="test://static-text", name="static-text", description="Text.", mime_type="text/plain"),
    types.Resource(uri="test://static-binary", name="static-binary", description="An image.", mime_type="image/png"),
    types.Resource(uri="test://watched-resource", name="watched", description="Watched.", mime_type="text/plain"),
]
TEMPLATES = [
    types.ResourceTemplate(
        uri_template="test://template/{id}/data", name="template", description="By id.", mime_type="application/json"
    )
]
_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "test_simple_prompt": (),
    "test_prompt_with_arguments": ("arg1", "arg2"),
    "test_prompt_with_embedded_resource": ("resourceUri",),
    "test_prompt_with_image": (),
    "test_input_required_result_prompt": (),
}
PROMPTS = [
    types.Prompt(
        name=name,
        description=f"Fixture {name}.",
        arguments=[types.PromptArgument(name=each, description="An argument.", required=True) for each in arguments],
    )
    for name, arguments in _ARGUMENTS.items()
]


def contents(uri: str) -> types.ReadResourceResult | None:
    """What stands under this address; None for an address that is no fixture."""
    found: types.TextResourceContents | types.BlobResourceContents
    templated = _TEMPLATE.fullmatch(uri)
    if templated is not None:
        body = json.dumps({"id": templated[1], "templateTest": True, "data": f"Data for ID: {templated[1]}"})
        found = types.TextResourceContents(uri=uri, mime_type="application/json", text=body)
    elif uri == "test://static-binary":
        found = types.BlobResourceContents(uri=uri, mime_type="image/png", blob=PIXEL)
    elif uri in ("test://static-text", "test://watched-resource"):
        found = types.TextResourceContents(uri=uri, mime_type="text/plain", text=_STATIC_TEXT)
    else:
        return None
    return types.ReadResourceResult(contents=[found])


def prompt(params: types.GetPromptRequestParams) -> types.GetPromptResult | types.InputRequiredResult | None:
    """This prompt, filled in; None for a name that is no fixture."""
    if params.name not in _ARGUMENTS:
        return None
    if params.name == "test_input_required_result_prompt":
        if "user_context" not in (params.input_responses or {}):
            asked = form("What context should the prompt use?", {"context": {"type": "string"}}, ["context"])
            return types.InputRequiredResult(input_requests={"user_context": asked})
        return _spoken(text("The context came."))
    return _spoken(*_content(params.name, params.arguments or {}))


def _content(name: str, given: Mapping[str, str]) -> tuple[types.ContentBlock, ...]:
    if name == "test_prompt_with_arguments":
        return (text(f"Prompt with arguments: arg1='{given['arg1']}', arg2='{given['arg2']}'"),)
    if name == "test_prompt_with_image":
        image = types.ImageContent(type="image", data=PIXEL, mime_type="image/png")
        return image, text("Please analyze the image above.")
    if name == "test_prompt_with_embedded_resource":
        words = "Embedded resource content for testing."
        inside = types.TextResourceContents(uri=given["resourceUri"], mime_type="text/plain", text=words)
        embedded = types.EmbeddedResource(type="resource", resource=inside)
        return embedded, text("Please process the embedded resource above.")
    return (text("This is a simple prompt for testing."),)


def _spoken(*content: types.ContentBlock) -> types.GetPromptResult:
    return types.GetPromptResult(messages=[types.PromptMessage(role="user", content=each) for each in content])
