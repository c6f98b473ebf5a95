"""What a session came to: one JSON object, or tables for a person."""

from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from entrypoints.runtime import SessionRecorder
from entrypoints.wiring import House, read_entries, verify
from tradecore.model.sessions import exchange_time
from tradecore.usecases.audit import ReplayReport, replay
from tradecore.usecases.orders import recent_orders


def summarise(house: House, recorder: SessionRecorder) -> dict[str, Any]:
    """The session's counts, money and audit, after its journal was closed."""
    floor = house.floor
    tally = recorder.tally
    result = floor.desk.day.result(house.session.day)
    journal = house.directory / "journal"
    found = verify(journal)
    again: ReplayReport = replay(read_entries(journal))
    net = result.realised - result.fees
    return {
        "mode": house.mode,
        "account": floor.desk.opening.account,
        "symbol": floor.underlying.symbol,
        "date": str(house.session.day),
        "seed": house.seed,
        "chain": house.chain,
        "limits_profile": floor.desk.opening.limits.profile,
        "previews": tally.previews,
        "refusals": tally.refusals,
        "orders": tally.orders,
        "child_orders": tally.child_orders,
        "fills": tally.fills,
        "incidents": tally.incidents,
        "positions_open": sum(len(group.holdings) for group in floor.desk.groups),
        "realized_pnl": format(result.realised.amount, "f"),
        "fees": format(result.fees.amount, "f"),
        "net_pnl": format(net.amount, "f"),
        "trades": {"count": sum(floor.desk.day.trades.values()), "wins": result.wins, "losses": result.losses},
        "journal": str(journal),
        "audit": {
            "entries": found.entries,
            "verdict": str(found.state),
            "head": str(found.head),
            "decisions_replayed": again.decisions,
            "decisions_different": again.different,
        },
        "trace_sha256": floor.trace.hexdigest,
    }


def is_clean(summary: dict[str, Any]) -> bool:
    """Flat, whole, and decided the same again."""
    audit = summary["audit"]
    return not summary["positions_open"] and audit["verdict"] == "whole" and not audit["decisions_different"]


def print_json(content: dict[str, Any]) -> None:
    """One JSON object on stdout."""
    print(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())


def print_report(console: Console, house: House, summary: dict[str, Any]) -> None:
    """Orders, P&L and the audit's verdict as tables."""
    orders = Table(title="Orders", title_justify="left", header_style="bold")
    for name in ("time ET", "group", "order", "role", "legs", "filled", "average", "state"):
        orders.add_column(name, justify="right" if name in ("filled", "average") else "left")
    lines = [line for line in recent_orders(house.floor, 1000)[::-1] if line.filled_quantity]
    for line in lines:
        average = f"{line.average_price:.4f}".rstrip("0").rstrip(".") if line.average_price is not None else ""
        filled = f"{line.filled_quantity}/{line.quantity}"
        at = exchange_time(line.created_at)
        orders.add_row(at, line.group, line.client_order_id, line.role, line.legs, filled, average, str(line.state))
    if lines:
        console.print(orders)
    money = Table(title=f"P&L {summary['date']}", title_justify="left", header_style="bold")
    for name in ("trades", "won", "lost", "realized", "fees", "net"):
        money.add_column(name, justify="right")
    won, lost = summary["trades"]["wins"], summary["trades"]["losses"]
    cells = [
        str(summary["trades"]["count"]),
        str(won),
        str(lost),
        summary["realized_pnl"],
        summary["fees"],
        summary["net_pnl"],
    ]
    money.add_row(*cells)
    console.print(money)
    audit = summary["audit"]
    same = (
        "all decided the same again" if not audit["decisions_different"] else f"{audit['decisions_different']} DIFFER"
    )
    console.print(
        f"audit: {audit['verdict']}, {audit['entries']} entries, {audit['decisions_replayed']} decisions, {same}"
    )
    console.print(f"journal: {summary['journal']}", soft_wrap=True)
    console.print(f"seed {summary['seed']} · trace {summary['trace_sha256']}", soft_wrap=True)
