"""
A desk as production serves it, for the conformance suite, which can send no key: every request gets one.

`python -m tests.e2e.conformance.desk HOME [--fixtures]` prints its URL and ends when its input
is closed.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.e2e.conformance.fixtures import add_fixtures

from entrypoints.http_server.app import MCP_PATH
from entrypoints.http_server.http_door import guarded_app
from entrypoints.http_server.keys import http_keys
from entrypoints.http_server.listening import listen
from entrypoints.limits_in_force import limits_in_force
from entrypoints.mcp_server.server import DeskServer
from entrypoints.mcp_server.standing_server import standing_server
from entrypoints.settings import Settings
from entrypoints.wiring.standing import standing_house

KEY = "key-of-the-conformance-suite-0123456789"
_REQUESTS_PER_MINUTE = 100_000


class WithKey:
    """Lets every request through with the key; address and page are checked as in production."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = [*scope["headers"], (b"authorization", f"Bearer {KEY}".encode())]
        await self._app({**scope, "headers": given}, receive, send)


@asynccontextmanager
async def door(server: DeskServer, settings: Settings) -> AsyncIterator[str]:
    """Production's checks and paths on a free port of this machine; the URL of MCP."""
    listener = listen(settings, "127.0.0.1", 0, said="the suite", instead="")
    sessions = StreamableHTTPSessionManager(server.protocol)
    async with sessions.run():
        app = WithKey(guarded_app(server, sessions, settings, http_keys(settings, lambda: KEY), listener))
        serving = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="warning", timeout_graceful_shutdown=1))
        task = asyncio.create_task(serving.serve(sockets=[listener.socket]))
        try:
            yield f"{listener.url}{MCP_PATH}"
        finally:
            server.end_streams()
            serving.should_exit = True
            await task


async def stand(home: Path, *, fixtures: bool) -> None:
    """Serve until standard input is closed."""
    settings = Settings(home=home, http_keys=KEY, http_requests_per_minute=_REQUESTS_PER_MINUTE)
    house = standing_house(settings, limits_in_force(settings)[0], account=None, purpose="conformance")
    async with standing_server(house, settings, None) as server:
        if fixtures:
            add_fixtures(server)
        async with door(server, settings) as url:
            print(url, flush=True)
            await asyncio.get_running_loop().run_in_executor(None, os.read, 0, 1)


if __name__ == "__main__":
    asyncio.run(stand(Path(sys.argv[1]), fixtures="--fixtures" in sys.argv[2:]))
