"""The HTTP door: opened beside the desk's own socket, closed in order within two seconds."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import uvicorn
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from prometheus_client import CollectorRegistry
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from entrypoints.http_server.addresses import AddressCheck, Addresses
from entrypoints.http_server.app import HEALTH_PATHS, PATHS, desk_app
from entrypoints.http_server.crypto_metrics import CryptoMetrics
from entrypoints.http_server.desk_metrics import DeskMetrics
from entrypoints.http_server.in_flight import InFlight
from entrypoints.http_server.key_check import KeyCheck
from entrypoints.http_server.keys import HttpKeys
from entrypoints.http_server.listening import Listener
from entrypoints.http_server.patience import PatientProtocol
from entrypoints.http_server.request_metrics import RequestMetrics
from entrypoints.mcp_server.server import DeskServer
from entrypoints.settings import Settings

_MOST_SESSIONS: Final = 256
_MOST_CONNECTIONS: Final = 512
_STARTED_LOOKS_EVERY_S: Final = 0.01
_ANSWERS_END_WITHIN_S: Final = 0.5
_READ_BY_PAGES: Final = ("Mcp-Session-Id", "WWW-Authenticate", "Retry-After")


class _Uvicorn(uvicorn.Server):
    """A server that leaves the signals to the program it runs in."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none over."""
        yield


@asynccontextmanager
async def http_door(server: DeskServer, settings: Settings, keys: HttpKeys, listener: Listener) -> AsyncIterator[None]:
    """Serve the desk on this listener while the body runs; streams and hung clients are ended with it."""
    sessions = StreamableHTTPSessionManager(server.protocol, max_sessions=_MOST_SESSIONS)
    async with (
        sessions.run(),
        open_door(guarded_app(server, sessions, settings, keys, listener), listener, server.end_streams),
    ):
        yield


@asynccontextmanager
async def open_door(
    app: ASGIApp, listener: Listener, end_streams: Callable[[], None] = lambda: None
) -> AsyncIterator[None]:
    """Serve an app on this listener while the body runs; `end_streams` is called when the door closes."""
    in_flight = InFlight(app)
    door = _Uvicorn(_config(in_flight, listener))
    serving = asyncio.create_task(door.serve(sockets=[listener.socket]))
    try:
        while not door.started and not serving.done():
            await asyncio.sleep(_STARTED_LOOKS_EVERY_S)
        yield
    finally:
        end_streams()
        door.should_exit = True
        await asyncio.wait([serving], timeout=_ANSWERS_END_WITHIN_S)
        in_flight.end()
        await serving


def guarded_app(
    server: DeskServer,
    sessions: StreamableHTTPSessionManager,
    settings: Settings,
    keys: HttpKeys,
    listener: Listener,
) -> ASGIApp:
    """What the door serves: the desk behind its checks of address, page and key, every request measured."""
    seconds = asyncio.get_running_loop().time
    registry = CollectorRegistry()
    metrics = RequestMetrics(registry, PATHS, seconds)
    registry.register(DeskMetrics(server.floor))
    if server.crypto is not None:
        registry.register(CryptoMetrics(server.crypto))
    return guarded(desk_app(server, sessions, registry), metrics, settings, keys, listener, seconds)


def guarded(
    app: ASGIApp,
    metrics: RequestMetrics,
    settings: Settings,
    keys: HttpKeys,
    listener: Listener,
    seconds: Callable[[], float],
) -> ASGIApp:
    """An app behind the checks of address, page and key, every request measured."""
    app = KeyCheck(
        app,
        keys,
        requests_per_minute=settings.http_requests_per_minute,
        open_paths=HEALTH_PATHS,
        count=metrics.refuse,
        seconds=seconds,
    )
    if settings.allowed_origins:
        # A browser asks without a key whether it may send one.
        app = CORSMiddleware(
            app,
            allow_origins=settings.allowed_origins,
            allow_methods=("GET", "POST", "DELETE"),
            allow_headers=("*",),
            expose_headers=_READ_BY_PAGES,
        )
    addresses = Addresses(listener.host, listener.port, settings.allowed_hosts, settings.allowed_origins)
    return metrics.measuring(AddressCheck(app, addresses, metrics.refuse))


def _config(app: ASGIApp, listener: Listener) -> uvicorn.Config:
    certificate, key = listener.tls or (None, None)
    return uvicorn.Config(
        app,
        http=PatientProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=1,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
