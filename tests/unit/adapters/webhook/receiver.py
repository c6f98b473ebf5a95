"""A receiver of webhooks on this machine, in a thread: what it was sent, and what it is told to answer."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass(slots=True)
class Plan:
    """How one request is answered."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    after_s: float = 0.0


@dataclass(slots=True)
class Receiver:
    """`plans` are used up one a request, then everything is taken."""

    port: int
    requests: list[Request] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook/s3cr3t-token"

    def wait_for(self, count: int, seconds: float = 20.0) -> None:
        """Wait until so many requests came."""
        deadline = time.monotonic() + seconds
        while len(self.requests) < count:
            assert time.monotonic() < deadline, f"{len(self.requests)} of {count} came"
            time.sleep(0.01)


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """Receive on any free port, or on this one."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._take()

        def do_GET(self) -> None:
            self._take()

        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            receiver.requests.append(Request(self.command, self.path, dict(self.headers), body))
            plan = receiver.plans.pop(0) if receiver.plans else Plan()
            time.sleep(plan.after_s)
            self.send_response(plan.status)
            for name, value in {"Content-Length": str(len(plan.body)), **plan.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(plan.body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    receiver = Receiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
