"""Answers of use cases as JSON: decimals as text, times as UTC RFC 3339, text from outside in fields of its own."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from entrypoints.mcp_server.untrusted import stripped, untrusted
from tradecore.desk.decisions import Figures, PositionGreeks, Preview
from tradecore.model.money import Money
from tradecore.model.plans import PlannedOrder
from tradecore.model.sessions import NEW_YORK
from tradecore.model.terms import Leg
from tradecore.risk.verdict import CheckResult, Verdict
from tradecore.usecases.answers import (
    ConfirmAnswer,
    HeadroomAnswer,
    OrderFamily,
    OrderLine,
    PnlAnswer,
    PositionLine,
    PreviewAnswer,
)
from tradecore.usecases.desk_line import DeskLine
from tradecore.usecases.explaining import Explanation
from tradecore.usecases.orders import terms_text
from tradecore.usecases.outlook import Outlook, total_figures
from tradecore.usecases.updates import Update

Json = dict[str, Any]
_MINUTES_A_DAY: Final = 1440


def text(value: Decimal | Money | None) -> str | None:
    """A decimal as text; None stays None."""
    if value is None:
        return None
    return format(value.amount if isinstance(value, Money) else value, "f")


def utc(at: datetime) -> str:
    """An instant as UTC RFC 3339, to the millisecond."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def desk(line: DeskLine) -> Json:
    """The block every answer carries."""
    return {
        "mode": line.mode,
        "account": line.account,
        "state": line.state.name,
        "day_pnl": text(line.day_pnl),
        "budget_left": text(line.budget_left),
        "data_age_s": text(line.data_age_s),
        "time": utc(line.now),
        "exchange_time": line.now.astimezone(NEW_YORK).strftime("%a %Y-%m-%d %H:%M:%S ET"),
    }


def update(one: Update) -> Json:
    """One thing that happened."""
    found = {"id": str(one.number), "at": utc(one.at), "kind": one.kind, "subject": one.subject}
    found["text"] = stripped(one.text)
    said = untrusted(one.said, "broker")
    return found | ({"said": said} if said else {})


def preview(answer: PreviewAnswer, ahead: Outlook, expires_in_s: int, quotes: Json, mode: str, account: str) -> Json:
    """A preview as a person can act on it."""
    first = answer.previews[0] if answer.previews else None
    figures = total_figures(answer.previews)
    rendered: Json = {
        "status": "preview",
        "mode": mode,
        "account": account,
        "headline": answer.headline,
        "confirm_token": answer.confirm_token,
        "expires_in_s": expires_in_s,
        "who_confirms": str(answer.confirmer),
        "intent_id": answer.intent_id,
        "strategy": first.plan.strategy if first else str(answer.kind),
        "plan": plan(first.plan, first.figures) if first else None,
        "sizing": _sizing(first),
        **money_figures(figures),
        "greeks": greeks(figures.greeks) if figures else None,
        "signal": _signal(first),
        **quotes,
        "risk": risk(first.verdict) if first else None,
        **before_and_after(ahead),
    }
    if len(answer.previews) > 1:
        rendered["plans"] = [plan(one.plan, one.figures) for one in answer.previews]
    if answer.changed:
        rendered["changed"] = [{"field": name, "old": old, "new": new} for name, old, new in answer.changed]
    return rendered


def _signal(shown: Preview | None) -> Json | None:
    if shown is None or shown.signal is None:
        return None
    return {"present": shown.signal.present, "why": stripped(shown.signal.why)}


def _sizing(shown: Preview | None) -> Json | None:
    if shown is None or shown.sizing is None:
        return None
    sizing = shown.sizing
    return {
        "method": sizing.method,
        "budget": text(sizing.budget),
        "per_unit_worst": text(sizing.per_unit_worst),
        "quantity": text(sizing.quantity),
    }


def money_figures(figures: Figures | None) -> Json:
    """Dollars of one order; a null loss or profit is unbounded."""
    if figures is None:
        return {}
    return {
        "cost": text(figures.cost),
        "fees": text(figures.fees),
        "max_loss": text(figures.max_loss),
        "max_profit": text(figures.max_profit),
        "planned_loss": text(figures.planned_loss),
        "worst_loss": text(figures.worst_loss),
        "break_evens": [text(value) for value in figures.break_evens],
    }


def plan(order: PlannedOrder, figures: Figures | None) -> Json:
    """What exactly would be sent, and how it would be left."""
    out_by = order.protection.out_by if order.protection else None
    return {
        "legs": legs(order.legs, order.quantity),
        "quantity": text(order.quantity),
        "order_type": "adaptive_limit"
        if order.adaptive and order.group is None
        else terms_text(order.terms).split()[0],
        "order_class": order.order_class,
        "first_price": text(order.first_price),
        "worst_price": text(order.worst_price),
        "time_in_force": str(order.time_in_force),
        "stop": text(figures.stop) if figures else None,
        "target": text(figures.target) if figures else None,
        "out_by": f"{out_by:%H:%M} ET" if out_by else None,
        "closes": order.group,
        "reason": stripped(order.reason),
    }


def legs(these: Iterable[Leg], quantity: Decimal) -> list[Json]:
    """Legs with the quantity each trades."""
    return [
        {"symbol": leg.instrument.symbol, "side": str(leg.side), "quantity": text(leg.ratio * quantity)}
        for leg in these
    ]


