"""`serve` and `mcp --http` as programs: what they print, how they refuse, how they end."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from entrypoints.cli.app import run

KEY = "key-of-the-tests-0123456789-0123456789"
JSON = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
LISTENING = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "subscriptions/listen",
    "params": {
        "notifications": {"resourceSubscriptions": ["desk://orders"]},
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        },
    },
}


@dataclass(slots=True)
class Program:
    """A started program and what it printed so far."""

    process: subprocess.Popen[bytes]
    log: Path
    home: Path

    @property
    def printed(self) -> str:
        return self.log.read_text()

    def address(self) -> tuple[str, int]:
        """Host and port of the line it prints once it stands."""
        deadline = time.monotonic() + 30
        while (found := re.search(r"http://([\d.]+):(\d+)/mcp", self.printed)) is None:
            assert self.process.poll() is None, self.printed
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return found[1], int(found[2])

    def end(self, with_signal: signal.Signals) -> tuple[int, float]:
        """Its exit code, and the seconds it took to end."""
        began = time.monotonic()
        self.process.send_signal(with_signal)
        return self.process.wait(20), time.monotonic() - began


@contextmanager
def program(home: Path, *arguments: str) -> Iterator[Program]:
    """`tradecore` with these arguments, ended with the test."""
    log = home.with_suffix(".log")
    environment = {**os.environ, "TRADECORE_HOME": str(home)}
    command = [sys.executable, "-m", "entrypoints.cli", *arguments]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, env=environment)
    try:
        yield Program(process, log, home)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def test_a_desk_with_open_streams_and_hung_clients_ends_in_order_within_seconds(tmp_path: Path) -> None:
    with program(tmp_path / "home", "mcp", "--http", "127.0.0.1:0") as desk:
        host, port = desk.address()
        key = (desk.home / "http.key").read_text().strip()
        stream = http.client.HTTPConnection(host, port, timeout=20)
        headers = JSON | {"Authorization": f"Bearer {key}", "Mcp-Protocol-Version": "2026-07-28"}
        headers["Mcp-Method"] = "subscriptions/listen"
        stream.request("POST", "/mcp", json.dumps(LISTENING), headers)
        opened = stream.getresponse()
        with socket.create_connection((host, port)) as silent, socket.create_connection((host, port)) as hung:
            silent.sendall(b"GET /health HT")
            hung.sendall(f"POST /mcp HTTP/1.1\r\nHost: {host}:{port}\r\nX-API-Key: {key}\r\n".encode())
            hung.sendall(b"Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{")
            time.sleep(0.2)
            code, seconds = desk.end(signal.SIGTERM)
        told = opened.read().decode()
        stream.close()
        assert opened.status == 200
        assert "notifications/subscriptions/acknowledged" in told
        assert '"result"' in told, "the client is told that the stream has ended"
        assert (code, seconds < 6) == (0, True)
        lines = desk.printed.splitlines()
        assert len(lines) == 2
        stands = r"tradecore: desk mcp-1 stands \(simulated\), http://\S+/mcp with the key in \S+/http.key, \S+"
        assert re.fullmatch(stands, lines[0])
        assert lines[1] == "tradecore: the desk ended in order"
        assert key not in desk.printed
        assert not list(desk.home.rglob("desk.json"))


def test_serve_opens_the_door_of_the_settings_and_ctrl_c_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("SERVER_PORT", str(port))
    monkeypatch.setenv("TRADECORE_HTTP_KEYS", KEY)
    with program(tmp_path / "home", "serve", "--account", "mine") as desk:
        assert desk.address() == ("127.0.0.1", port)
        file = json.loads((desk.home / "simulated" / "mine" / "desk.json").read_text())
        code, seconds = desk.end(signal.SIGINT)
        assert file["http"] == f"http://127.0.0.1:{port}"
        assert (code, seconds < 6) == (0, True)
        assert "with the key in TRADECORE_HTTP_KEYS, " in desk.printed
        assert KEY not in desk.printed
        assert not (desk.home / "http.key").exists()


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["serve"], "set SERVER_PORT to another, or serve with --no-http"),
        (["mcp", "--http", "127.0.0.1:{}"], "name another port in --http"),
    ],
)
def test_a_port_in_use_is_told_in_one_line_and_no_desk_is_begun(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    advice: str,
) -> None:
    monkeypatch.setenv("TRADECORE_HOME", str(tmp_path / "home"))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv("SERVER_PORT", str(port))
        assert run([argument.format(port) for argument in arguments]) == 1
    line = f"tradecore: another program listens on 127.0.0.1:{port}; {advice}\n"
    assert capsys.readouterr() == ("", line)
    assert not (tmp_path / "home" / "simulated").exists()


@pytest.mark.parametrize("address", ["", "8000", "127.0.0.1", "127.0.0.1:", ":8000", "127.0.0.1:x", "a:65536", "::1:1"])
def test_a_bad_address_is_told_in_one_line(capsys: pytest.CaptureFixture[str], address: str) -> None:
    assert run(["mcp", "--http", address]) == 64
    assert capsys.readouterr().err == "tradecore: --http takes HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000\n"


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "192.0.2.1", "desk.example.com"])
def test_other_machines_are_not_let_in_by_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    monkeypatch.setenv("TRADECORE_HOME", str(tmp_path / "home"))
    assert run(["mcp", "--http", f"{host}:0"]) == 78
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("tradecore: --http: ") and "lets other machines in" in line for line in lines)
    assert not (tmp_path / "home").exists()


def test_a_certificate_that_is_none_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRADECORE_HOME", str(tmp_path / "home"))
    (tmp_path / "no.pem").write_text("no certificate")
    for name in ("TRADECORE_TLS_CERT", "TRADECORE_TLS_KEY"):
        monkeypatch.setenv(name, str(tmp_path / "no.pem"))
    assert run(["mcp", "--http", "127.0.0.1:0"]) == 78
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("tradecore: TRADECORE_TLS_CERT, TRADECORE_TLS_KEY: certificate and key can't be read")
