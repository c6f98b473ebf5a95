"""Standing plans: confirmed once, executed by the desk when the signal comes, never at a worse price, never twice."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from tradecore.desk.decisions import Confirmed, Decision, Done, Preview, Refused, TicketKind
from tradecore.desk.entries import disarm_plan, is_outside
from tradecore.desk.opening_orders import open_entry
from tradecore.desk.previews import issue, judge_proposal, new_record, refusal
from tradecore.desk.standing_commands import FirePlan, PreviewStanding
from tradecore.desk.state import DeskState
from tradecore.desk.tickets import Ticket
from tradecore.model.alerts import Alert, Severity
from tradecore.model.money import Money, usd
from tradecore.model.plans import PlannedOrder, SizeRequest
from tradecore.model.sessions import exchange_time, session_on
from tradecore.model.standing import StandingPlan
from tradecore.risk.checks_structure import net_price
from tradecore.risk.outcome import MissingInput
from tradecore.risk.prices import opening_band
from tradecore.risk.verdict import Cure


@dataclass(frozen=True, slots=True)
class _Bounds:
    until: datetime
    worst_price: Decimal
    worst_loss: Money


def preview_standing(state: DeskState, command: PreviewStanding) -> Decision:
    """Judge what the plan would be now, as a rehearsal, and issue the ticket that arms it."""
    preview = judge_proposal(state, command.proposal, command.view, command.at)
    held_back = [check for check in preview.verdict.failed if check.cure is not Cure.TIME]
    if held_back:
        return Decision(outcome=refusal(preview))
    try:
        bounds = _bounds(state, command, preview)
    except MissingInput as missing:
        why, step = f"missing: {missing}", "the owner sets max_armed_plans and armed_until"
        return Decision(outcome=Refused(code="MISSING_INPUT", message=why, next_step=step))
    if isinstance(bounds, Refused):
        return Decision(outcome=bounds)
    standing = StandingPlan(
        intent_id=command.ticket.intent_id,
        strategy=command.strategy,
        parameters=command.parameters,
        until=bounds.until,
        worst_price=bounds.worst_price,
        worst_loss=bounds.worst_loss,
        quantity=preview.plan.quantity,
        legs=len(preview.plan.legs),
        side=preview.plan.legs[0].side,
    )
    plan = replace(preview.plan, worst_price=bounds.worst_price)
    ticket = new_record(state, command.ticket, command.principal, TicketKind.ARM, (plan,), command.at)
    confirmer = state.opening.confirmation.needed(bounds.worst_loss)
    ticket = replace(ticket, proposal=command.proposal, standing=standing, confirmer=confirmer)
    return issue(state, ticket, (preview,))


def _bounds(state: DeskState, command: PreviewStanding, preview: Preview) -> _Bounds | Refused:
    limits, session = state.limits, session_on(state.day.today)
    if limits.max_armed_plans is None or limits.armed_until is None or session is None:
        raise MissingInput("max_armed_plans, armed_until or a session")
    if len(state.armed) >= limits.max_armed_plans:
        armed = ", ".join(state.armed)
        why = f"{len(state.armed)} plans are armed ({armed}); at most {limits.max_armed_plans}"
        return Refused(code="TOO_MANY_ARMED", message=why, next_step=f"cancel_order {next(iter(state.armed))} first")
    latest = session.at(limits.armed_until)
    until = command.until or latest
    if not command.at < until <= latest:
        why = f"until {exchange_time(until)} ET: plans are armed until {exchange_time(latest)} ET at most, and not back"
        return Refused(code="UNTIL", message=why, next_step=f"until between now and {exchange_time(latest)} ET")
    worst = preview.plan.worst_price if command.worst_price is None else command.worst_price
    plan = replace(preview.plan, worst_price=worst)
    loss, _, _ = state.order_losses(plan, plan.quantity)
    if worst is None or loss is None or limits.per_trade_max_loss is None:
        raise MissingInput("a price for every leg, or per_trade_max_loss")
    senseless = _senseless(state, plan, worst, command)
    if senseless is not None:
        return senseless
    if loss > usd(limits.per_trade_max_loss):
        why = f"at {worst} it could lose {loss}; one trade may lose {usd(limits.per_trade_max_loss)}"
        return Refused(code="RISK_REFUSED", message=why, next_step="a better worst_price, or fewer contracts")
    return _Bounds(until, worst, loss)


def _senseless(state: DeskState, plan: PlannedOrder, worst: Decimal, command: PreviewStanding) -> Refused | None:
    """A worst price at which the plan could not win or not lose, which nobody means."""
    step = f"a worst_price near {plan.first_price}"
    if len(plan.legs) == 1 and worst <= 0:
        return Refused(code="WORST_PRICE", message=f"{worst:f} is no price of one option", next_step=step)
    check = net_price(state.picture(plan, command.view, command.at))
    return None if check.passed else Refused(code="WORST_PRICE", message=check.message, next_step=step)


def arm_plan(state: DeskState, ticket: Ticket, at: datetime) -> Decision:
    """Keep a confirmed plan until its signal comes."""
    plan, limits = ticket.standing, state.limits
    if plan is None or limits.max_armed_plans is None or len(state.armed) >= limits.max_armed_plans:
        why = f"{len(state.armed)} plans are armed already"
        return Decision(outcome=Refused(code="TOO_MANY_ARMED", message=why, next_step="cancel one of them first"))
    if at >= plan.until:
        why = f"the plan was to end at {exchange_time(plan.until)} ET"
        return Decision(outcome=Refused(code="UNTIL", message=why, next_step="preview again"))
    if state.latches:
        return Decision(outcome=Refused(code="NOT_ACTIVE", message=state.trading_reason, next_step="arm it later"))
    state.armed[plan.plan_id] = plan
    alert = Alert("PLAN_ARMED", Severity.INFO, plan.text)
    outcome = Confirmed(intent_id=plan.intent_id, kind=TicketKind.ARM, groups=(), order_ids=(plan.plan_id,))
    return Decision(outcome=outcome, alerts=(alert,))


def fire_plan(state: DeskState, command: FirePlan) -> Decision:
    """
    Execute an armed plan whose signal came, if the gate passes now and nothing is worse than what was confirmed.

    What is refused stays armed until its time is over; what was sent is over, filled or not.
    """
    armed = state.armed.get(command.plan_id)
    if armed is None:
        return Decision(outcome=Done(what=f"{command.plan_id} is not armed"))
    if command.at >= armed.until or command.proposal is None:
        return disarm_plan(state, armed.plan_id, "its time is over")
    preview = judge_proposal(state, command.proposal, command.view, command.at)
    if preview.plan.quantity > armed.quantity:
        # What was confirmed is the most that goes, also where the market would let it be more by now.
        as_confirmed = replace(command.proposal, size=SizeRequest(contracts=armed.quantity))
        preview = judge_proposal(state, as_confirmed, command.view, command.at)
    why_not = _held_back(armed, preview)
    band = opening_band(preview.plan.legs, command.view, state.limits)
    if why_not is not None or band is None or preview.plan.worst_price is None:
        return Decision(outcome=Done(what=f"{armed.plan_id} waits: {why_not or 'no price'}"))
    del state.armed[armed.plan_id]
    best = max if armed.legs == 1 and armed.side.sign < 0 else min
    worst = best(preview.plan.worst_price, armed.worst_price)
    send, label = open_entry(state, preview.plan, armed.intent_id, band, worst, command.at)
    outcome = Confirmed(
        intent_id=armed.intent_id, kind=TicketKind.OPEN, groups=(label,), order_ids=(send.order.client_order_id,)
    )
    text = f"{armed.plan_id} fired as {label}: {command.proposal.signal.why}"
    return Decision(outcome=outcome, actions=(send,), alerts=(Alert("PLAN_FIRED", Severity.WARNING, text),))


def _held_back(armed: StandingPlan, preview: Preview) -> str | None:
    if not preview.verdict.approved:
        return "; ".join(check.message for check in preview.verdict.failed)
    plan, loss = preview.plan, preview.figures.worst_loss
    if (len(plan.legs), plan.legs[0].side) != (armed.legs, armed.side) or plan.quantity > armed.quantity:
        return f"{plan.quantity} of {len(plan.legs)} legs is not what was confirmed"
    if loss is None or loss > armed.worst_loss:
        return f"it could lose {loss}, confirmed was {armed.worst_loss}"
    if plan.first_price is None or is_outside(armed.side, armed.legs, plan.first_price, armed.worst_price):
        return f"the market at {plan.first_price} is worse than {armed.worst_price}"
    return None
