"""Leaving positions: arming stop and target, firing them, and never giving up until the group is flat."""

from dataclasses import replace
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from tradecore.desk.commands import EngageKillSwitch, ExitCause, StepExit, TriggerExit
from tradecore.desk.decisions import Action, CancelAtBroker, Decision, Done, Refused, Send
from tradecore.desk.groups import Closing, Group
from tradecore.desk.latches import Latch
from tradecore.desk.sending import send_new
from tradecore.desk.state import DeskState
from tradecore.model.alerts import Alert, Severity
from tradecore.model.instruments import Price, nearest_price
from tradecore.model.market import MarketView
from tradecore.model.order_lifecycle import Step, take
from tradecore.model.orders import Order, OrderState, Role
from tradecore.model.terms import Effect, Leg, Limit, Market, PriceTerms, Side, Stop
from tradecore.risk.picture import TradingState
from tradecore.risk.prices import closing_touch

_ROLE_OF: Final = {ExitCause.STOP: Role.STOP, ExitCause.TARGET: Role.TARGET, ExitCause.CUT_OFF: Role.EXIT}
_THROUGH_PCT: Final = Decimal(5)


def arm(state: DeskState, group: Group, now: datetime) -> None:
    """Make or resize the group's emulated stop and target so that they cover exactly what is held."""
    stop, target = group.exit_levels()
    units = group.open_units()
    for role, level in ((Role.STOP, stop), (Role.TARGET, target)):
        if level is None:
            _take_down(state, group, role)
            continue
        terms: PriceTerms = Stop(Price(level)) if role is Role.STOP else Limit(Price(level))
        standing = state.orders.get(group.armed.get(role, ""))
        if standing is not None and not standing.is_ended:
            state.keep(replace(standing, legs=group.closing_legs(), quantity=units, terms=terms))
            continue
        order = Order(
            client_order_id=group.next_order_id(),
            group=group.label,
            role=role,
            effect=Effect.CLOSE,
            legs=group.closing_legs(),
            quantity=units,
            terms=terms,
            created_at=now,
            reason=f"{role} of {group.label}",
        )
        state.add(group, take(order, Step.EMULATE))
        group.armed[role] = order.client_order_id


def disarm(state: DeskState, group: Group) -> None:
    """Cancel the group's emulated exits; they never left the house."""
    for role in sorted(group.armed):
        _take_down(state, group, role)


def _take_down(state: DeskState, group: Group, role: Role) -> None:
    order_id = group.armed.pop(role, None)
    if order_id is not None and state.orders[order_id].state is OrderState.EMULATED:
        state.keep(take(state.orders[order_id], Step.CANCEL))


def trigger_exit(state: DeskState, command: TriggerExit) -> Decision:
    """Fire a confirmed rule: the group's stop or target, or the clock's cut-off."""
    group = state.groups.get(command.group)
    if group is None or not group.is_open:
        return Decision(outcome=Done(what=f"{command.group[:32]} holds nothing"))
    if group.closing is not None:
        return Decision(
            outcome=Done(what=f"{group.label} is being closed already", order_ids=(group.closing.order_id,))
        )
    if state.trading is TradingState.HALTED:
        why = f"{group.label} stays as it is: the operator halted the desk"
        return Decision(outcome=Refused(code="HALTED", message=why, next_step="the operator resumes or closes by hand"))
    if group.has_expired(command.at):
        return Decision(outcome=expired(group))
    if not _fired(state, group, command):
        seen = ", ".join(str(value) for value in command.seen) or "nothing"
        why = f"{command.cause} of {group.label} is not reached by {seen}"
        return Decision(outcome=Refused(code="NOT_TRIGGERED", message=why, next_step="keep watching"))
    role = _ROLE_OF[command.cause]
    reason = f"{command.cause} at {command.seen[-1]}" if command.seen else str(command.cause)
    actions = close_group(state, group, role, None, group.authority, reason, command.view, command.at)
    ids = tuple(action.order.client_order_id for action in actions if isinstance(action, Send))
    alert = Alert("EXIT_TRIGGERED", Severity.INFO, f"{group.label}: {reason}; closing {group.open_units()} unit(s)")
    return Decision(outcome=Done(what=reason, order_ids=ids), actions=tuple(actions), alerts=(alert,))


