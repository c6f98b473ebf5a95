"""`tradecore crypto run`, `crypto report` and `serve --role` as a user meets them."""

import asyncio
import io
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from redis import Redis
from rich.console import Console
from tests.redis_server import redis_server
from tests.unit.entrypoints.standing.processes import PROGRAM, environment

import entrypoints.wiring
from entrypoints.cli.app import run
from entrypoints.cli.crypto_view import view
from entrypoints.http_server.crypto_door import health_of
from entrypoints.settings import Settings
from entrypoints.wiring.crypto_house import crypto_house
from tradecore.microstructure.report_schema import REPORT_SCHEMA


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str, code: int) -> str:
    """A command that must fail with one line on stderr."""
    assert run(list(arguments)) == code
    text = capsys.readouterr().err
    assert "Traceback" not in text
    assert len(text.strip().splitlines()) == 1
    return text


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["crypto", "report", "BTC"], 78, "REDIS_URL"),
        (["crypto", "run", "--feed", "replay"], 64, "--file"),
        (["crypto", "run", "--symbols", "BTC"], 64, "--symbols"),
        (["crypto", "run", "--feed", "kraken"], 64, "kraken"),
        (["crypto", "run", "--feed", "replay", "--file", "gone.gz"], 64, "gone.gz"),
        (["serve", "--role", "crypto-feed"], 78, "REDIS_URL"),
        (["serve", "--role", "crypto-analytics", "--account", "a"], 64, "--account"),
        (["serve", "--role", "crypto"], 64, "crypto"),
    ],
)
def test_wrong_use_is_told_in_one_line(
    arguments: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told in complaint(capsys, *arguments, code=code)


def test_a_feeding_role_needs_a_feed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("REDIS_URL", "unix:///nowhere")
    assert "CRYPTO_FEED" in complaint(capsys, "serve", "--role", "crypto-feed", "--no-http", code=78)


@pytest.mark.parametrize("url", ["redis://localhost:port", "redis://localhost:6379/x?db=y"])
def test_an_address_that_no_client_understands_is_told_without_being_shown(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDIS_URL", url)
    text = complaint(capsys, "crypto", "report", "BTC", code=78)
    assert "REDIS_URL" in text
    assert url not in text


def test_a_server_that_is_gone_and_a_wrong_password_are_backend_unavailable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with redis_server() as server:
        monkeypatch.setenv("REDIS_URL", server.url)
        assert "indexed: nothing yet" in complaint(capsys, "crypto", "report", "BTC", code=1)
        with Redis.from_url(server.url) as client:
            client.config_set("requirepass", "right-word")
        assert "backend_unavailable" in complaint(capsys, "crypto", "report", "BTC", code=1)
        monkeypatch.setenv("REDIS_PASSWORD", "right-word")
        assert "indexed: nothing yet" in complaint(capsys, "crypto", "report", "BTC", code=1)
        monkeypatch.setenv("REDIS_PASSWORD", "canary-word")
        text = complaint(capsys, "crypto", "report", "BTC", code=1)
        assert "backend_unavailable" in text
        assert "canary" not in text
        server.stop()
        assert "backend_unavailable" in complaint(capsys, "crypto", "report", "BTC", code=1)


def test_without_the_extra_one_line_names_it_and_everything_else_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "redis" or "redis" in name.split(".")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "entrypoints.wiring.crypto_redis", raising=False)
    monkeypatch.delattr(entrypoints.wiring, "crypto_redis", raising=False)
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.setenv("REDIS_URL", "redis://localhost")
    assert "tradecore[redis]" in complaint(capsys, "crypto", "report", "BTC", code=78)
    everything = (
        "import sys; sys.modules['redis'] = sys.modules['hiredis'] = None\n"
        "import entrypoints.cli.app, entrypoints.cli.crypto_run, entrypoints.cli.crypto_role\n"
        "import entrypoints.mcp_server.standing_server, entrypoints.http_server.crypto_door\n"
    )
    done = subprocess.run([sys.executable, "-c", everything], env=environment(tmp_path), check=False, timeout=60)
    assert done.returncode == 0


def test_a_run_prints_valid_fresh_reports_and_ends_in_order_with_ctrl_c(tmp_path: Path) -> None:
    command = [*PROGRAM, "crypto", "run", "--feed", "simulated", "--symbols", "btcusdt", "--seed", "3", "--json"]
    with subprocess.Popen(
        command, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        first, second = json.loads(process.stdout.readline()), json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
    for report in (first, second):
        jsonschema.validate(report, REPORT_SCHEMA)
        assert report["symbol"] == "BTCUSDT"
    assert (second["fresh"], second["ingestion"]["status"]) == (True, "ok")
    assert process.returncode == 0
    assert b"ended in order" in told
    assert b"Traceback" not in told


def test_what_a_run_keeps_in_redis_can_be_read_while_it_runs(tmp_path: Path) -> None:
    with redis_server() as server:
        given = environment(tmp_path, REDIS_URL=server.url)
        with subprocess.Popen([*PROGRAM, "crypto", "run"], env=given, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            line = process.stdout.readline().decode()
            command = [*PROGRAM, "crypto", "report", "eth", "--sections", "prices,flow", "--json"]
            read = subprocess.run(command, env=given, capture_output=True, check=False, timeout=60)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
    assert line.startswith("BTCUSDT: last ")
    assert read.returncode == 0, read.stderr
    found = json.loads(read.stdout)
    assert found["symbol"] == "ETHUSDT"
    assert "depth" not in found


def test_a_replay_tells_every_pair_of_its_recording_and_ends_by_itself(tmp_path: Path) -> None:
    recording = tmp_path / "pairs.txt"
    recording.write_text("\n".join(_recorded("SOLUSDT", "ADAUSDT")))
    command = [*PROGRAM, "crypto", "run", "--feed", "replay", "--file", str(recording), "--speed", "0", "--json"]
    done = subprocess.run(command, env=environment(tmp_path), capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    last = {report["symbol"]: report for report in map(json.loads, done.stdout.splitlines())}
    assert set(last) == {"ADAUSDT", "SOLUSDT"}
    for report in last.values():
        jsonschema.validate(report, REPORT_SCHEMA)
    touches = {symbol: report["prices"]["best_bid"] for symbol, report in last.items()}
    assert touches == {"ADAUSDT": {"price": 200.0, "quantity": 3.0}, "SOLUSDT": {"price": 100.0, "quantity": 3.0}}


def _recorded(*symbols: str) -> Iterator[str]:
    """A snapshot and a change of each pair, as Binance's combined streams tell them."""
    for number, symbol in enumerate(symbols, 1):
        at, bid, ask = 1_700_000_000_000 + number, f"{number}00.00", f"{number}01.00"
        yield _line(at, {"lastUpdateId": 10, "bids": [[bid, "1"]], "asks": [[ask, "1"]]}, symbol)
        change = {"e": "depthUpdate", "E": at, "s": symbol, "U": 11, "u": 11, "b": [[bid, "3"]], "a": []}
        yield _line(at, change, symbol)


def _line(at: int, data: dict[str, object], symbol: str) -> str:
    return f"{at * 1_000_000} {json.dumps({'stream': f'{symbol.lower()}@depth@100ms', 'data': data})}"


def _found_of_redis(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    run(["doctor", "--json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    return next((each["status"], each["found"]) for each in findings if each["name"] == "redis")


def test_doctor_asks_the_server_and_shows_neither_address_nor_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("TRADECORE_HOME", str(tmp_path))
    with redis_server() as server:
        monkeypatch.setenv("REDIS_URL", server.url)
        status, found = _found_of_redis(capsys)
        assert (status, found.partition(" ")[0]) == ("ok", "version")
        with Redis.from_url(server.url) as client:
            client.config_set("requirepass", "right-word")
        monkeypatch.setenv("REDIS_PASSWORD", "canary-word")
        status, found = _found_of_redis(capsys)
        assert status == "failed"
        assert "canary" not in found
    assert _found_of_redis(capsys) == ("failed", "REDIS_URL does not answer: ConnectionError")


def test_a_live_view_says_why_a_pair_has_no_report() -> None:
    words = "backend_unavailable: Redis: gone"
    console = Console(width=200, file=io.StringIO())
    console.print(view({"BTCUSDT": words}))
    assert words in console.file.getvalue()  # type: ignore[attr-defined]


def test_a_feeding_process_that_is_silent_says_why() -> None:
    async def story() -> None:
        settings = Settings(crypto_feed="simulated", crypto_symbols=("BTCUSDT",))
        house = crypto_house(settings, feeds=True, works=False)
        try:
            assert health_of(house, "crypto-feed").model_dump() == {
                "status": "not_ready",
                "live": True,
                "ready": False,
                "role": "crypto-feed",
                "symbols": ["BTCUSDT"],
                "why": "no events came",
            }
        finally:
            await house.close()

    asyncio.run(story())
