"""The sentence a person reads before saying yes; written here, never by the model."""

from decimal import Decimal

from tradecore.desk.decisions import Preview, TicketKind
from tradecore.desk.opening import DeskOpening
from tradecore.model.terms import Side, legs_text, short_name


def headline(opening: DeskOpening, kind: TicketKind, previews: tuple[Preview, ...], adjusts: str = "") -> str:
    """Mode and account first, then each order with its worst price and what it can lose."""
    mark = f"{opening.mode.upper()} ·{opening.account[-4:]}"
    if kind is TicketKind.LIFT:
        return f"{mark}: LIFT THE KILL SWITCH; opening orders are possible again"
    if kind is TicketKind.ADJUST:
        return f"{mark}: LEAVE LATER: {adjusts}"
    return f"{mark}: {'; '.join(_order(preview) for preview in previews)}"


def _order(preview: Preview) -> str:
    plan, figures = preview.plan, preview.figures
    one = plan.legs[0]
    legs = short_name(one.instrument) if len(plan.legs) == 1 else legs_text(plan.legs)
    verb = ("BUY" if one.side is Side.BUY else "SELL") if len(plan.legs) == 1 else "TRADE"
    if plan.group is not None:
        price = "at market" if plan.first_price is None else f"at {plan.first_price} or what it takes"
        return f"CLOSE {plan.group}: {verb} {plan.quantity} {legs} {price}"
    bound = "≤" if verb != "SELL" else "≥"
    parts = [f"{verb} {plan.quantity} {legs} {bound} {plan.worst_price}"]
    if figures.stop is not None:
        parts.append(f"stop {_price(figures.stop)} = −{figures.planned_loss} planned, −{figures.worst_loss} worst")
    else:
        parts.append(f"−{figures.worst_loss} worst")
    if figures.target is not None:
        parts.append(f"target {_price(figures.target)}")
    return "; ".join(parts)


def _price(value: Decimal) -> str:
    return f"{value:.2f}"
