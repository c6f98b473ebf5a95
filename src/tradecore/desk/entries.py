"""Entries: improving an adaptive order's price, giving up, taking it back."""

from dataclasses import replace
from decimal import Decimal

from tradecore.desk.commands import CancelOrder, StepEntry
from tradecore.desk.decisions import (
    Action,
    CancelAtBroker,
    Decision,
    Done,
    Refused,
)
from tradecore.desk.groups import Group
from tradecore.desk.sending import send_new
from tradecore.desk.state import DeskState, EntryRun
from tradecore.model.alerts import Alert, Severity
from tradecore.model.instruments import Price
from tradecore.model.order_lifecycle import Step, take
from tradecore.model.orders import Order, OrderState, Role
from tradecore.model.plans import PlannedOrder
from tradecore.model.terms import Limit, Side
from tradecore.risk.gate import judge_opening
from tradecore.risk.prices import Band, on_order_grid, opening_band, step_price


def cancel_order(state: DeskState, command: CancelOrder) -> Decision:
    """Take the rest of an entry back; exits are not cancelled, they are replaced by closing the position."""
    if command.client_order_id in state.armed:
        return disarm_plan(state, command.client_order_id, "cancelled on request")
    order = state.orders.get(command.client_order_id)
    if order is None:
        known = ", ".join(o.client_order_id for o in state.orders.values() if o.may_be_at_venue) or "none working"
        why = f"no order {command.client_order_id[:64]}"
        return Decision(outcome=Refused(code="ORDER_UNKNOWN", message=why, next_step=f"working: {known}"))
    if order.is_ended:
        why = f"{order.client_order_id} is {order.state} already"
        return Decision(outcome=Refused(code="ORDER_ENDED", message=why, next_step="nothing to cancel"))
    if order.role is not Role.ENTRY:
        why = f"{order.client_order_id} is the {order.role} of {order.group} and lowers risk"
        return Decision(outcome=Refused(code="PROTECTIVE_ORDER", message=why, next_step="close the position instead"))
    state.entries.pop(state.groups[order.group].intent_id, None)
    return withdraw(state, (order,), "cancelled on request")


def disarm_plan(state: DeskState, plan_id: str, why: str) -> Decision:
    """Forget an armed plan, and say so."""
    plan = state.armed.pop(plan_id)
    alert = Alert("PLAN_DISARMED", Severity.WARNING, f"{plan_id} ({plan.strategy}) is disarmed: {why}")
    return Decision(outcome=Done(what=f"{plan_id} disarmed: {why}", order_ids=(plan_id,)), alerts=(alert,))


def withdraw(state: DeskState, orders: tuple[Order, ...], what: str) -> Decision:
    """Ask the broker to cancel the rest of these orders."""
    actions: list[Action] = []
    for order in orders:
        state.keep(take(order, Step.ASK_CANCEL))
        actions.append(CancelAtBroker(order.client_order_id))
    return Decision(outcome=Done(what=what, order_ids=tuple(o.client_order_id for o in orders)), actions=tuple(actions))


def step_entry(state: DeskState, command: StepEntry) -> Decision:
    """
    Move an adaptive entry on: withdraw it for the next price, send the next price, or give up after the last.

    The next price comes from fresh quotes, inside what the ticket authorised, and passes the gate again.
    """
    run = state.entries.get(command.intent_id)
    if run is None:
        return Decision(outcome=Done(what="entry is over"))
    group = state.groups[run.group]
    if not group.plan.adaptive:
        return Decision(outcome=Done(what="entry rests with its own terms"))
    last = state.orders[[i for i in group.order_ids if state.orders[i].role is Role.ENTRY][-1]]
    if last.state in (OrderState.UNKNOWN, OrderState.PENDING_CANCEL, OrderState.SUBMITTED):
        return Decision(outcome=Done(what=f"entry waits: {last.state}", order_ids=(last.client_order_id,)))
    if not command.fills_known:
        state.entries.pop(run.intent_id)
        return Decision(outcome=Done(what="entry ends: the venue does not say what its last order filled"))
    if last.may_be_at_venue:
        return _next_or_withdraw(state, run, group, last, command)
    return _send_next(state, run, group, command)


def _next_or_withdraw(state: DeskState, run: EntryRun, group: Group, last: Order, command: StepEntry) -> Decision:
    steps = state.limits.entry_steps or 1
    run.step += 1
    if run.step >= steps:
        state.entries.pop(run.intent_id)
        return withdraw(state, (last,), "entry not filled at its worst price: cancelled")
    price = _price_now(state, run, group.plan, command)
    resting = isinstance(last.terms, Limit) and last.terms.price == run.worst
    if resting or (isinstance(last.terms, Limit) and price == last.terms.price):
        return Decision(outcome=Done(what="entry keeps its price", order_ids=(last.client_order_id,)))
    run.withdrawing = True
    return withdraw(state, (last,), "entry withdrawn for its next price")


def _send_next(state: DeskState, run: EntryRun, group: Group, command: StepEntry) -> Decision:
    entries = state.entry_orders(group)
    filled = sum((order.cumulative_quantity for order in entries), Decimal(0))
    if filled < sum((order.begun_quantity for order in entries), Decimal(0)):
        state.entries.pop(run.intent_id)
        return Decision(outcome=Done(what="entry ends: its legs filled apart"))
    plan = replace(group.plan, quantity=group.plan.quantity - filled, group=group.label)
    price = _price_now(state, run, plan, command)
    state.entries.pop(run.intent_id)
    if price is None or plan.quantity < 1:
        return Decision(outcome=Done(what="entry ends: nothing left to fill or no price inside the ticket's band"))
    verdict = judge_opening(state.picture(plan, command.view, command.at))
    if not verdict.approved:
        why = "; ".join(check.message for check in verdict.failed)
        return Decision(outcome=Done(what=f"entry ends, the gate refuses its next price: {why}"))
    state.entries[run.intent_id] = run
    run.withdrawing = False
    send = send_new(
        state,
        group,
        role=Role.ENTRY,
        legs=plan.legs,
        quantity=plan.quantity,
        terms=Limit(Price(price)),
        authority=group.authority,
        reason=f"price step {run.step + 1}",
        now=command.at,
    )
    outcome = Done(what=f"entry repriced to {price}", order_ids=(send.order.client_order_id,))
    return Decision(outcome=outcome, actions=(send,))


def _price_now(state: DeskState, run: EntryRun, plan: PlannedOrder, command: StepEntry) -> Decimal | None:
    band = opening_band(plan.legs, command.view, state.limits)
    if band is None or is_outside(plan.legs[0].side, len(plan.legs), band.first, run.worst):
        return None
    worst = better_price(plan, band.worst, run.worst)
    price = step_price(Band(band.first, worst), run.step, state.limits.entry_steps or 1)
    return on_order_grid(plan.legs, price)


def better_price(plan: PlannedOrder, one: Decimal, other: Decimal) -> Decimal:
    """The one of two prices that is better for us."""
    selling = len(plan.legs) == 1 and plan.legs[0].side is Side.SELL
    return max(one, other) if selling else min(one, other)


def is_outside(side: Side, legs: int, first: Decimal, worst: Decimal) -> bool:
    """Whether the market (its mid) is worse than the worst price a ticket allows."""
    return first < worst if legs == 1 and side is Side.SELL else first > worst