def greeks(total: PositionGreeks) -> Json:
    """Position totals in share-equivalents; theta per minute and per day, vega per volatility point."""
    per_minute = total.theta_per_minute
    return {
        "delta": _rounded(total.delta, 2),
        "gamma": _rounded(total.gamma, 4),
        "theta_per_minute": _rounded(per_minute, 4),
        "theta_per_day": _rounded(None if per_minute is None else per_minute * _MINUTES_A_DAY, 2),
        "vega": _rounded(total.vega_per_point, 4),
    }


def risk(verdict: Verdict) -> Json:
    """The gate's verdict with every check."""
    return {
        "approved": verdict.approved,
        "checks": [check(one) for one in verdict.checks],
        "smallest_change": changes((c.argument, c.value) for c in verdict.smallest_change),
        "flagged": list(verdict.flagged),
    }


def check(one: CheckResult) -> Json:
    """One check with its figures."""
    found: Json = {"name": one.name, "passed": one.passed, "measured": one.measured, "limit": one.limit}
    return found if one.passed else found | {"why": one.message}


def changes(pairs: Iterable[tuple[str, str]]) -> list[Json]:
    """Arguments with the value each would have to take, as a tool takes it."""
    return [{"argument": name, "value": _argument(value)} for name, value in pairs]


def _argument(value: str) -> str | int | float:
    try:
        number = float(value)
    except ValueError:
        return value
    return int(number) if number.is_integer() else number


def before_and_after(ahead: Outlook) -> Json:
    """Delta, loss budget and the day's result at once after a move (percent -> dollars), without and with the order."""
    return {
        "before": {
            "delta": _rounded(ahead.delta_before, 2),
            "loss_budget": text(ahead.budget_before),
            "pnl": {str(text(move)): text(before) for move, before, _ in ahead.pnl},
        },
        "after": {
            "delta": _rounded(ahead.delta_after, 2),
            "loss_budget": text(ahead.budget_after),
            "pnl": {str(text(move)): text(after) for move, _, after in ahead.pnl},
        },
    }


def confirmation(answer: ConfirmAnswer, state: str, ordered: list[Json]) -> Json:
    """What a redeemed ticket became; `ordered` are the legs of its newest order."""
    lead = answer.orders[-1] if answer.orders else None
    return {
        "status": answer.status,
        "order_id": lead.client_order_id if lead else None,
        "client_order_id": lead.client_order_id if lead else None,
        "state": lead.state.name if lead else state,
        "legs": ordered,
        "groups": list(answer.groups),
        "filled_quantity": text(answer.filled_quantity),
        "average_price": text(answer.average_price),
        "protection": list(answer.protection),
        "armed": list(answer.armed),
        "replayed": answer.replayed,
        "orders": [order(one) for one in answer.orders],
    }


def order(line: OrderLine) -> Json:
    """One order."""
    return {
        "order_id": line.client_order_id,
        "client_order_id": line.client_order_id,
        "group": line.group,
        "role": line.role,
        "legs": line.legs,
        "quantity": text(line.quantity),
        "filled_quantity": text(line.filled_quantity),
        "average_price": text(line.average_price),
        "terms": line.terms,
        "state": line.state.name,
        "reason": stripped(line.reason),
        "created_at": utc(line.created_at),
    }


def family(one: OrderFamily) -> Json:
    """An entry with the orders that came of it."""
    found = order(one.entry) | {"strategy": one.strategy, "children": [_child(child) for child in one.children]}
    note = untrusted(one.note, "note")
    return found | ({"note": note} if note else {})


def _child(line: OrderLine) -> Json:
    shown = order(line)
    return {name: shown[name] for name in ("order_id", "role", "quantity", "filled_quantity", "terms", "state")} | {
        "average_price": shown["average_price"]
    }


def position(line: PositionLine) -> Json:
    """One holding of a group."""
    return {
        "group": line.group,
        "strategy": line.strategy,
        "symbol": line.symbol,
        "quantity": text(line.quantity),
        "average_price": text(line.average_price),
        "mark": text(line.mark),
        "unrealised": text(line.unrealised),
        "stop": text(line.stop),
        "target": text(line.target),
    }


def pnl(answer: PnlAnswer) -> Json:
    """The trading day's result; a null is a missing mark."""
    return {
        "day": answer.day,
        "realised": text(answer.realised),
        "fees": text(answer.fees),
        "unrealised": text(answer.unrealised),
        "total": text(answer.total),
        "missing": list(answer.missing),
        "wins": answer.wins,
        "losses": answer.losses,
        "trades": answer.trades,
    }


def headroom(answer: HeadroomAnswer) -> Json:
    """What may still be risked today."""
    return {
        "state": answer.state.upper(),
        "reason": stripped(answer.reason),
        "daily_cap": text(answer.daily_cap),
        "loss_today": text(answer.loss_today),
        "committed": text(answer.committed),
        "budget_left": text(answer.budget_left),
        "trades_left": answer.trades_left,
        "groups_left": answer.groups_left,
        "missing_limits": list(answer.missing_limits),
    }


def explanation(found: Explanation) -> Json:
    """Why something is as it is."""
    return {
        "subject": found.subject,
        "what": found.what,
        "why": stripped(found.why),
        "next_step": found.next_step,
        "set_by": found.set_by,
        "figures": [check(one) for one in found.figures],
        "smallest_change": changes(found.smallest_change),
        "order": order(found.order) if found.order else None,
        "history": [update(one) for one in found.history],
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
