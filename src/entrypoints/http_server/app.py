"""What is served under which path, and its description as OpenAPI."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

import mcp_types as types
from fastapi import FastAPI, Request, Response, Security
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader, HTTPBearer
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import Route

from entrypoints.http_server.refusals import ErrorAnswer, refusal
from entrypoints.http_server.reports import REPORT_PATH, add_reports
from entrypoints.http_server.tool_calls import ANSWERS, BODY, TOOL_PATH, tool_call
from entrypoints.mcp_server.server import DeskServer
from tradecore import __version__
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.health import health, is_ready

MCP_PATH: Final = "/mcp"
HEALTH_PATHS: Final = frozenset({"/health", "/health/live", "/health/ready"})
PATHS: Final = HEALTH_PATHS | {MCP_PATH, "/metrics", "/tools", "/openapi.json", TOOL_PATH, REPORT_PATH}

_ABOUT: Final = (
    "A guarded trading desk for language models. Tools are called over MCP (Streamable HTTP) at `/mcp`; the paths here "
    "are for those who run it. Every request carries a key."
)
_BEARER = HTTPBearer(auto_error=False, description="A key of TRADECORE_HTTP_KEYS, or of http.key in TRADECORE_HOME.")
_API_KEY = APIKeyHeader(name="X-API-Key", auto_error=False, description="The same key.")
KEYED: Final = [Security(_BEARER), Security(_API_KEY)]
REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    401: {"model": ErrorAnswer, "description": "No key, or a wrong one."},
    403: {"model": ErrorAnswer, "description": "A page of this origin may not call."},
    421: {"model": ErrorAnswer, "description": "This Host is not served here."},
    429: {"model": ErrorAnswer, "description": "Too many requests, or too many wrong keys; see Retry-After."},
}
_NOT_READY: Final[dict[int | str, dict[str, Any]]] = {503: {"description": "Not ready; the same body."}}


class Check(BaseModel):
    """One check with what it found."""

    name: str
    passed: bool
    found: str


class Liveness(BaseModel):
    """`live`: the desk answers. `ready`: every check it needs passes, so that it can trade."""

    status: Literal["ok", "not_ready"]
    live: bool
    ready: bool


class Health(Liveness):
    """Who holds a key is also told what was found."""

    mode: str
    account: str
    version: str
    checks: list[Check]


class ToolList(BaseModel):
    """Tools as `tools/list` of MCP offers them: name, description, inputSchema, outputSchema, annotations."""

    tools: list[dict[str, Any]]


def desk_app(server: DeskServer, sessions: StreamableHTTPSessionManager, registry: CollectorRegistry) -> FastAPI:
    """The paths of one desk; who may come in is for others to check."""
    app = FastAPI(
        title="tradecore",
        summary="A guarded trading desk.",
        description=_ABOUT,
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=REFUSALS,
        routes=[Route(MCP_PATH, StreamableHTTPASGIApp(sessions))],
    )
    app.add_exception_handler(HTTPException, explained(PATHS))
    _add_health(app, server.floor)
    _add_looking(app, server, registry)
    add_reports(app, server.reports, KEYED)
    return app


def _add_health(app: FastAPI, floor: TradingFloor) -> None:
    async def whole(request: Request) -> JSONResponse:
        """200 when ready, 503 when not; without a key only `status`, `live` and `ready`."""
        found = _health(floor)
        shown = found if "user" in request.scope else Liveness(status=found.status, live=True, ready=found.ready)
        return JSONResponse(shown.model_dump(), status_code=200 if found.ready else 503)

    async def live() -> Liveness:
        """200 as long as the desk answers."""
        found = _health(floor)
        return Liveness(status=found.status, live=True, ready=found.ready)

    async def ready(response: Response) -> Liveness:
        """200 when ready, 503 when not."""
        found = _health(floor)
        response.status_code = 200 if found.ready else 503
        return Liveness(status=found.status, live=True, ready=found.ready)

    described = _NOT_READY | {200: {"model": Health | Liveness}}
    app.get("/health", name="health", responses=described, dependencies=KEYED)(whole)
    app.get("/health/live", name="live")(live)
    app.get("/health/ready", name="ready", responses=_NOT_READY)(ready)


def _add_looking(app: FastAPI, server: DeskServer, registry: CollectorRegistry) -> None:
    async def metrics() -> Response:
        """The desk and its door in numbers, as text for Prometheus."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    async def tools() -> ToolList:
        """The tools with their schemas, as MCP offers them."""
        listed: types.ListToolsResult = server.listed
        return ToolList(tools=[tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in listed.tools])

    text: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}
    app.get("/metrics", name="metrics", response_class=Response, responses=text, dependencies=KEYED)(metrics)
    app.get("/tools", name="tools", dependencies=KEYED)(tools)
    app.post(TOOL_PATH, name="call", responses=ANSWERS, openapi_extra=BODY, dependencies=KEYED)(tool_call(server))


def _health(floor: TradingFloor) -> Health:
    found = health(floor)
    checks = [Check(name=one.name, passed=one.passed, found=one.found) for one in found]
    ready = is_ready(found)
    opening = floor.desk.opening
    return Health(
        status="ok" if ready else "not_ready",
        live=True,
        ready=ready,
        mode=opening.mode,
        account=opening.account,
        version=__version__,
        checks=checks,
    )


def explained(paths: frozenset[str]) -> Callable[[Request, Exception], Awaitable[JSONResponse]]:
    """What answers a request for a path or method that is not among these paths."""

    async def answer(_: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, HTTPException):
            raise error
        code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "REFUSED")
        words = f"there are: {', '.join(sorted(paths))}" if error.status_code == 404 else str(error.detail)
        return refusal(error.status_code, code, words, error.headers)

    return answer
