"""Opening a group: its label, its entry's run, its first order."""

from datetime import datetime
from decimal import Decimal

from tradecore.desk.decisions import Send
from tradecore.desk.entries import better_price
from tradecore.desk.groups import Group
from tradecore.desk.sending import send_new
from tradecore.desk.state import DeskState, EntryRun
from tradecore.model.instruments import Price
from tradecore.model.orders import Role
from tradecore.model.plans import PlannedOrder
from tradecore.model.terms import Limit, PriceTerms
from tradecore.risk.picture import OpenIntent, direction_of
from tradecore.risk.prices import Band, on_order_grid, step_price


def open_entry(
    state: DeskState, plan: PlannedOrder, intent_id: str, band: Band, worst: Decimal, now: datetime
) -> tuple[Send, str]:
    """Open the group of a plan that was confirmed and judged; its first order, and its label."""
    label = state.next_label(plan.label)
    group = Group(label=label, plan=plan, intent_id=intent_id, authority=f"ticket {intent_id}", opened_at=now)
    state.open_group(group)
    state.entries[intent_id] = EntryRun(intent_id=intent_id, group=label, worst=worst)
    send = send_new(
        state,
        group,
        role=Role.ENTRY,
        legs=plan.legs,
        quantity=plan.quantity,
        terms=_first_terms(state, plan, band, worst),
        authority=group.authority,
        reason=plan.reason,
        now=now,
    )
    intent = OpenIntent(at=now, strategy=plan.strategy, underlying=plan.underlying, direction=direction_of(plan.legs))
    state.day.remember(intent)
    return send, label


def _first_terms(state: DeskState, plan: PlannedOrder, band: Band, worst: Decimal) -> PriceTerms:
    if not plan.adaptive:
        return plan.terms
    start = step_price(Band(band.first, better_price(plan, band.worst, worst)), 0, state.limits.entry_steps or 1)
    return Limit(Price(on_order_grid(plan.legs, start)))
