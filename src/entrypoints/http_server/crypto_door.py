"""The HTTP door of a process that feeds or analyses: health, metrics and reports, behind the desk's checks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from entrypoints.http_server.app import HEALTH_PATHS, KEYED, REFUSALS, explained
from entrypoints.http_server.crypto_metrics import CryptoMetrics
from entrypoints.http_server.http_door import guarded, open_door
from entrypoints.http_server.keys import HttpKeys
from entrypoints.http_server.listening import Listener
from entrypoints.http_server.reports import REPORT_PATH, add_reports
from entrypoints.http_server.request_metrics import RequestMetrics
from entrypoints.settings import Settings
from entrypoints.wiring.crypto_feeds import silence_of
from entrypoints.wiring.crypto_house import CryptoHouse
from tradecore import __version__

PATHS: Final = HEALTH_PATHS | {"/metrics", "/openapi.json", REPORT_PATH}


class Health(BaseModel):
    """`ready`: events came within the time after which ingestion counts as down; `why` tells why they do not."""

    status: Literal["ok", "not_ready"]
    live: bool
    ready: bool
    role: str
    symbols: list[str]
    why: str | None


@asynccontextmanager
async def crypto_door(
    house: CryptoHouse, role: str, settings: Settings, keys: HttpKeys, listener: Listener
) -> AsyncIterator[None]:
    """Serve the house on this listener while the body runs."""
    seconds = asyncio.get_running_loop().time
    registry = CollectorRegistry()
    metrics = RequestMetrics(registry, PATHS, seconds)
    registry.register(CryptoMetrics(house))
    app: ASGIApp = guarded(_app(house, role, registry), metrics, settings, keys, listener, seconds)
    async with open_door(app, listener):
        yield


def _app(house: CryptoHouse, role: str, registry: CollectorRegistry) -> FastAPI:
    app = FastAPI(
        title=f"tradecore {role}",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=REFUSALS,
    )
    app.add_exception_handler(HTTPException, explained(PATHS))

    async def health(response: Response) -> Health:
        """200 when events flow, 503 when they do not."""
        found = health_of(house, role)
        response.status_code = 200 if found.ready else 503
        return found

    async def live() -> Health:
        """200 as long as the process answers."""
        return health_of(house, role)

    async def metrics() -> Response:
        """The work in numbers, as text for Prometheus."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    app.get("/health", name="health")(health)
    app.get("/health/ready", name="ready")(health)
    app.get("/health/live", name="live")(live)
    app.get("/metrics", name="metrics", dependencies=KEYED)(metrics)
    add_reports(app, house.reports, KEYED)
    return app


def health_of(house: CryptoHouse, role: str) -> Health:
    """Whether events come, and why not."""
    idle = house.figures.idle_s
    ready = idle is not None and idle * 1000 <= house.reports.thresholds.down_ms
    symbols = house.feed.symbols if house.feed is not None else house.worker.symbols if house.worker else ()
    why = None if ready else "no events came" if house.feed is None else silence_of(house.feed)
    status: Literal["ok", "not_ready"] = "ok" if ready else "not_ready"
    return Health(status=status, live=True, ready=ready, role=role, symbols=list(symbols), why=why)