def expired(group: Group) -> Refused:
    """The answer to closing what trades no more."""
    why = f"{group.label} holds contracts that have expired; no order closes them"
    return Refused(code="EXPIRED", message=why, next_step="the broker books exercise, assignment or expiry by the open")


def close_group(
    state: DeskState,
    group: Group,
    role: Role,
    units: Decimal | None,
    authority: str,
    reason: str,
    view: MarketView,
    now: datetime,
) -> list[Action]:
    """
    Start closing `units` of a group (None: all): whatever of it works is withdrawn first, then one exit order goes.

    That is its entry, or an exit that came back to life because the venue took its fill back.
    """
    state.entries.pop(group.intent_id, None)
    actions = _cancel_live(state, group, tuple(Role))
    quantity = units if units is not None else group.open_units()
    send = send_new(
        state,
        group,
        role=role,
        legs=group.closing_legs(),
        quantity=quantity,
        terms=exit_terms(state, group.closing_legs(), view, Decimal(0)),
        authority=authority,
        reason=reason,
        now=now,
    )
    group.closing = Closing(role, authority, reason, units, [send.order.client_order_id])
    return [*actions, send]


def step_exit(state: DeskState, command: StepExit) -> Decision:
    """Push an exit that has not filled: withdraw the order at its price, or send the next and more urgent one."""
    group = state.groups.get(command.group)
    if group is None or group.closing is None or not group.is_open:
        return Decision(outcome=Done(what="exit is over"))
    order = state.orders[group.closing.order_id]
    if group.has_expired(command.at):
        return Decision(outcome=expired(group))
    if order.may_be_at_venue:
        waits = order.state in (OrderState.UNKNOWN, OrderState.PENDING_CANCEL, OrderState.SUBMITTED)
        if waits or keeps_price(state, order, command.view, command.waited_s):
            return Decision(outcome=Done(what=f"exit works: {order.state}", order_ids=(order.client_order_id,)))
        state.keep(take(order, Step.ASK_CANCEL))
        outcome = Done(what="exit withdrawn for a more urgent price", order_ids=(order.client_order_id,))
        return Decision(outcome=outcome, actions=(CancelAtBroker(order.client_order_id),))
    if state.trading is TradingState.HALTED:
        return Decision(outcome=Refused(code="HALTED", message="the desk is halted", next_step="the operator decides"))
    return _send_next(state, group, group.closing, command)


def engage_kill_switch(state: DeskState, command: EngageKillSwitch) -> Decision:
    """Block new exposure at once, withdraw entries, keep exits; with flatten, close everything once per latch."""
    if not state.killed:
        state.kill_latch += 1
    state.engagements += 1
    disarmed = ", ".join(state.armed)
    state.armed.clear()
    state.latches[Latch.KILL_SWITCH] = f"kill switch by {command.principal}: {command.reason}"
    actions: list[Action] = []
    for group in list(state.groups.values()):
        state.entries.pop(group.intent_id, None)
        actions += _cancel_live(state, group, (Role.ENTRY,))
    may_close = state.trading is not TradingState.HALTED
    if command.flatten and may_close and state.flattened_latch != state.kill_latch:
        state.flattened_latch = state.kill_latch
        authority, why = f"kill switch {state.kill_latch}", "flattened by the kill switch"
        for group in state.open_groups:
            if group.closing is not None:
                # What closes a part goes on until nothing is left, one exit after the other.
                group.closing.units, group.closing.authority, group.closing.reason = None, authority, why
                state.touched.groups[group.label] = None
            elif not group.has_expired(command.at):
                actions += close_group(state, group, Role.EXIT, None, authority, why, command.view, command.at)
    ids = tuple(a.order.client_order_id if isinstance(a, Send) else a.client_order_id for a in actions)
    held = ", ".join(f"{g.label} {g.open_units()}" for g in state.open_groups) or "nothing held"
    held += f"; disarmed {disarmed}" if disarmed else ""
    alert = Alert("KILL_SWITCH", Severity.CRITICAL, f"{state.latches[Latch.KILL_SWITCH]}; {held}")
    return Decision(outcome=Done(what="kill switch engaged", order_ids=ids), actions=tuple(actions), alerts=(alert,))


