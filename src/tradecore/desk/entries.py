"""Entries: redeeming a ticket into an adaptive order, improving its price, taking it back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from tradecore.desk.bookings import loss_latch
from tradecore.desk.commands import CancelOrder, PreviewClose, PreviewLift, Redeem, StepEntry
from tradecore.desk.decisions import (
    Action,
    CancelAtBroker,
    Confirmed,
    Decision,
    Done,
    Previewed,
    Refused,
    Replayed,
    TicketKind,
)
from tradecore.desk.exits import close_group
from tradecore.desk.groups import Group
from tradecore.desk.previews import HALTED, issue_opening, judge_proposal, preview_close, preview_lift, refusal
from tradecore.desk.sending import send_new
from tradecore.desk.state import DeskState, EntryRun
from tradecore.desk.tickets import Ticket, TicketState
from tradecore.model.alerts import Alert, Severity
from tradecore.model.instruments import Price
from tradecore.model.order_lifecycle import Step, take
from tradecore.model.orders import Order, OrderState, Role
from tradecore.model.plans import PlannedOrder
from tradecore.model.terms import Limit, PriceTerms, Side
from tradecore.risk.gate import judge_opening
from tradecore.risk.picture import OpenIntent, TradingState, direction_of
from tradecore.risk.prices import Band, on_order_grid, opening_band, step_price


def redeem(state: DeskState, command: Redeem) -> Decision:
    """Carry a ticket out once; the same token again answers with the first result."""
    ticket = state.tickets.find(command.token_hash, command.principal)
    if ticket is None:
        why = "no ticket of this account and principal has that token"
        return Decision(outcome=Refused(code="TOKEN_UNKNOWN", message=why, next_step="preview again"))
    given = dict(ticket.arguments)
    for name, value in command.given:
        if given.get(name) != value:
            why = f"{name} is {value} here and {given.get(name, 'absent')} in the ticket"
            step = "repeat the call with the ticket's arguments, or preview again"
            return Decision(outcome=Refused(code="TOKEN_MISMATCH", message=why, next_step=step))
    if ticket.state is TicketState.REDEEMED:
        return Decision(outcome=Replayed(intent_id=ticket.intent_id))
    if ticket.state is TicketState.SUPERSEDED:
        why = "a newer preview of the same request replaced this ticket"
        return Decision(outcome=Refused(code="TOKEN_SUPERSEDED", message=why, next_step="confirm the newer one"))
    if command.at >= ticket.expires_at:
        return _fresh(state, ticket, command)
    return _REDEEMERS[ticket.kind](state, ticket, command)


def cancel_order(state: DeskState, command: CancelOrder) -> Decision:
    """Take the rest of an entry back; exits are not cancelled, they are replaced by closing the position."""
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


def entry_filled(state: DeskState, group: Group) -> Decimal:
    """Units of a group's entry that were filled, over all of its price steps."""
    mine = (state.orders[order_id] for order_id in group.order_ids)
    return sum((order.cumulative_quantity for order in mine if order.role is Role.ENTRY), Decimal(0))


def withdraw(state: DeskState, orders: tuple[Order, ...], what: str) -> Decision:
    """Ask the broker to cancel the rest of these orders."""
    actions: list[Action] = []
    for order in orders:
        state.keep(take(order, Step.ASK_CANCEL))
        actions.append(CancelAtBroker(order.client_order_id))
    return Decision(outcome=Done(what=what, order_ids=tuple(o.client_order_id for o in orders)), actions=tuple(actions))


def working_entries(state: DeskState, group: Group | None = None) -> tuple[Order, ...]:
    """Entries that may still fill and are not being cancelled yet."""
    orders = (o for o in state.orders.values() if o.role is Role.ENTRY and o.may_be_at_venue)
    asked = OrderState.PENDING_CANCEL
    return tuple(o for o in orders if o.state is not asked and (group is None or o.group == group.label))


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
    filled = entry_filled(state, group)
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
    if band is None or _outside(plan.legs[0].side, len(plan.legs), band.first, run.worst):
        return None
    worst = _better(plan, band.worst, run.worst)
    price = step_price(Band(band.first, worst), run.step, state.limits.entry_steps or 1)
    return on_order_grid(plan.legs, price)


def _better(plan: PlannedOrder, one: Decimal, other: Decimal) -> Decimal:
    selling = len(plan.legs) == 1 and plan.legs[0].side is Side.SELL
    return max(one, other) if selling else min(one, other)


def _outside(side: Side, legs: int, first: Decimal, worst: Decimal) -> bool:
    return first < worst if legs == 1 and side is Side.SELL else first > worst


def _fresh(state: DeskState, ticket: Ticket, command: Redeem) -> Decision:
    """A new preview in place of a ticket that expired or whose band the market left."""
    new = replace(command.fresh, arguments=ticket.arguments)
    if ticket.kind is TicketKind.LIFT:
        return preview_lift(state, PreviewLift(at=command.at, principal=command.principal, ticket=new))
    if ticket.kind is TicketKind.CLOSE or ticket.proposal is None:
        wish = PreviewClose(
            at=command.at,
            principal=command.principal,
            ticket=new,
            group=ticket.closes,
            quantity=None if ticket.closes is None else ticket.orders[0].quantity,
            view=command.view,
        )
        return _with_changes(ticket, preview_close(state, wish))
    preview = judge_proposal(state, ticket.proposal, command.view, command.at)
    if not preview.verdict.approved:
        return Decision(outcome=refusal(preview))
    return _with_changes(ticket, issue_opening(state, new, command.principal, ticket.proposal, preview, command.at))


