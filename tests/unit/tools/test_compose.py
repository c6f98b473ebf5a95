"""The compose file starts commands that exist with settings that hold; no container is run here."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from tools.reference_pages import ROOT

from entrypoints.cli.app import run
from entrypoints.settings import known_names, read_settings

COMPOSE: Final[dict[str, Any]] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))
OURS: Final = {name: one for name, one in COMPOSE["services"].items() if one.get("image") == "tradecore"}
GIVEN: Final = {"REDIS_PASSWORD": "a-word", "TRADECORE_HTTP_KEYS": "k" * 32}


def environment(service: dict[str, Any]) -> dict[str, str]:
    """As compose would fill it in with the two variables that must be given."""
    filled = {}
    for name, text in service["environment"].items():
        found = re.fullmatch(r"\$\{(\w+)(?::-(.*)|:\?.*)?\}", str(text))
        filled[name] = str(text) if found is None else GIVEN.get(found[1]) or found[2]
    return filled


def test_the_parts_are_there() -> None:
    assert set(COMPOSE["services"]) == {"redis", "feed", "analytics", "desk"}
    assert set(OURS) == {"feed", "analytics", "desk"}


@pytest.mark.parametrize("name", OURS)
def test_a_part_runs_a_command_that_exists_with_settings_that_hold(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in known_names():
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment(OURS[name]).items():
        assert variable in known_names()
        monkeypatch.setenv(variable, value)
    settings = read_settings()
    assert settings.redis_url is not None
    assert settings.redis_password is not None
    assert run([*OURS[name]["command"], "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


@pytest.mark.parametrize("name", OURS)
def test_a_part_has_no_rights_it_does_not_need(name: str) -> None:
    service = OURS[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_no_secret_is_written_down() -> None:
    text = (ROOT / "deploy/compose.yaml").read_text(encoding="utf-8")
    for name in ("REDIS_PASSWORD", "TRADECORE_HTTP_KEYS"):
        assert all(value.startswith("${") for value in re.findall(rf"^ +{name}: (.+)$", text, re.MULTILINE))
    image = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    assert ".env" not in image.replace("ENV ", "")
    assert (ROOT / ".dockerignore").read_text(encoding="utf-8").startswith("*\n")


def test_the_image_runs_as_nobody_in_particular() -> None:
    image = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^USER 10001$", image, re.MULTILINE)
    assert "HEALTHCHECK" in image