def _fired(state: DeskState, group: Group, command: TriggerExit) -> bool:
    if command.cause is ExitCause.CUT_OFF:
        return True
    stop, target = group.exit_levels()
    level = stop if command.cause is ExitCause.STOP else target
    needed = state.limits.stop_confirmations or 1
    if level is None or len(command.seen) < (needed if command.cause is ExitCause.STOP else 1):
        return False
    if command.cause is ExitCause.STOP:
        return all(value <= level for value in command.seen)
    return all(value >= level for value in command.seen)


def _send_next(state: DeskState, group: Group, closing: Closing, command: StepExit) -> Decision:
    left = group.open_units() if closing.units is None else closing.units - closed_units(state, closing)
    quantity = min(left, group.open_units())
    legs = group.closing_legs()
    send = send_new(
        state,
        group,
        role=closing.role,
        legs=legs,
        quantity=quantity,
        terms=exit_terms(state, legs, command.view, command.waited_s),
        authority=closing.authority,
        reason=f"{closing.reason}, again after {command.waited_s} s",
        now=command.at,
    )
    closing.order_ids.append(send.order.client_order_id)
    return Decision(outcome=Done(what="next exit", order_ids=(closing.order_id,)), actions=(send,))


def closed_units(state: DeskState, closing: Closing) -> Decimal:
    """Units that the orders of a closing have filled so far."""
    return sum((state.orders[order_id].cumulative_quantity for order_id in closing.order_ids), Decimal(0))


def keeps_price(state: DeskState, order: Order, view: MarketView, waited_s: Decimal) -> bool:
    """Whether pushing a resting exit would send the very same order again."""
    return isinstance(order.terms, Market) or order.terms == exit_terms(state, order.legs, view, waited_s)


def needs_push(state: DeskState, group: Group, view: MarketView, waited_s: Decimal) -> bool:
    """Whether a group's exit ended unfinished, or rests at a price that is not urgent enough any more."""
    if group.closing is None or not group.is_open:
        return False
    order = state.orders[group.closing.order_id]
    resting = order.state in (OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED, OrderState.TRIGGERED)
    return order.is_ended or (resting and not keeps_price(state, order, view, waited_s))


def is_left_uncovered(state: DeskState, group: Group) -> bool:
    """Whether a group holds a sold option without cover, with no fill under way that could still bring one."""
    works = any(state.orders[order_id].may_be_at_venue for order_id in group.order_ids)
    return not works and group.intent_id not in state.entries and group.uncovered is not None


def exit_terms(state: DeskState, legs: tuple[Leg, ...], view: MarketView, waited_s: Decimal) -> PriceTerms:
    """What an exit asks for: the touch, then through it, then market; an offer at the smallest price if nobody bids."""
    touch = closing_touch(legs, view)
    single = legs[0] if len(legs) == 1 else None
    if touch is None:
        if single is not None and single.side is Side.SELL:
            return Limit(Price(single.instrument.tick(Decimal(0))))
        return Market()
    urgent_after = state.limits.exit_market_after_s
    if urgent_after is None or waited_s >= urgent_after:
        return Market()
    if waited_s <= 0:
        return Limit(Price(touch))
    tick = legs[0].instrument.tick(abs(touch))
    give = max(tick, (abs(touch) * _THROUGH_PCT / 100 // tick) * tick)
    if single is None:
        return Limit(Price(touch + give))
    if single.side is Side.SELL:
        return Limit(nearest_price(single.instrument, touch - give, ROUND_FLOOR))
    return Limit(nearest_price(single.instrument, touch + give, ROUND_CEILING))


def _cancel_live(state: DeskState, group: Group, roles: tuple[Role, ...]) -> list[Action]:
    actions: list[Action] = []
    for order_id in group.order_ids:
        order = state.orders[order_id]
        if order.role in roles and order.may_be_at_venue and order.state is not OrderState.PENDING_CANCEL:
            state.keep(take(order, Step.ASK_CANCEL))
            actions.append(CancelAtBroker(order_id))
    return actions
