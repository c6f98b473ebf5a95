"""From a proposal to a judged order: price band, size, verdict, figures, ticket."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from tradecore.desk.commands import PreviewClose, PreviewLift, PreviewOrder
from tradecore.desk.decisions import Decision, Preview, Previewed, Refused, TicketKind
from tradecore.desk.exits import expired
from tradecore.desk.figures import closing_figures, opening_figures
from tradecore.desk.groups import Group
from tradecore.desk.new_ticket import NewTicket
from tradecore.desk.state import DeskState
from tradecore.desk.tickets import Ticket
from tradecore.model.instruments import Price, exact_price, exact_quantity
from tradecore.model.market import MarketView
from tradecore.model.plans import PlannedOrder, Proposal, Sizing
from tradecore.model.terms import Effect, Limit, Market, PriceTerms, StopLimit
from tradecore.risk.gate import judge_closing, judge_opening, quantity_fits, smallest_change
from tradecore.risk.picture import RiskPicture, TradingState
from tradecore.risk.prices import closing_touch, opening_band
from tradecore.risk.sizing import size_order
from tradecore.risk.verdict import Change, CheckResult, Verdict

_TIME_TO_LEAVE_S: Final = Decimal(30)
HALTED: Final = Refused(
    code="HALTED", message="the operator halted the desk", next_step="the operator resumes or closes by hand"
)


def preview_order(state: DeskState, command: PreviewOrder) -> Decision:
    """Judge a proposal and, if it passes, issue a ticket."""
    preview = judge_proposal(state, command.proposal, command.view, command.at)
    if not preview.verdict.approved:
        return Decision(outcome=refusal(preview))
    return issue_opening(state, command.ticket, command.principal, command.proposal, preview, command.at)


def issue_opening(
    state: DeskState,
    new: NewTicket,
    principal: str,
    proposal: Proposal,
    preview: Preview,
    now: datetime,
) -> Decision:
    """Issue the ticket of an approved preview."""
    ticket = new_record(state, new, principal, TicketKind.OPEN, (preview.plan,), now)
    confirmer = state.opening.confirmation.needed(preview.figures.worst_loss)
    return issue(state, replace(ticket, proposal=proposal, confirmer=confirmer), (preview,))


def judge_proposal(state: DeskState, proposal: Proposal, view: MarketView, now: datetime) -> Preview:
    """What would become of a proposal, without a ticket."""
    plan, sizing = _planned(state, proposal, view, now)
    picture = state.picture(plan, view, now, proposal.replaces)
    verdict = judge_opening(picture)
    if sizing.quantity < 1:
        verdict = _with_budget_check(verdict, sizing)
    if not verdict.approved:
        verdict = replace(verdict, smallest_change=_change(state, verdict, picture, sizing))
    figures = opening_figures(state, picture)
    return Preview(plan=plan, figures=figures, verdict=verdict, sizing=sizing, signal=proposal.signal)


def refusal(preview: Preview) -> Refused:
    """The gate's no as an answer: the first failed check leads, every one is in the verdict."""
    failed = preview.verdict.failed
    change = ", ".join(f"{c.argument} {c.value}" for c in preview.verdict.smallest_change)
    step = f"smallest change that would pass: {change}" if change else "no single change passes; see the failed checks"
    text = "; ".join(dict.fromkeys(result.message for result in failed))
    return Refused(code="RISK_REFUSED", message=text, next_step=step, preview=preview)


