"""Settings as a user of the commands meets them: the option, the file, the limits they tighten."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.entrypoints.test_cli import a_lean_folder, replaying

from entrypoints.cli.app import run


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The desk's home."""
    monkeypatch.setenv("TRADECORE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def outcome(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[dict[str, Any], str]:
    """The JSON object and the stderr of a command that succeeds."""
    assert run([*arguments, "--json"]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert isinstance(found, dict)
    return found, said.err


def test_the_option_names_the_file_for_every_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "desk.env"
    path.write_text("MAX_DAILY_LOSS=400\n")
    demo, _ = outcome(capsys, "--env-file", str(path), "demo")
    replay, _ = outcome(capsys, "--env-file", str(path), *replaying(a_lean_folder(tmp_path), "--limits", "recorded"))
    assert demo["limits_profile"] == "default, tightened by MAX_DAILY_LOSS"
    assert replay["limits_profile"] == "recorded, tightened by MAX_DAILY_LOSS"


def test_the_file_here_is_read_without_the_option(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DELTA_CAP=40\n")
    assert outcome(capsys, "demo")[0]["limits_profile"] == "default, tightened by DELTA_CAP"


def test_a_setting_that_changes_nothing_is_told_and_the_decisions_stay(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, silence = outcome(capsys, "demo")
    monkeypatch.setenv("CONFIRMATION_TIMEOUT", "90")
    asked, said = outcome(capsys, "demo")
    assert (asked["trace_sha256"], asked["limits_profile"]) == (plain["trace_sha256"], "default")
    assert silence == ""
    assert said.startswith("tradecore: CONFIRMATION_TIMEOUT: 90 changes nothing")


def test_the_loss_cap_of_the_environment_holds_in_the_demo(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_DAILY_LOSS", "1")
    found, _ = outcome(capsys, "demo")
    assert (found["orders"], found["refusals"] > 0) == (0, True)


def test_the_limits_of_the_settings_hold_unless_the_option_names_others(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TRADECORE_LIMITS", "recorded")
    replaying_it = replaying(a_lean_folder(tmp_path))
    assert outcome(capsys, *replaying_it)[0]["limits_profile"] == "recorded"
    assert outcome(capsys, *replaying_it, "--limits", "default")[0]["limits_profile"] == "default"


def test_every_problem_is_a_line_of_its_own_and_the_exit_code_is_78(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SERVER_PORT", "x")
    gone = tmp_path / "gone.env"
    assert run(["--env-file", str(gone), "demo"]) == 78
    assert capsys.readouterr().err.splitlines() == [
        f"tradecore: --env-file {gone}: no such file",
        "tradecore: SERVER_PORT: 'x' is not a port from 1 to 65535",
    ]


def test_a_demo_writes_and_prints_no_secret(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    for name in ("ALPACA_API_KEY_ID", "ALPACA_API_SECRET_KEY", "NEWS_API_KEY", "PAGERDUTY_API_KEY"):
        monkeypatch.setenv(name, "canary-7f3a9c")
    assert run(["demo"]) == 0
    said = capsys.readouterr()
    written = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert "canary" not in said.out + said.err
    assert b"canary" not in written
