"""The sentence a person reads before saying yes; written here, never by the model."""

from decimal import Decimal

from tradecore.desk.decisions import Figures, Preview, Previewed, TicketKind
from tradecore.desk.opening import DeskOpening
from tradecore.model.plans import PlannedOrder
from tradecore.model.terms import Side, legs_text, short_name


def headline(opening: DeskOpening, outcome: Previewed) -> str:
    """Mode and account first, then each order with its worst price and what it can lose."""
    mark = f"{opening.mode.upper()} ·{opening.account[-4:]}"
    kind, standing = outcome.kind, outcome.standing
    if kind is TicketKind.LIFT:
        return f"{mark}: LIFT THE KILL SWITCH; opening orders are possible again"
    if kind is TicketKind.ADJUST:
        return f"{mark}: LEAVE LATER: {outcome.adjusts}"
    if standing is not None:
        return f"{mark}: ARM {standing.terms_text}; now it would {_order(outcome.previews[0])}"
    return f"{mark}: {'; '.join(_order(preview) for preview in outcome.previews)}"


def _order(preview: Preview) -> str:
    plan = preview.plan
    return _closing(plan) if plan.group is not None else _opening(plan, preview.figures)


def _closing(plan: PlannedOrder) -> str:
    verb, legs = _verb(plan), _legs(plan)
    if plan.first_price is None:
        price = "at market"
    elif len(plan.legs) == 1:
        price = f"at {plan.first_price} or what it takes"
    else:
        price = f"for {_net(plan.first_price)} or what it takes"
    return f"CLOSE {plan.group}: {verb} {plan.quantity} {legs} {price}"


def _opening(plan: PlannedOrder, figures: Figures) -> str:
    several = len(plan.legs) > 1
    verb, worst = _verb(plan), plan.worst_price
    if not several or worst is None:
        bound = "≥" if verb == "SELL" else "≤"
        parts = [f"{verb} {plan.quantity} {_legs(plan)} {bound} {worst}"]
    else:
        bound = "≤" if worst >= 0 else "≥"
        kind = "debit" if worst >= 0 else "credit"
        parts = [f"TRADE {plan.quantity} of {_legs(plan)} for a {kind} {bound} {_price(abs(worst))}"]
    if figures.stop is not None:
        level = _leaving(figures.stop) if several else _price(figures.stop)
        parts.append(f"stop {level} = −{figures.planned_loss} planned, −{figures.worst_loss} worst")
    else:
        parts.append(f"−{figures.worst_loss} worst")
    if figures.target is not None:
        parts.append(f"target {_leaving(figures.target) if several else _price(figures.target)}")
    return "; ".join(parts)


def _verb(plan: PlannedOrder) -> str:
    if len(plan.legs) > 1:
        return "TRADE"
    return "BUY" if plan.legs[0].side is Side.BUY else "SELL"


def _legs(plan: PlannedOrder) -> str:
    return short_name(plan.legs[0].instrument) if len(plan.legs) == 1 else legs_text(plan.legs)


def _net(price: Decimal) -> str:
    return f"a debit of {_price(price)}" if price >= 0 else f"a credit of {_price(-price)}"


def _leaving(value: Decimal) -> str:
    """What leaving a combination pays, or costs."""
    return f"when leaving costs {_price(-value)}" if value < 0 else f"when leaving brings {_price(value)}"


def _price(value: Decimal) -> str:
    return f"{value:.2f}"
