"""One standing desk and the processes around it, each real and each killed when it hurts."""

import asyncio
import json
import shlex
import signal
import socket
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from tests.unit.entrypoints.standing.processes import (
    PROGRAM,
    end,
    environment,
    kill_thin_clients,
    run,
    standing_desk,
    stdio_client,
    type_at_terminal,
    wait_until,
)

from entrypoints.settings import Settings
from entrypoints.standing.desk_file import DESK_SOCKET, connected_socket, desk_stands

PASSPHRASE = "correct horse battery"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home whose desks are ended with the test."""
    yield tmp_path
    for found in tmp_path.glob("simulated/*/desk.json"):
        end(tmp_path, found.parent.name, signal.SIGKILL)


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.structured_content
    return dict(result.structured_content)


async def enter(client: Client, **arguments: Any) -> dict[str, Any]:
    """A filled entry, asked for again where the market ran away; the duplicate rule wants 30 market seconds between."""
    for _ in range(10):
        shown = await call(client, "orb_long_call", contracts=1, **arguments)
        done = await call(client, "confirm_order", confirm_token=shown["confirm_token"])
        if Decimal(done.get("filled_quantity", "0")):
            return done | {"confirm_token": shown["confirm_token"]}
        await asyncio.sleep(2)
    raise AssertionError("never filled")


def test_a_stop_fires_after_the_client_and_its_process_were_killed(home: Path) -> None:
    async def story() -> None:
        async with stdio_client(home, "--account", "claude") as client:
            await enter(client, stop_pct=2)
            desk = standing_desk(home, "claude")
            kill_thin_clients()
        assert standing_desk(home, "claude") == desk, "the desk does not die with the chat"
        async with stdio_client(home, "--account", "claude") as client:
            for _ in range(200):
                if not (await call(client, "get_positions"))["positions"]:
                    break
                await asyncio.sleep(0.1)
            (entry, *_) = (await call(client, "get_recent_orders"))["orders"]
            left = [child for child in entry["children"] if child["state"] == "FILLED" and child["role"] != "entry"]
            assert left, "somebody watched the stop"
            assert left[0]["role"] in ("stop", "target")
        end(home, "claude")
        assert not list(home.glob("simulated/claude/desk.*")), "a desk that ends in order leaves no door behind"

    asyncio.run(story())


def test_two_windows_on_one_account_share_one_desk(home: Path) -> None:
    async def story() -> None:
        async with stdio_client(home, "--account", "shared") as one:
            async with stdio_client(home, "--account", "shared", era="legacy") as other:
                shown = await call(one, "orb_long_call", contracts=1)
                done = await call(other, "confirm_order", confirm_token=shown["confirm_token"])
                assert done["status"] in ("confirmed", "preview")
                orders = [(await call(window, "get_recent_orders"))["orders"] for window in (one, other)]
                assert [o["order_id"] for o in orders[0]] == [o["order_id"] for o in orders[1]]
            assert (await call(one, "risk_check"))["desk"]["account"] == "shared"
        assert run(home, "serve", "--no-http", "--account", "shared").returncode != 0

    asyncio.run(story())


def test_without_an_account_each_client_embeds_a_fresh_desk_that_ends_with_it(home: Path) -> None:
    async def story() -> None:
        async with stdio_client(home) as one, stdio_client(home) as other:
            names = {(await call(client, "get_account_info"))["account"] for client in (one, other)}
            assert len(names) == 2
        wait_until(lambda: not list(home.glob(f"simulated/*/{DESK_SOCKET}")))

    asyncio.run(story())


def test_a_desk_that_was_killed_goes_on_where_it_was(home: Path) -> None:
    """kill -9 with a position: its socket fools nobody, position and stop are there again, nothing is doubled."""

    async def before() -> tuple[dict[str, Any], str]:
        async with stdio_client(home, "--account", "dead") as client:
            done = await enter(client, stop_pct=90)
            (held,) = (await call(client, "get_positions"))["positions"]
            return held, str(done["confirm_token"])

    held, token = asyncio.run(before())
    directory = home / "simulated" / "dead"
    end(home, "dead", signal.SIGKILL)
    wait_until(lambda: not desk_stands(directory))
    assert (directory / DESK_SOCKET).exists()

    async def after() -> None:
        async with stdio_client(home, "--account", "dead") as client:
            (again,) = (await call(client, "get_positions"))["positions"]
            names = ("group", "symbol", "quantity", "average_price", "stop", "target")
            assert {name: again[name] for name in names} == {name: held[name] for name in names}
            repeated = await call(client, "confirm_order", confirm_token=token)
            assert (repeated["replayed"], repeated["groups"]) == (True, [held["group"]])
            for _ in range(100):
                found = await call(client, "risk_check")
                if found["state"] == "ACTIVE":
                    break
                await asyncio.sleep(0.1)
            assert found["state"] == "ACTIVE", "the books agree, so it trades again"
            shown = await call(client, "flatten_all")
            await call(client, "confirm_order", confirm_token=shown["confirm_token"])

    asyncio.run(after())
    end(home, "dead")
    assert run(home, "audit", "replay", str(directory / "journal")).returncode == 0


def test_a_second_desk_refuses_and_names_the_holder(home: Path) -> None:
    async def story() -> None:
        async with stdio_client(home, "--account", "one") as client:
            await call(client, "risk_check")
            holder = standing_desk(home, "one").pid
            second = await asyncio.to_thread(run, home, "serve", "--no-http", "--account", "one")
            assert second.returncode == 1
            assert second.stderr.strip() == (
                f"tradecore: account one is held by process {holder}; end it or choose another account"
            )

    asyncio.run(story())


def test_the_operator_sets_a_passphrase_and_approves_at_a_terminal(home: Path) -> None:
    code, shown = type_at_terminal(home, ["approve", "--set-passphrase"], [PASSPHRASE, PASSPHRASE])
    assert code == 0, shown
    kept = home / "operator.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert PASSPHRASE not in shown + kept.read_text(encoding="utf-8")

    async def story() -> None:
        async with stdio_client(home, "--account", "ops", TRADECORE_WHO_CONFIRMS="operator") as client:
            shown = await call(client, "orb_long_call", contracts=1)
            asked = asyncio.ensure_future(client.call_tool("confirm_order", {"confirm_token": shown["confirm_token"]}))
            await asyncio.sleep(0.5)
            wrong = await asyncio.to_thread(type_at_terminal, home, ["approve"], ["not the passphrase"])
            assert wrong[0] != 0
            assert shown["headline"] in wrong[1].replace("\r\n", "")
            right = await asyncio.to_thread(type_at_terminal, home, ["approve"], [PASSPHRASE] * 5)
            assert right[0] == 0, right
            answer = (await asked).structured_content
            if answer["status"] == "refused":
                asked_again = await client.call_tool("confirm_order", {"confirm_token": shown["confirm_token"]})
                answer = asked_again.structured_content
            assert answer["status"] == "confirmed" or answer["error"]["code"] == "TOKEN_SUPERSEDED"

    asyncio.run(story())
    piped = run(home, "approve", "--set-passphrase")
    assert piped.returncode == 64
    assert "typed at a terminal" in piped.stderr


def test_kill_and_doctor_speak_with_the_standing_desk(home: Path) -> None:
    nothing = run(home, "kill")
    assert (nothing.returncode, "no desk stands" in nothing.stderr) == (1, True)

    async def story() -> None:
        async with stdio_client(home, "--account", "k") as client:
            await enter(client)
            done = await asyncio.to_thread(run, home, "kill", "--flatten", "--json", "--reason", "drill")
            assert done.returncode == 0
            assert json.loads(done.stdout)["k"]["held"] == []
            assert (await call(client, "risk_check"))["desk"]["state"] == "REDUCING"
            told = await asyncio.to_thread(run, home, "call", "get_recent_orders", "limit=1")
            assert told.returncode == 0, told.stderr
            assert len(json.loads(told.stdout)["orders"]) == 1
            no = await asyncio.to_thread(run, home, "call", "orb_long_put", "contracts=1")
            assert (no.returncode, json.loads(no.stdout)["error"]["code"]) == (1, "RISK_REFUSED")
            assert (await asyncio.to_thread(run, home, "call", "risk_check", "nonsense")).returncode == 64
            found = await asyncio.to_thread(run, home, "doctor", "--json")
            examined = json.loads(found.stdout)
            states = {one["name"]: one for one in examined["findings"]}
            assert states["desk"]["found"].startswith("simulated/k, process")
            assert "REDUCING" in states["desk"]["found"]
            command = examined["clients"]["claude_desktop"]["mcpServers"]["tradecore"]["command"]
            assert Path(command).is_absolute()

    asyncio.run(story())


def test_the_line_for_claude_code_names_directories_with_spaces_as_one_word_each(tmp_path: Path) -> None:
    home = tmp_path / "my desk"
    told = json.loads(run(home, "doctor", "--json").stdout)
    words = shlex.split(told["clients"]["claude_code"])
    assert words[:6] == ["claude", "mcp", "add", "tradecore", "--env", f"TRADECORE_HOME={home}"]


def test_the_socket_is_its_owner_s_and_refuses_other_versions_and_noise(home: Path) -> None:
    async def story() -> None:
        async with stdio_client(home, "--account", "door") as client:
            await call(client, "risk_check")
            directory = home / "simulated" / "door"
            assert (directory / DESK_SOCKET).stat().st_mode & 0o777 == 0o600
            for said, wanted in (
                (b'{"version": "0.0.0", "door": "mcp"}\n', "version 0.1.0"),
                (b'{"version": "0.1.0", "door": "vault"}\n', "no such door"),
                (b"hello?\n", "version"),
                (b"[1, 2]\n", "version"),
            ):
                answer = json.loads(await asyncio.to_thread(_ask, directory, said))
                assert not answer["ok"]
                assert wanted in answer["error"]
            assert (await call(client, "risk_check"))["desk"]["state"] == "ACTIVE"

    asyncio.run(story())


def test_a_secret_reaches_no_log_journal_answer_or_error(home: Path) -> None:
    canary = "c4n4ry" + "x" * 40
    secrets = {
        "ALPACA_API_KEY_ID": canary,
        "ALPACA_API_SECRET_KEY": canary,
        "TRADECORE_HTTP_KEYS": canary,
        "TRADECORE_SIM_KEY": canary,
        "TRADECORE_SIM_SECRET": canary,
        "PAGERDUTY_API_KEY": canary,
        "NEWS_API_KEY": canary,
        "DATABASE_URL": f"postgresql://desk:{canary}@127.0.0.1/desk",
        "REDIS_URL": "unix:///nowhere/socket",
        "REDIS_PASSWORD": canary,
        "TRADECORE_ALERT_WEBHOOK_URL": f"http://127.0.0.1:9/{canary}",
        "TRADECORE_HEARTBEAT_URL": f"http://127.0.0.1:9/{canary}",
    }
    assert {field.upper() for field in Settings.secret_fields()} == {n.removeprefix("TRADECORE_") for n in secrets}
    told: list[str] = []

    async def story() -> None:
        async with stdio_client(home, "--account", "quiet", TRADECORE_TOOLSETS="desk,crypto", **secrets) as client:
            for tool in (await client.list_tools()).tools:
                for arguments in ({}, {"nonsense": 1}, {"confirm_token": "x" * 43}, {"symbol": "BTC"}):
                    told.append(str(await client.call_tool(tool.name, dict(arguments))))
            for uri in ("desk://account", "desk://orders", "desk://positions", "desk://risk"):
                told.append(str(await client.read_resource(uri)))

    asyncio.run(story())
    for arguments in (
        ["doctor", "--json"],
        ["doctor"],
        ["kill"],
        ["approve", "--json"],
        ["serve", "--account", "quiet"],
    ):
        done = run(home, *arguments, **secrets)
        told += [done.stdout, done.stderr]
    wrong = run(home, "doctor", **(secrets | {"TRADECORE_HTTP_KEYS": f"{canary},{canary},{canary}", "SIM_SPEED": "no"}))
    told += [wrong.stdout, wrong.stderr]
    end(home, "quiet")
    files = [path.read_text(encoding="utf-8") for path in home.rglob("*") if path.is_file()]
    assert any("risk officer" in text or "nonsense" in text or "opening" in text for text in files), "there is a record"
    assert not [text for text in (*told, *files) if "c4n4ry" in text]


def test_half_messages_garbage_and_a_huge_line_are_told_and_the_connection_goes_on(home: Path) -> None:
    async def story() -> None:
        async with stdio_client(home, "--account", "noise") as client:
            await call(client, "risk_check")
            answers = await asyncio.to_thread(_make_noise, home / "simulated" / "noise")
            codes = [answer.get("error", {}).get("code") for answer in answers]
            assert codes[:3] == [-32700, -32700, -32700]
            assert answers[3]["result"]["serverInfo"]["name"] == "tradecore"
            assert (await call(client, "risk_check"))["desk"]["state"] == "ACTIVE"

    asyncio.run(story())


def _ask(directory: Path, said: bytes) -> bytes:
    with connected_socket(directory) as connection:
        connection.settimeout(10)
        connection.sendall(said)
        return connection.makefile("rb").readline()


def _make_noise(directory: Path) -> list[dict[str, Any]]:
    initialize = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "noise", "version": "1"},
        },
    }
    with connected_socket(directory) as connection:
        connection.settimeout(20)
        lines = connection.makefile("rb")
        connection.sendall(b'{"version": "0.1.0", "door": "mcp"}\n')
        assert json.loads(lines.readline())["ok"]
        for noise in (b'{"jsonrpc": "2.0", "id"\n', b"\xff\xfe\x00\n", b"x" * 10_000_000 + b"\n"):
            connection.sendall(noise)
        connection.sendall(json.dumps(initialize).encode() + b"\n")
        answers = [json.loads(lines.readline()) for _ in range(4)]
        connection.sendall(b'{"jsonrpc": "2.0", "id": 2, "method": "tools/ca')
        connection.shutdown(socket.SHUT_RDWR)
    return answers


def test_mcp_outside_a_client_says_so_in_one_line(home: Path) -> None:
    by_hand = run(home, "mcp")
    assert (by_hand.returncode, by_hand.stderr.count("\n")) == (64, 1)
    assert "standard input is no pipe" in by_hand.stderr
    with (home / "out").open("w") as output:
        into_a_file = subprocess.run(
            [*PROGRAM, "mcp"],
            env=environment(home),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert (into_a_file.returncode, into_a_file.stderr.count("\n")) == (64, 1)
    assert "standard output is no pipe" in into_a_file.stderr
