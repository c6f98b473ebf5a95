"""Changing how a group is left: tighter at once, looser only by a confirmed ticket."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal

from tradecore.desk.commands import AdjustProtection, PreviewAdjustment, Redeem
from tradecore.desk.decisions import Confirmed, Decision, Done, Previewed, Refused, TicketKind
from tradecore.desk.exits import arm
from tradecore.desk.groups import Group, levels
from tradecore.desk.previews import HALTED, issue, new_record
from tradecore.desk.state import DeskState
from tradecore.desk.tickets import Ticket
from tradecore.model.market import MarketView
from tradecore.model.money import CENT
from tradecore.model.plans import Protection
from tradecore.risk.picture import TradingState


@dataclass(frozen=True, slots=True)
class _Levels:
    """Net closing values of one unit at which a protection fires, and how far its stop trails."""

    stop: Decimal | None
    target: Decimal | None
    trail: Decimal | None


def adjust_protection(state: DeskState, command: AdjustProtection) -> Decision:
    """Put a tighter way out in place; one that leaves later in any respect needs a ticket."""
    group = _open(state, command.group)
    if isinstance(group, Refused):
        return Decision(outcome=group)
    problem = _problem(group, command.protection, command.view)
    if problem is not None:
        return Decision(outcome=problem)
    if is_looser(group, command.protection):
        why = f"{group.label} would be left later than now: {changes_text(group, command.protection)}"
        return Decision(outcome=Refused(code="LOOSER", message=why, next_step="preview it, then confirm"))
    text = f"{group.label}: {changes_text(group, command.protection)} ({command.why})"
    _put(state, group, command.protection, command.at)
    return Decision(outcome=Done(what=text))


def preview_adjustment(state: DeskState, command: PreviewAdjustment) -> Decision:
    """Offer a looser way out; no order is sent by it."""
    group = _open(state, command.group)
    if isinstance(group, Refused):
        return Decision(outcome=group)
    problem = _problem(group, command.protection, command.view) or _no_more_risk(state)
    if problem is not None:
        return Decision(outcome=problem)
    ticket = new_record(state, command.ticket, command.principal, TicketKind.ADJUST, (), command.at)
    confirmer = state.opening.confirmation.needed(group.exposure(state.opening.fees, state.limits).worst_loss)
    ticket = replace(ticket, closes=group.label, adjusts=command.protection, confirmer=confirmer)
    decision = issue(state, replace(ticket, adjusts_from=group.protection), ())
    if not isinstance(decision.outcome, Previewed):
        return decision
    text = changes_text(group, command.protection)
    return replace(decision, outcome=replace(decision.outcome, adjusts=f"{group.label}: {text}"))


def redeem_adjustment(state: DeskState, ticket: Ticket, command: Redeem) -> Decision:
    """
    Put what a ticket authorised in place, unless the market has passed it meanwhile.

    What else was changed since the preview stays as it is now; where that is what the ticket changes too, the answer is
    a fresh preview.
    """
    group = _open(state, ticket.closes or "")
    if isinstance(group, Refused):
        return Decision(outcome=group)
    wanted = _authorised(ticket, group.protection)
    if _is_overtaken(ticket, group.protection):
        return fresh_adjustment(state, ticket, command)
    problem = _problem(group, wanted, command.view) or _no_more_risk(state)
    if problem is not None:
        return Decision(outcome=problem)
    _put(state, group, wanted, command.at)
    outcome = Confirmed(intent_id=ticket.intent_id, kind=ticket.kind, groups=(group.label,), order_ids=())
    return Decision(outcome=outcome)


def fresh_adjustment(state: DeskState, ticket: Ticket, command: Redeem) -> Decision:
    """The same offer once more, beside how the group is left by now; its identity is the command's `fresh`."""
    group = state.groups.get(ticket.closes or "")
    asked = PreviewAdjustment(
        at=command.at,
        principal=command.principal,
        ticket=replace(command.fresh, arguments=ticket.arguments),
        group=ticket.closes or "",
        protection=_authorised(ticket, None if group is None else group.protection),
        view=command.view,
    )
    return preview_adjustment(state, asked)


