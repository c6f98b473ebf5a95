"""Gate, preview and redemption: the desk alone, no journal, no port."""

from decimal import Decimal

from adapters.jsonl.entry_codec import write_line
from benchmarks.desk_scene import a_scene
from benchmarks.peer_process import Peers
from benchmarks.timing import Against, Goal, Pace, Row, compare, each, together
from tradecore.model.encoding import encode
from tradecore.risk.gate import judge_opening


def gate(pace: Pace, peers: Peers) -> list[Row]:
    """Every check of the gate."""
    scene = a_scene()
    return compare(
        "gate, all 34 checks",
        each(lambda: judge_opening(scene.picture), pace.calls(1000)),
        Against("10 Decimal operations", together(_decimals, pace.calls(3000)), Goal(figure=100)),
        Against("Nautilus RiskEngine.execute", peers.nautilus.job("risk_engine")),
        pace=pace,
    )


def preview(pace: Pace, peers: Peers) -> list[Row]:
    """Desk.preview with ticket."""
    scene = a_scene()
    return compare(
        "preview: band, sizing, gate, figures, ticket",
        each(scene.preview, pace.calls(400)),
        Against("gate alone", each(lambda: judge_opening(scene.picture), pace.calls(400))),
        Against("Nautilus order_factory.limit + submit_order", peers.nautilus.job("submit")),
        pace=pace,
    )


def preview_and_redeem(pace: Pace, peers: Peers) -> list[Row]:
    """Preview and redeem to the ConfirmedOrder, on a fresh desk each time."""
    scene = a_scene()
    return compare(
        "preview + redeem to the ConfirmedOrder",
        each(scene.preview_and_redeem, pace.calls(300)),
        Against("preview alone", each(scene.preview_on_fresh_desk, pace.calls(300)), Goal(figure=400)),
        Against("Nautilus order_factory.limit + submit_order", peers.nautilus.job("submit")),
        pace=pace,
    )


def record_encoding(pace: Pace, _: Peers) -> list[Row]:
    """A preview's journal record: encoding command and decision."""
    scene = a_scene()
    command, decision = scene.recorded()
    body = {"command": encode(command), "decision": encode(decision)}
    return compare(
        "encode a preview and its decision",
        each(lambda: (encode(command), encode(decision)), pace.calls(500)),
        Against(
            "orjson + sha256 of it",
            each(
                lambda: write_line(1, "0" * 64, "2026-11-20T17:00:00.000000Z", "command", body),
                pace.calls(500),
            ),
        ),
        pace=pace,
    )


def _decimals() -> Decimal:
    total, factor, step = Decimal("1.01"), Decimal("1.01"), Decimal("0.01")
    for _ in range(5):
        total = total * factor - step
    return total
