"""The generated pages of the manual say what the code says."""

from dataclasses import fields

import pytest
from tools.reference_pages import GENERATORS, MEANINGS, OURS, PAGES, STATES

from tradecore.model.order_lifecycle import Step
from tradecore.model.orders import OrderState
from tradecore.risk.gate import CHECKS
from tradecore.risk.limits import Limits


@pytest.mark.parametrize("name", GENERATORS)
def test_a_committed_page_is_the_generated_one(name: str) -> None:
    page = (PAGES / name).read_text(encoding="utf-8")
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
    row = next(line for line in GENERATORS["checks.md"]().splitlines() if line.startswith(f"| `{code}`"))
    assert limit in row


def test_every_check_has_a_row() -> None:
    page = GENERATORS["checks.md"]()
    assert [code for code in CHECKS if f"| `{code}` |" not in page] == []