def preview_close(state: DeskState, command: PreviewClose) -> Decision:
    """Price the closing of one group, or of all, and issue a ticket."""
    if state.trading is TradingState.HALTED:
        return Decision(outcome=HALTED)
    groups = [g for g in state.open_groups if command.group in (None, g.label)]
    if not groups:
        wanted = command.group or "any position"
        held = ", ".join(g.label for g in state.open_groups) or "nothing"
        return Decision(
            outcome=Refused(code="NOTHING_TO_CLOSE", message=f"{wanted} is not open", next_step=f"open: {held}")
        )
    if all(group.has_expired(command.at) for group in groups):
        return Decision(outcome=expired(groups[0]))
    free = [g for g in groups if g.closing is None and not g.has_expired(command.at)]
    if not free:
        ids = ", ".join(g.closing.order_id for g in groups if g.closing is not None)
        why = f"an exit of {', '.join(g.label for g in groups)} is already working: {ids}"
        return Decision(outcome=Refused(code="EXIT_WORKING", message=why, next_step="wait for it; it does not give up"))
    plans = []
    for group in free:
        quantity = command.quantity if command.quantity is not None else group.open_units()
        if not quantity.is_finite() or not 0 < quantity <= group.open_units() or quantity % legs_lot(group):
            why = f"{group.label} holds {group.open_units()}; {quantity} can't be closed"
            return Decision(
                outcome=Refused(code="QUANTITY", message=why, next_step=f"quantity 1 to {group.open_units()}")
            )
        plans.append(closing_plan(group, quantity, command.view, "closed on request"))
    previews = tuple(_closing_preview(state, plan, command.view, command.at) for plan in plans)
    ticket = new_record(state, command.ticket, command.principal, TicketKind.CLOSE, tuple(plans), command.at)
    return issue(state, replace(ticket, closes=command.group), previews)


def legs_lot(group: Group) -> Decimal:
    """Smallest step in which units of a group can be closed."""
    return max(leg.instrument.lot for leg in group.plan.legs)


def preview_lift(state: DeskState, command: PreviewLift) -> Decision:
    """Offer to lift the kill switch where a tool may do so at all."""
    if state.opening.mode == "live":
        step = "the operator lifts it from a terminal"
        return Decision(outcome=Refused(code="OPERATOR_ONLY", message="live mode never lifts it here", next_step=step))
    if not state.killed:
        return Decision(
            outcome=Refused(code="NOT_ENGAGED", message="the kill switch is not engaged", next_step="trade")
        )
    ticket = new_record(state, command.ticket, command.principal, TicketKind.LIFT, (), command.at)
    # What becomes possible again has no bound of its own.
    return issue(state, replace(ticket, confirmer=state.opening.confirmation.needed(None)), ())


def closing_plan(group: Group, quantity: Decimal, view: MarketView, reason: str) -> PlannedOrder:
    """The order that closes `quantity` units of a group at the touch, or at any price where there is none."""
    legs = group.closing_legs()
    touch = closing_touch(legs, view)
    return PlannedOrder(
        strategy=group.plan.strategy,
        label=group.plan.label,
        group=group.label,
        effect=Effect.CLOSE,
        legs=legs,
        quantity=quantity,
        terms=Market() if touch is None else Limit(Price(touch)),
        first_price=touch,
        worst_price=None,
        protection=None,
        reason=reason,
    )


def _planned(state: DeskState, proposal: Proposal, view: MarketView, now: datetime) -> tuple[PlannedOrder, Sizing]:
    band = opening_band(proposal.legs, view, state.limits)
    if proposal.size.contracts is not None:
        exact_quantity(proposal.legs[0].instrument, proposal.size.contracts)
    terms = proposal.terms
    adaptive = terms is None or isinstance(terms, Market)
    asked = _grid_checked(proposal) if isinstance(terms, Limit | StopLimit) else None
    worst = asked if not adaptive else (band.worst if band else None)
    first = asked if not adaptive else (band.first if band else None)
    plan = PlannedOrder(
        strategy=proposal.strategy,
        label=proposal.label,
        group=None,
        effect=Effect.OPEN,
        legs=proposal.legs,
        quantity=proposal.size.contracts or Decimal(1),
        terms=_planned_terms(terms, worst),
        adaptive=adaptive,
        first_price=first,
        worst_price=worst,
        protection=proposal.protection,
        reason=proposal.reason,
        note=proposal.note,
    )
    one, _, _ = state.order_losses(plan, Decimal(1))

    def fits(quantity: Decimal) -> bool:
        return quantity_fits(state.picture(replace(plan, quantity=quantity), view, now, proposal.replaces))

    sizing = size_order(proposal.size, per_unit_worst=one, limits=state.limits, fits=fits)
    quantity = max(sizing.quantity, Decimal(1))
    return plan if quantity is plan.quantity else replace(plan, quantity=quantity), sizing


