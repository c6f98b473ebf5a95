"""The generated files say what the code says."""

import os
import re
from dataclasses import fields
from pathlib import Path

import pytest
from tools.reference_pages import GENERATORS, MEANINGS, OURS, ROOT, STATES
from tools.tools_page import ARGUMENTS, CODES, FIELDS, codes_in_source, listed_arguments, listed_fields

from entrypoints.settings import known_names, read_settings, variables
from tradecore.model.order_lifecycle import Step
from tradecore.model.orders import OrderState
from tradecore.risk.gate import CHECKS
from tradecore.risk.limits import Limits


@pytest.mark.parametrize("name", GENERATORS)
def test_a_committed_file_is_the_generated_one(name: str) -> None:
    page = (ROOT / name).read_text(encoding="utf-8")
    assert page == GENERATORS[name](), "rewrite it with `uv run nox -s reference_pages`"


def test_every_limit_and_state_is_explained() -> None:
    assert set(MEANINGS) == {field.name for field in fields(Limits)} - {"profile"}
    assert set(STATES) == set(OrderState)
    assert set(OURS) <= set(Step)


@pytest.mark.parametrize(
    ("code", "limit"),
    [
        ("daily_loss_budget", "`max_daily_loss`, `max_daily_loss_pct`"),
        ("expiry_clock", "`allow_early_close`"),
        ("options_buying_power", "quantity"),
        ("open_throttle", "time"),
    ],
)
def test_a_check_names_the_limits_it_reads_through_its_helpers(code: str, limit: str) -> None:
    row = next(line for line in GENERATORS["docs/reference/checks.md"]().splitlines() if line.startswith(f"| `{code}`"))
    assert limit in row


def test_every_check_has_a_row() -> None:
    page = GENERATORS["docs/reference/checks.md"]()
    assert [code for code in CHECKS if f"| `{code}` |" not in page] == []


def test_the_env_example_sets_each_setting_once_and_names_it_every_way() -> None:
    text = GENERATORS[".env.example"]()
    set_there = [line.partition("=")[0] for line in text.splitlines() if line and not line.startswith("#")]
    assert set_there == [variable.name for variable in variables()]
    assert [name for name in known_names() if not re.search(rf"\b{name}\b", text)] == []


def test_a_copy_of_the_env_example_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("TRADECORE_") or name in known_names():
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    plain = read_settings()
    (tmp_path / ".env").write_text(GENERATORS[".env.example"](), encoding="utf-8")
    copied = read_settings()
    assert copied.env_file == tmp_path / ".env"
    assert copied == plain.model_copy(update={"env_file": copied.env_file})


def test_the_page_of_settings_has_a_row_for_each() -> None:
    page = GENERATORS["docs/reference/settings.md"]()
    assert [variable.name for variable in variables() if f"| `{variable.name}` |" not in page] == []


def test_every_argument_field_and_code_of_the_mcp_server_is_explained() -> None:
    assert listed_arguments() <= set(ARGUMENTS)
    assert listed_fields() == set(FIELDS)
    assert codes_in_source() == set(CODES)
