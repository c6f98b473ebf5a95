"""A tool of the desk for who speaks plain HTTP: the arguments as the body, the structured answer as the answer."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson
from fastapi import Request
from fastapi.responses import JSONResponse

from entrypoints.http_server.refusals import refusal
from entrypoints.mcp_server.server import PRINCIPAL, DeskServer

TOOL_PATH: Final = "/tools/{name}"

_LONGEST_BODY: Final = 65_536
_REFUSED: Final = 403
_STATUS_OF: Final = {
    "INVALID_REQUEST": 422,
    "UNKNOWN_TOOL": 404,
    "INTERNAL_ERROR": 500,
    "UNAVAILABLE": 503,
    "DESK_HALTED": 503,
    "TIMEOUT": 504,
    "symbol_not_indexed": 404,
    "backend_unavailable": 503,
}
_OBJECT: Final = {"application/json": {"schema": {"type": "object"}}}
_WORDS: Final = {
    200: "The tool's answer.",
    403: "Refused: the answer says why, and the smallest change that would pass.",
    404: "No such tool, or no report of such a pair.",
    422: "The body or an argument can't be used.",
    503: "The desk can't act now.",
    504: "Not answered in time; it may still be under way.",
}
BODY: Final[dict[str, Any]] = {"requestBody": {"content": _OBJECT, "required": True}}
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": words, "content": _OBJECT} for status, words in _WORDS.items()
}


def tool_call(server: DeskServer) -> Callable[[str, Request], Awaitable[JSONResponse]]:
    """What answers a POST to a tool's path."""

    async def call(name: str, request: Request) -> JSONResponse:
        """Call a tool; the body is its arguments as one JSON object. Previews first, as over MCP."""
        given = await _arguments(request)
        if given is None:
            return refusal(422, "INVALID_BODY", f"the body is one JSON object of at most {_LONGEST_BODY} bytes")
        answer = await server.call(name, given, PRINCIPAL.get())
        refused = answer["error"]["code"] if answer.get("status") == "refused" else None
        return JSONResponse(answer, status_code=200 if refused is None else _STATUS_OF.get(refused, _REFUSED))

    return call


async def _arguments(request: Request) -> dict[str, Any] | None:
    """The body as a JSON object; None for anything else, and for more than it may hold."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_BODY:
            return None
    try:
        found = orjson.loads(bytes(body) or b"{}")
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None
