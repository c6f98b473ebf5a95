"""One trace from the tool call to the broker's word, at a collector's own door, and its id in the journal."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from gzip import decompress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.unit.entrypoints.standing.processes import end, environment, run, stdio_client
from tests.unit.entrypoints.standing.test_processes import call, enter

from adapters.jsonl.journal import read_entries


@dataclass(slots=True)
class Collected:
    """Spans as (trace, name, parent span, own id) in the order they came."""

    url: str
    spans: list[tuple[str, str, str, str]] = field(default_factory=list)

    def names_of(self, trace: str) -> set[str]:
        return {name for found, name, _, _ in self.spans if found == trace}


@contextmanager
def collector() -> Iterator[Collected]:
    """What a collector is to a program that traces: POST /v1/traces with protobuf."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = decompress(body)
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    found.spans += [
                        (one.trace_id.hex(), one.name, one.parent_span_id.hex(), one.span_id.hex())
                        for one in scope.spans
                    ]
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Collected(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


def test_one_trace_leads_from_the_confirmation_to_the_fill_and_stands_in_the_journal(tmp_path: Path) -> None:
    async def story(url: str) -> None:
        async with stdio_client(tmp_path, "--account", "traced", OTEL_EXPORTER_OTLP_ENDPOINT=url) as client:
            await enter(client)
            await call(client, "get_positions")

    with collector() as found:
        asyncio.run(story(found.url))
        end(tmp_path, "traced")
    entries = list(read_entries(tmp_path / "simulated" / "traced" / "journal"))
    fills = [entry for entry in entries if entry.kind == "event" and entry.body["event"]["is"] == "Filled"]
    trace = fills[0].body["trace_id"]
    names = found.names_of(trace)
    assert {"tools/call confirm_order", "desk Redeem", "journal durable", "broker submit", "broker Filled"} <= names
    redeemed = [e for e in entries if e.kind == "command" and e.body["command"]["is"] == "Redeem"]
    assert trace in {entry.body["trace_id"] for entry in redeemed}
    ids = {name: own for of, name, _, own in found.spans if of == trace}
    parents = {name: parent for of, name, parent, _ in found.spans if of == trace}
    assert parents["broker Filled"] == ids["broker submit"], "what the broker says hangs below what was sent"


def test_without_a_collector_named_nothing_is_traced_and_a_dead_one_holds_nobody_up(tmp_path: Path) -> None:
    async def story(account: str, **more: str) -> None:
        async with stdio_client(tmp_path, "--account", account, **more) as client:
            await enter(client)

    asyncio.run(story("quiet"))
    end(tmp_path, "quiet")
    entries = list(read_entries(tmp_path / "simulated" / "quiet" / "journal"))
    assert not [entry for entry in entries if "trace_id" in entry.body]
    asyncio.run(story("unheard", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9"))
    end(tmp_path, "unheard")


@pytest.mark.parametrize("address", ["collector:4318", "http://", "http://me:secret@host:1"])
def test_an_address_that_is_none_is_one_clear_line(tmp_path: Path, address: str) -> None:
    told = run(tmp_path, "doctor", OTEL_EXPORTER_OTLP_ENDPOINT=address)
    assert told.returncode != 0
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in told.stdout + told.stderr
    assert "secret" not in told.stdout + told.stderr


def test_the_program_starts_without_the_sdk(tmp_path: Path) -> None:

    everything = (
        "import sys\n"
        "for name in ('opentelemetry.sdk', 'opentelemetry.exporter'): sys.modules[name] = None\n"
        "import entrypoints.cli.app, entrypoints.mcp_server.standing_server\n"
    )
    done = subprocess.run([sys.executable, "-c", everything], env=environment(tmp_path), check=False, timeout=60)
    assert done.returncode == 0