def _with_changes(ticket: Ticket, decision: Decision) -> Decision:
    outcome = decision.outcome
    if not isinstance(outcome, Previewed) or not ticket.orders or not outcome.previews:
        return decision
    old, new = ticket.orders[0], outcome.previews[0].plan
    fields = ("quantity", "first_price", "worst_price")
    changed = [(n, str(getattr(old, n)), str(getattr(new, n))) for n in fields if getattr(old, n) != getattr(new, n)]
    return replace(decision, outcome=replace(outcome, changed=tuple(changed)))


def _redeem_open(state: DeskState, ticket: Ticket, command: Redeem) -> Decision:
    plan = ticket.orders[0]
    band = opening_band(plan.legs, command.view, state.limits)
    worst = plan.worst_price
    picture = state.picture(plan, command.view, command.at)
    verdict = judge_opening(picture)
    only_moved = {result.name for result in verdict.failed} == {"price_collar"} and plan.adaptive
    if not verdict.approved and ticket.proposal is not None and not only_moved:
        now = judge_proposal(state, ticket.proposal, command.view, command.at)
        change = now.verdict.smallest_change
        return Decision(outcome=refusal(replace(now, plan=plan, verdict=replace(verdict, smallest_change=change))))
    moved = band is not None and worst is not None and _outside(plan.legs[0].side, len(plan.legs), band.first, worst)
    if band is None or worst is None or only_moved or (moved and plan.adaptive):
        return _fresh(state, ticket, command)
    state.tickets.redeem(ticket)
    label = state.next_label(plan.label)
    authority = f"ticket {ticket.intent_id}"
    group = Group(label=label, plan=plan, intent_id=ticket.intent_id, authority=authority, opened_at=command.at)
    state.groups[label] = group
    run = EntryRun(intent_id=ticket.intent_id, group=label, worst=worst)
    state.entries[ticket.intent_id] = run
    terms = _first_terms(state, plan, band, worst)
    send = send_new(
        state,
        group,
        role=Role.ENTRY,
        legs=plan.legs,
        quantity=plan.quantity,
        terms=terms,
        authority=group.authority,
        reason=plan.reason,
        now=command.at,
    )
    state.day.remember(_intent(plan, command.at))
    outcome = Confirmed(
        intent_id=ticket.intent_id,
        kind=ticket.kind,
        groups=(label,),
        order_ids=(send.order.client_order_id,),
    )
    return Decision(outcome=outcome, actions=(send,))


def _first_terms(state: DeskState, plan: PlannedOrder, band: Band, worst: Decimal) -> PriceTerms:
    if not plan.adaptive:
        return plan.terms
    start = step_price(Band(band.first, _better(plan, band.worst, worst)), 0, state.limits.entry_steps or 1)
    return Limit(Price(on_order_grid(plan.legs, start)))


def _intent(plan: PlannedOrder, now: datetime) -> OpenIntent:
    return OpenIntent(at=now, strategy=plan.strategy, underlying=plan.underlying, direction=direction_of(plan.legs))


def _redeem_close(state: DeskState, ticket: Ticket, command: Redeem) -> Decision:
    if state.trading is TradingState.HALTED:
        return Decision(outcome=HALTED)
    actions: list[Action] = []
    labels: list[str] = []
    for plan in ticket.orders:
        group = state.groups[plan.group or ""]
        if not group.is_open or group.closing is not None:
            continue
        everything = ("quantity", "all") in ticket.arguments or plan.quantity >= group.open_units()
        units = None if everything else plan.quantity
        authority = f"ticket {ticket.intent_id}"
        actions += close_group(state, group, Role.EXIT, units, authority, plan.reason, command.view, command.at)
        labels.append(group.label)
    if not labels:
        return Decision(outcome=Refused(code="NOTHING_TO_CLOSE", message="it is closed already", next_step="nothing"))
    state.tickets.redeem(ticket)
    ids = tuple(action.order.client_order_id for action in actions if not isinstance(action, CancelAtBroker))
    outcome = Confirmed(intent_id=ticket.intent_id, kind=ticket.kind, groups=tuple(labels), order_ids=ids)
    return Decision(outcome=outcome, actions=tuple(actions))


def _redeem_lift(state: DeskState, ticket: Ticket, command: Redeem) -> Decision:
    if ticket.kill_latch != state.engagements:
        why = "the kill switch was engaged again after this preview"
        return Decision(outcome=Refused(code="TOKEN_SUPERSEDED", message=why, next_step="preview the lift again"))
    state.tickets.redeem(ticket)
    state.killed = False
    state.trading = TradingState.ACTIVE
    state.trading_reason = f"kill switch lifted by {command.principal}"
    alert = Alert("KILL_SWITCH_LIFTED", Severity.WARNING, f"the kill switch was lifted by {command.principal}")
    outcome = Confirmed(intent_id=ticket.intent_id, kind=ticket.kind, groups=(), order_ids=())
    return Decision(outcome=outcome, alerts=(alert, *loss_latch(state)))


_REDEEMERS: Final[dict[TicketKind, Callable[[DeskState, Ticket, Redeem], Decision]]] = {
    TicketKind.OPEN: _redeem_open,
    TicketKind.CLOSE: _redeem_close,
    TicketKind.LIFT: _redeem_lift,
}
