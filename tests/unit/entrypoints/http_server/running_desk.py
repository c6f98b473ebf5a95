"""A standing desk with its HTTP door open, in a thread of the test's process, and ways to talk to it."""

import asyncio
import http.client
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from entrypoints.http_server.http_door import http_door
from entrypoints.http_server.keys import http_keys
from entrypoints.http_server.listening import Listener, listen
from entrypoints.limits_in_force import limits_in_force
from entrypoints.mcp_server.standing_server import standing_server
from entrypoints.settings import Settings
from entrypoints.standing.desk_file import DeskFile, read_desk_file
from entrypoints.wiring.standing import StandingHouse, standing_house

KEY = "first-key-of-the-tests-0123456789abcdef"
OTHER_KEY = "other-key-of-the-tests-0123456789abcdef"
_COMES_UP_WITHIN_S = 20.0
_PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body of one answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class RunningDesk:
    """A desk that is up; `house` may only be looked at."""

    listener: Listener
    house: StandingHouse
    loop: asyncio.AbstractEventLoop

    @property
    def url(self) -> str:
        return self.listener.url

    @property
    def port(self) -> int:
        return self.listener.port

    @property
    def file(self) -> DeskFile | None:
        return read_desk_file(self.house.directory)

    def ask(
        self,
        path: str,
        *,
        key: str | None = KEY,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request, as curl would send it."""
        sent = ({} if key is None else {"Authorization": f"Bearer {key}"}) | dict(headers or {})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE_S)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    @asynccontextmanager
    async def client(self, era: str, key: str = KEY) -> AsyncIterator[Client]:
        """A real MCP client with this key; `era` is auto or legacy."""
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=_PATIENCE_S) as http_client:
            transport = streamable_http_client(f"{self.url}/mcp", http_client=http_client)
            async with Client(transport, mode=era) as client:
                yield client


@contextmanager
def running_desk(home: Path, **given: Any) -> Iterator[RunningDesk]:
    """A desk on any free port of the loopback address, with these settings beside the two keys of the tests."""
    settings = Settings(home=home, **{"http_keys": f"{KEY},{OTHER_KEY}", **given})
    up: list[RunningDesk] = []
    ended: list[asyncio.Event] = []
    began = threading.Event()

    async def stand() -> None:
        listener = listen(settings, "127.0.0.1", 0, said="a test", instead="")
        keys = http_keys(settings, lambda: KEY)
        house = standing_house(settings, limits_in_force(settings)[0], account=None, purpose="test")
        async with (
            standing_server(house, settings, listener.url) as server,
            http_door(server, settings, keys, listener),
        ):
            ended.append(asyncio.Event())
            up.append(RunningDesk(listener, house, asyncio.get_running_loop()))
            began.set()
            await ended[0].wait()

    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(stand())
        except BaseException as failure:  # noqa: BLE001 - told to the test below
            failures.append(failure)
        began.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert began.wait(_COMES_UP_WITHIN_S)
    try:
        if up:
            if up[0].listener.tls is None:
                _wait_until_ready(up[0])
            yield up[0]
    finally:
        for event in ended:
            up[0].loop.call_soon_threadsafe(event.set)
        thread.join(_COMES_UP_WITHIN_S)
    if failures:
        raise failures[0]


def _wait_until_ready(desk: RunningDesk) -> None:
    deadline = time.monotonic() + _COMES_UP_WITHIN_S
    while desk.ask("/health/ready", key=None).status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
