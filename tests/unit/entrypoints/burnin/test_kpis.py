"""A burn-in says GO only when every objective is met and no session is missing."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from entrypoints.burnin.outcome import Outcome
from entrypoints.burnin.report import summary, verdict, write_report


def an_outcome(number: int = 0, **changes: Any) -> Outcome:
    """A session as it should be: 6.5 hours, one order, one fill, all well."""
    facts: dict[str, Any] = {
        "number": number,
        "seed": number + 1,
        "regime": "usual",
        "day": "2026-11-20",
        "half_day": False,
        "session_s": 23_400.0,
        "orders": 200,
        "fills": 2,
        "loss_cap": 500.0,
        "worst_loss": 120.0,
        "net": -35.5,
        "dollars": [(0, 0.0), (5, -120.0), (10, -35.5)],
        "journal": "whole",
        "work": {"preview": [0.01, 0.02], "risk_check": [0.001], "kill_switch": [0.002]},
        "chain": [0.005],
        "tick_to_order": [0.004],
        "confirm_to_order": [0.006],
        "fills_near_mid": [True],
    }
    return Outcome(**(facts | changes))


def test_sessions_as_they_should_be_are_a_go() -> None:
    go, found = verdict([an_outcome(0), an_outcome(1)], 2)
    assert go, [kpi for kpi in found if not kpi.met]


@pytest.mark.parametrize(
    ("trouble", "failed"),
    [
        ({"worst_loss": 500.01}, "daily_loss_beyond_cap"),
        ({"unintended": ["tc-x-0"]}, "unintended_trades"),
        ({"delta_breaches": 1}, "delta_breaches"),
        ({"differences": ["cash"]}, "books_that_differ"),
        ({"positions_left": 1}, "positions_left"),
        ({"journal": "broken"}, "journals_broken"),
        ({"errors": ["boom"]}, "errors"),
        # 3 of 400 orders are 0.75 %.
        ({"rejects": 3}, "rejected_orders"),
        # 235 of 46,800 seconds are more than half a percent.
        ({"down_s": 235.0}, "uptime"),
        ({"crashes": 1}, "recovery"),
        ({"crashes": 1, "recovered_s": [301.0]}, "recovery"),
        ({"chain": [1.5, 1.5]}, "chain"),
        ({"tick_to_order": [0.6, 0.6]}, "tick_to_order"),
        ({"confirm_to_order": [0.6, 0.6]}, "confirm_to_order"),
        ({"work": {"preview": [0.3] * 4, "risk_check": [0.001], "kill_switch": [0.01]}}, "preview"),
        ({"work": {"preview": [0.01], "risk_check": [0.2] * 4, "kill_switch": [0.01]}}, "risk_check"),
        ({"work": {"preview": [0.01], "risk_check": [0.01], "kill_switch": [1.1]}}, "kill_switch"),
        ({"fills_near_mid": [False]}, "fills_near_mid"),
    ],
)
def test_each_objective_that_is_missed_is_a_no_go_by_its_name(trouble: dict[str, Any], failed: str) -> None:
    go, found = verdict([an_outcome(0), an_outcome(1, **trouble)], 2)
    assert not go
    assert failed in [kpi.name for kpi in found if not kpi.met]


def test_a_missing_session_is_a_no_go_and_so_is_a_burn_in_that_measured_nothing() -> None:
    assert not verdict([an_outcome()], 2)[0]
    assert not verdict([an_outcome(chain=[], work={}, confirm_to_order=[], orders=0)], 1)[0]


def test_the_report_is_json_markdown_and_two_charts_that_can_be_read(tmp_path: Path) -> None:
    outcomes = [an_outcome(0), an_outcome(1, regime="half day", errors=["it broke"], net=12.0)]
    told = summary(outcomes, 2, 1, "0.0.0")
    write_report(tmp_path, outcomes, told)
    read = json.loads((tmp_path / "report.json").read_text())
    assert (read["verdict"], read["net"], read["sessions"]) == ("NO-GO", -23.5, 2)
    page = (tmp_path / "report.md").read_text()
    assert page.startswith("# Burn-in: NO-GO")
    assert "session 1 (seed 2), errors: it broke" in page
    for name, drawn in (("results.svg", "rect"), ("days.svg", "polyline")):
        chart = ElementTree.parse(tmp_path / name)
        assert len(chart.findall(f".//{{http://www.w3.org/2000/svg}}{drawn}")) >= len(outcomes)