def _planned_terms(asked: PriceTerms | None, worst: Decimal | None) -> PriceTerms:
    if asked is not None and not isinstance(asked, Market):
        return asked
    return Market() if worst is None else Limit(Price(worst))


def _grid_checked(proposal: Proposal) -> Decimal | None:
    terms = proposal.terms
    prices = [terms.price] if isinstance(terms, Limit) else []
    prices = [terms.trigger, terms.price] if isinstance(terms, StopLimit) else prices
    if len(proposal.legs) == 1:
        for price in prices:
            exact_price(proposal.legs[0].instrument, price)
    return prices[-1] if prices else None


def _with_budget_check(verdict: Verdict, sizing: Sizing) -> Verdict:
    need = str(sizing.per_unit_worst) if sizing.per_unit_worst else "missing"
    budget = str(sizing.budget) if sizing.budget else "missing"
    missing = None if sizing.per_unit_worst and sizing.budget else "a price or risk_per_trade"
    why = f"one unit can lose {need}; the budget for this trade is {budget}" if not missing else f"missing: {missing}"
    check = CheckResult("sizing_budget", False, need, budget, why, missing=missing)
    return replace(verdict, approved=False, checks=(*verdict.checks, check))


def _change(state: DeskState, verdict: Verdict, picture: RiskPicture, sizing: Sizing) -> tuple[Change, ...]:
    def remake(order: PlannedOrder) -> RiskPicture:
        return state.picture(order, picture.view, picture.now)

    others = replace(verdict, checks=tuple(c for c in verdict.checks if c.name != "sizing_budget"))
    if len(others.checks) < len(verdict.checks):
        if others.failed or sizing.per_unit_worst is None:
            return ()
        return (Change("risk_dollars", str(sizing.per_unit_worst.amount)),)
    return tuple(
        Change("contracts", change.value) if change.argument == "quantity" else change
        for change in smallest_change(verdict, picture, remake)
    )


def _closing_preview(state: DeskState, plan: PlannedOrder, view: MarketView, now: datetime) -> Preview:
    picture = state.picture(plan, view, now)
    return Preview(plan=plan, figures=closing_figures(state, picture), verdict=judge_closing(picture))


def new_record(
    state: DeskState,
    new: NewTicket,
    principal: str,
    kind: TicketKind,
    orders: tuple[PlannedOrder, ...],
    now: datetime,
) -> Ticket:
    """A ticket that was not issued yet, with the time it lives."""
    timeout = state.limits.confirmation_timeout_s
    if kind is TicketKind.CLOSE:
        # What only lowers risk is not held up by a time-out that nobody set, or set too short to read by.
        timeout = max(timeout or _TIME_TO_LEAVE_S, _TIME_TO_LEAVE_S)
    # Without a time-out nobody configured how long a price may be trusted, so the ticket is dead at birth.
    expires = now + state.opening.reading_time(timeout) if timeout is not None else now
    return Ticket(
        intent_id=new.intent_id,
        token_hash=new.token_hash,
        principal=principal,
        kind=kind,
        orders=orders,
        proposal=None,
        closes=None,
        arguments=new.arguments,
        expires_at=expires,
        kill_latch=state.engagements,
    )


def issue(state: DeskState, ticket: Ticket, previews: tuple[Preview, ...]) -> Decision:
    """Issue a ticket; the answer shows these previews."""
    state.tickets.issue(ticket)
    outcome = Previewed(
        intent_id=ticket.intent_id,
        kind=ticket.kind,
        previews=previews,
        digest=ticket.digest,
        expires_at=ticket.expires_at,
        confirmer=ticket.confirmer,
        standing=ticket.standing,
    )
    return Decision(outcome=outcome)
