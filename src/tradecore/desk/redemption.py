"""Redeeming a ticket: once, by whom it was issued to, on a market still inside what it showed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tradecore.desk.adjusting import fresh_adjustment, redeem_adjustment
from tradecore.desk.commands import AskApproval, PreviewClose, PreviewLift, Redeem
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
from tradecore.desk.entries import is_outside
from tradecore.desk.exits import close_group
from tradecore.desk.latches import Latch
from tradecore.desk.opening_orders import open_entry
from tradecore.desk.previews import HALTED, issue_opening, judge_proposal, preview_close, preview_lift, refusal
from tradecore.desk.standing_commands import PreviewStanding
from tradecore.desk.standing_plans import arm_plan, preview_standing
from tradecore.desk.state import DeskState
from tradecore.desk.tickets import Ticket, TicketState
from tradecore.model.alerts import Alert, Severity
from tradecore.model.confirmation import Confirmer
from tradecore.model.orders import Role
from tradecore.model.plans import Proposal
from tradecore.model.standing import StandingPlan
from tradecore.risk.gate import judge_opening
from tradecore.risk.picture import TradingState
from tradecore.risk.prices import opening_band


def redeem(state: DeskState, command: Redeem) -> Decision:
    """Carry a ticket out once; the same token again answers with the first result."""
    decision = _answered(state, command)
    if isinstance(decision.outcome, Confirmed):
        state.touched.redeemed.append(decision.outcome)
    return decision


def _answered(state: DeskState, command: Redeem) -> Decision:
    ticket = state.tickets.find(command.token_hash, command.principal)
    if ticket is None:
        why = "no ticket of this account and principal has that token"
        return Decision(outcome=Refused(code="TOKEN_UNKNOWN", message=why, next_step="preview again"))
    mismatch = _mismatch(ticket, command)
    if mismatch is not None:
        return Decision(outcome=mismatch)
    if ticket.state is TicketState.REDEEMED:
        return Decision(outcome=Replayed(intent_id=ticket.intent_id))
    if ticket.state is TicketState.SUPERSEDED:
        why = "a newer preview of the same request replaced this ticket"
        return Decision(outcome=Refused(code="TOKEN_SUPERSEDED", message=why, next_step="confirm the newer one"))
    if command.at >= ticket.expires_at:
        return _fresh(state, ticket, command)
    if not command.confirmed_by.suffices_for(ticket.confirmer):
        return Decision(outcome=approval_needed(ticket.confirmer))
    decision = _REDEEMERS[ticket.kind](state, ticket, command)
    if isinstance(decision.outcome, Confirmed):
        state.tickets.redeem(ticket, decision.outcome)
    return decision


def _mismatch(ticket: Ticket, command: Redeem) -> Refused | None:
    given = dict(ticket.arguments)
    for name, value in command.given:
        if given.get(name) != value:
            why = f"{name} is {value} here and {given.get(name, 'absent')} in the ticket"
            step = "repeat the call with the ticket's arguments, or preview again"
            return Refused(code="TOKEN_MISMATCH", message=why, next_step=step)
    return None


def ask_approval(state: DeskState, command: AskApproval) -> Decision:
    """Show a ticket to whoever has to confirm it: from now on that person has the time of an approval."""
    ticket = state.tickets.find(command.token_hash, command.principal)
    if ticket is None or ticket.state is not TicketState.OPEN or command.at >= ticket.expires_at:
        why = "no ticket with that token waits for an approval"
        return Decision(outcome=Refused(code="NOTHING_TO_APPROVE", message=why, next_step="preview again"))
    seconds = state.limits.approval_timeout_s
    if not ticket.shown and seconds is not None:
        until = max(ticket.expires_at, command.at + state.opening.reading_time(seconds))
        state.tickets.show(ticket, until)
    return Decision(outcome=Done(what=f"{ticket.intent_id} waits for the {ticket.confirmer} to confirm"))


def approval_needed(confirmer: Confirmer) -> Refused:
    """The answer to a confirmation by somebody who may not give it."""
    who = "the operator" if confirmer is Confirmer.OPERATOR else "a person, through a form of the client,"
    step = "run `tradecore approve` in a terminal, then repeat this call with the same token"
    return Refused(code="APPROVAL_NEEDED", message=f"{who} has to confirm this order", next_step=step)


def _fresh(state: DeskState, ticket: Ticket, command: Redeem) -> Decision:
    """A new preview in place of a ticket that expired or whose band the market left."""
    new = replace(command.fresh, arguments=ticket.arguments)
    if ticket.kind is TicketKind.LIFT:
        return preview_lift(state, PreviewLift(at=command.at, principal=command.principal, ticket=new))
    if ticket.kind is TicketKind.ADJUST:
        return fresh_adjustment(state, ticket, command)
    if ticket.kind is TicketKind.CLOSE or ticket.proposal is None:
        everything = ticket.closes is None or ("quantity", "all") in ticket.arguments
        wish = PreviewClose(
            at=command.at,
            principal=command.principal,
            ticket=new,
            group=ticket.closes,
            quantity=None if everything else ticket.orders[0].quantity,
            view=command.view,
        )
        return _with_changes(ticket, preview_close(state, wish))
    if ticket.standing is not None:
        return _fresh_standing(state, ticket, ticket.standing, ticket.proposal, replace(command, fresh=new))
    preview = judge_proposal(state, ticket.proposal, command.view, command.at)
    if not preview.verdict.approved:
        return Decision(outcome=refusal(preview))
    return _with_changes(ticket, issue_opening(state, new, command.principal, ticket.proposal, preview, command.at))


def _fresh_standing(
    state: DeskState, ticket: Ticket, plan: StandingPlan, proposal: Proposal, command: Redeem
) -> Decision:
    wish = PreviewStanding(
        at=command.at,
        principal=command.principal,
        ticket=command.fresh,
        strategy=plan.strategy,
        parameters=plan.parameters,
        proposal=proposal,
        until=plan.until,
        worst_price=plan.worst_price,
        view=command.view,
    )
    return _with_changes(ticket, preview_standing(state, wish))


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
    picture = state.picture(plan, command.view, command.at, _replaced(state, ticket))
    verdict = judge_opening(picture)
    only_moved = {result.name for result in verdict.failed} == {"price_collar"} and plan.adaptive
    if ticket.proposal is None:
        why = "this ticket carries no proposal to judge again"
        return Decision(outcome=Refused(code="TOKEN_UNKNOWN", message=why, next_step="preview again"))
    if not verdict.approved and not only_moved:
        now = judge_proposal(state, ticket.proposal, command.view, command.at)
        change = now.verdict.smallest_change
        return Decision(outcome=refusal(replace(now, plan=plan, verdict=replace(verdict, smallest_change=change))))
    moved = band is not None and worst is not None and is_outside(plan.legs[0].side, len(plan.legs), band.first, worst)
    if band is None or worst is None or only_moved or (moved and plan.adaptive):
        return _fresh(state, ticket, command)
    send, label = open_entry(state, plan, ticket.intent_id, band, worst, command.at)
    outcome = Confirmed(
        intent_id=ticket.intent_id,
        kind=ticket.kind,
        groups=(label,),
        order_ids=(send.order.client_order_id,),
    )
    return Decision(outcome=outcome, actions=(send,))


def _replaced(state: DeskState, ticket: Ticket) -> str | None:
    """The group whose entry this ticket takes the place of, once that has ended without having bought anything."""
    label = None if ticket.proposal is None else ticket.proposal.replaces
    group = state.groups.get(label or "")
    over = group is not None and all(order.is_ended for order in state.entry_orders(group))
    return label if over and group is not None and not group.traded else None


def _redeem_standing(state: DeskState, ticket: Ticket, command: Redeem) -> Decision:
    return arm_plan(state, ticket, command.at)


def _redeem_close(state: DeskState, ticket: Ticket, command: Redeem) -> Decision:
    if state.trading is TradingState.HALTED:
        return Decision(outcome=HALTED)
    actions: list[Action] = []
    labels: list[str] = []
    for plan in ticket.orders:
        group = state.groups[plan.group or ""]
        if not group.is_open or group.closing is not None or group.has_expired(command.at):
            continue
        everything = ("quantity", "all") in ticket.arguments or plan.quantity >= group.open_units()
        units = None if everything else plan.quantity
        authority = f"ticket {ticket.intent_id}"
        actions += close_group(state, group, Role.EXIT, units, authority, plan.reason, command.view, command.at)
        labels.append(group.label)
    if not labels:
        return Decision(outcome=Refused(code="NOTHING_TO_CLOSE", message="it is closed already", next_step="nothing"))
    ids = tuple(action.order.client_order_id for action in actions if not isinstance(action, CancelAtBroker))
    outcome = Confirmed(intent_id=ticket.intent_id, kind=ticket.kind, groups=tuple(labels), order_ids=ids)
    return Decision(outcome=outcome, actions=tuple(actions))


def _redeem_lift(state: DeskState, ticket: Ticket, command: Redeem) -> Decision:
    if ticket.kill_latch != state.engagements:
        why = "the kill switch was engaged again after this preview"
        return Decision(outcome=Refused(code="TOKEN_SUPERSEDED", message=why, next_step="preview the lift again"))
    state.latches.pop(Latch.KILL_SWITCH, None)
    alert = Alert("KILL_SWITCH_LIFTED", Severity.WARNING, f"the kill switch was lifted by {command.principal}")
    outcome = Confirmed(intent_id=ticket.intent_id, kind=ticket.kind, groups=(), order_ids=())
    return Decision(outcome=outcome, alerts=(alert,))


_REDEEMERS: Final[dict[TicketKind, Callable[[DeskState, Ticket, Redeem], Decision]]] = {
    TicketKind.OPEN: _redeem_open,
    TicketKind.CLOSE: _redeem_close,
    TicketKind.LIFT: _redeem_lift,
    TicketKind.ADJUST: redeem_adjustment,
    TicketKind.ARM: _redeem_standing,
}