def _authorised(ticket: Ticket, now: Protection | None) -> Protection:
    """How a group that is left like this now is left once the ticket's own changes are made."""
    if ticket.adjusts is None:
        raise ValueError(f"ticket {ticket.intent_id} adjusts nothing")
    changes = {name: getattr(ticket.adjusts, name) for name in _changed_by(ticket)}
    return ticket.adjusts if now is None or ticket.adjusts_from is None else replace(now, **changes)


def _changed_by(ticket: Ticket) -> tuple[str, ...]:
    names = (field.name for field in fields(Protection))
    return tuple(one for one in names if getattr(ticket.adjusts, one) != getattr(ticket.adjusts_from, one, None))


def _is_overtaken(ticket: Ticket, now: Protection | None) -> bool:
    """Whether somebody else, or the trailing stop, changed what this ticket changes."""
    names = _changed_by(ticket)
    return any(getattr(now, one, None) != getattr(ticket.adjusts_from, one, None) for one in names)


def changes_text(group: Group, wanted: Protection) -> str:
    """What would change, old and new, as net closing values of one unit."""
    old, new = _levels(group, group.protection), _levels(group, wanted)
    pairs = [("stop", old.stop, new.stop), ("target", old.target, new.target), ("trail", old.trail, new.trail)]
    changed = [f"{name} {_shown(before)} -> {_shown(after)}" for name, before, after in pairs if before != after]
    return ", ".join(changed) or "nothing changes"


def _open(state: DeskState, label: str) -> Group | Refused:
    group = state.groups.get(label)
    if state.trading is TradingState.HALTED:
        return HALTED
    if group is None or not group.is_open:
        held = ", ".join(g.label for g in state.open_groups) or "nothing"
        return Refused(code="NOTHING_TO_MANAGE", message=f"{label[:40]} is not open", next_step=f"open: {held}")
    if group.closing is not None:
        why = f"an exit of {group.label} is already working: {group.closing.order_id}"
        return Refused(code="EXIT_WORKING", message=why, next_step="wait for it; it does not give up")
    return group


def _problem(group: Group, wanted: Protection, view: MarketView) -> Refused | None:
    """A level that the market has passed already, or that stands the wrong way around."""
    new, value = _levels(group, wanted), group.closing_value(view)
    if new.stop is not None and new.target is not None and new.stop >= new.target:
        why = f"the stop {new.stop} would not be below the target {new.target}"
        return Refused(code="LEVELS_CROSSED", message=why, next_step="a stop below the target")
    old = _levels(group, group.protection)
    for name, level, before, passed in (
        ("stop", new.stop, old.stop, value is not None and new.stop is not None and new.stop >= value),
        ("target", new.target, old.target, value is not None and new.target is not None and new.target <= value),
    ):
        if passed and level != before:
            why = f"{name} {level} is where {group.label} would close now ({value})"
            return Refused(code="WOULD_FIRE_NOW", message=why, next_step="close_position closes it")
    return None


def _no_more_risk(state: DeskState) -> Refused | None:
    if state.trading is TradingState.ACTIVE:
        return None
    return Refused(code="REDUCING", message=state.trading_reason, next_step="only tighter ways out until that is over")


def is_looser(group: Group, wanted: Protection) -> bool:
    """Whether a way out would in any respect leave later than the one in place."""
    old, new = _levels(group, group.protection), _levels(group, wanted)
    stop = old.stop is not None and (new.stop is None or new.stop < old.stop)
    target = old.target is not None and (new.target is None or new.target > old.target)
    trail = old.trail is not None and (new.trail is None or new.trail > old.trail)
    before = group.protection.out_by if group.protection else None
    later = before is not None and (wanted.out_by is None or wanted.out_by > before)
    return stop or target or trail or later


def _put(state: DeskState, group: Group, protection: Protection, now: datetime) -> None:
    group.adjusted = protection
    arm(state, group, now)
    state.touched.groups[group.label] = None


def _levels(group: Group, protection: Protection | None) -> _Levels:
    if protection is None:
        return _Levels(None, None, None)
    stop, target = levels(group.unit_cost(), protection, group.plan.legs)
    return _Levels(stop, target, protection.trail)


def _shown(level: Decimal | None) -> str:
    return "none" if level is None else str(level.quantize(CENT))
