"""A third strategy needs a class and an entry point and nothing else; it may trade several legs."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.unit.entrypoints.mcp_server.desk_and_clients import Desk, at_the_desk
from tests.unit.recorded_days import breakout_path, write_lean_day

from entrypoints.cli.app import run
from entrypoints.mcp_server.server import offered_tools
from tradecore.strategies.orb_long_call import OrbLongCall

DAY = date(2023, 8, 3)
PLUGIN = """
from dataclasses import dataclass
from datetime import time
from decimal import Decimal

from tradecore.model.instruments import Right
from tradecore.model.plans import NoProposal, Proposal, Protection, Signal, SizeRequest
from tradecore.model.terms import Leg, Side
from tradecore.strategies.strategy import parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    width: int = parameter("Dollars between the strikes.", 2)


class CallSpread:
    name = "call_spread"
    summary = "Buy the call at the money, sell one higher, once the session is half an hour old."
    Parameters = Parameters

    def propose(self, facts, parameters):
        if facts.chain is None or facts.quote is None:
            return NoProposal(strategy=self.name, missing="a chain")
        calls = {c.strike: c for c in facts.chain.contracts if c.right is Right.CALL}
        low = min(calls, key=lambda strike: abs(strike - facts.quote.mid))
        due = (facts.now - facts.session.opens).total_seconds() >= 1800
        return Proposal(
            strategy=self.name,
            label="SPREAD",
            legs=(Leg(calls[low], Side.BUY), Leg(calls[low + parameters.width], Side.SELL)),
            size=SizeRequest(contracts=Decimal(1)),
            protection=Protection(stop_pct=Decimal(50), target_pct=Decimal(60), out_by=time(10, 30)),
            signal=Signal(present=due, why="half an hour has passed" if due else "too early"),
            reason="a spread",
        )
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed distribution with one entry point, as pip would leave it."""
    site = tmp_path / "site"
    info = site / "callspread-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "callspread.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: callspread\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tradecore.strategies]\ncall_spread = callspread:CallSpread\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("TRADECORE_HOME", str(tmp_path / "home"))
    write_lean_day(tmp_path / "lean", "SPY", DAY, breakout_path(scale=5, most=6))
    return tmp_path / "lean"


def replay_spread(folder: Path) -> list[str]:
    arguments = ["replay", str(folder), "--symbol", "SPY", "--date", str(DAY), "--strategy", "call_spread"]
    return [*arguments, "--limits", "recorded", "--json"]


def journal_of(found: dict[str, Any]) -> list[dict[str, Any]]:
    lines = (Path(found["journal"]) / "000001.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_a_strategy_that_is_installed_but_not_allowed_does_not_run(
    plugin: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(replay_spread(plugin)) == 64
    assert "no strategy 'call_spread'; allowed: iron_condor_30_delta, lotto_play_5_delta" in capsys.readouterr().err


def test_an_allowed_plug_in_trades_a_spread_as_one_order_and_closes_it_as_one(
    plugin: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRADECORE_STRATEGIES", "call_spread")
    code = run(replay_spread(plugin))
    found = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (found["orders"], found["child_orders"], found["positions_open"]) == (1, 1, 0)
    fills = [
        e["body"]["event"] for e in journal_of(found) if e["kind"] == "event" and e["body"]["event"]["is"] == "Filled"
    ]
    assert [fill["side"] for fill in fills] == ["buy", "sell", "sell", "buy"]
    assert len({fill["client_order_id"] for fill in fills}) == 2
    signed = sum((1 if f["side"] == "buy" else -1) * float(f["price"]) * 100 for f in fills)
    assert float(found["realized_pnl"]) == pytest.approx(-signed, abs=1e-9)
    assert found["audit"]["decisions_different"] == 0


def test_a_plug_in_under_another_name_than_its_entry_point_is_refused(
    plugin: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    points = plugin.parent / "site" / "callspread-1.0.dist-info" / "entry_points.txt"
    points.write_text("[tradecore.strategies]\nother_name = callspread:CallSpread\n")
    monkeypatch.setenv("TRADECORE_STRATEGIES", "other_name")
    assert run(replay_spread(plugin)) == 78
    assert "'other_name' is not a strategy of that name" in capsys.readouterr().err


def test_a_plug_in_that_does_not_load_is_one_line_and_hides_no_other(
    plugin: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It raises on import; the desk starts without it, and the strategy beside it trades."""
    site = plugin.parent / "site"
    (site / "broken.py").write_text("raise RuntimeError('no licence')\n")
    points = site / "callspread-1.0.dist-info" / "entry_points.txt"
    points.write_text("[tradecore.strategies]\ncall_spread = callspread:CallSpread\nbroken = broken:Broken\n")
    monkeypatch.setenv("TRADECORE_STRATEGIES", "broken,call_spread")
    assert run(replay_spread(plugin)) == 0
    assert json.loads(capsys.readouterr().out)["orders"] == 1
    lines = [record.getMessage() for record in caplog.records if "left out" in record.getMessage()]
    assert lines
    assert set(lines) == {"strategy broken is left out: broken:Broken does not load (RuntimeError('no licence'))"}


def test_a_strategy_can_not_take_the_name_of_a_tool_of_the_desk(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(desk: Desk) -> None:
        class Impostor(OrbLongCall):
            name = "flatten_all"

        desk.floor.strategies = {**desk.floor.strategies, "flatten_all": Impostor()}
        tools = offered_tools(desk.floor, ("desk",), read_only=False)
        assert "stop_pct" not in tools["flatten_all"].arguments.model_fields
        assert "strategy flatten_all is not offered: the desk has a tool of that name" in caplog.messages

    at_the_desk(tmp_path, story)
