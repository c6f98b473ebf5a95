"""What a broker event does to orders, positions and results."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from tradecore.desk.commands import Sending, SendingOutcome, WithdrawExcess
from tradecore.desk.decisions import Action, Applied, CancelAtBroker, Decision, Done
from tradecore.desk.exits import arm, closed_units, disarm
from tradecore.desk.external import adopted_alert, broken_alert, is_external, shares_of, stand_ins
from tradecore.desk.groups import Group
from tradecore.desk.losses import booked_loss, note_loss
from tradecore.desk.state import DeskState
from tradecore.errors import IllegalTransition
from tradecore.model.alerts import Alert, Severity
from tradecore.model.events import BrokerEvent, Busted, CancelRefused, Corrected, Expired, Filled, Refused
from tradecore.model.money import ZERO
from tradecore.model.order_lifecycle import Progress, Step, apply_event, take
from tradecore.model.orders import Order, OrderState, Role
from tradecore.model.terms import Effect
from tradecore.risk.picture import OpenIntent, direction_of

_NONE = Decimal(0)
_STEP_OF = {Sending.REFUSED: Step.REJECT, Sending.NOT_SENT: Step.DENY, Sending.UNKNOWN: Step.LOSE}


def apply(state: DeskState, event: BrokerEvent) -> Decision:
    """Apply one broker event; one that can't be true is quarantined and alerted, never applied."""
    order = state.orders.get(event.client_order_id)
    if order is None or is_external(order):
        return _apply_external(state, event)
    return _apply_own(state, order, event)


def is_known(state: DeskState, event: BrokerEvent) -> bool:
    """Whether an event would change nothing because it was taken in before."""
    order = state.orders.get(event.client_order_id)
    if order is None:
        return False
    shares = [event]
    if is_external(order) and isinstance(event, Busted | Corrected):
        shares = [*shares_of(state, event)]
    try:
        return all(apply_event(state.orders[share.client_order_id], share).repeated for share in shares)
    except IllegalTransition:
        return False


def _apply_external(state: DeskState, event: BrokerEvent) -> Decision:
    order = state.orders.get(event.client_order_id)
    if not isinstance(event, Filled | Busted | Corrected):
        if order is not None:
            return _joined(
                [_apply_own(state, state.orders[key], event) for key in stand_ins(state, order.client_order_id)]
            )
        note = f"{type(event).__name__} for {event.client_order_id[:64]}, an order this desk did not send"
        return _quarantined(event, None, "EXTERNAL_ORDER", note)
    shares = shares_of(state, event)
    decisions = [_apply_own(state, state.orders[share.client_order_id], share) for share in shares]
    if not decisions:
        note = f"{type(event).__name__} of {event.exec_id[:64]}, an execution nobody reported"
        return _quarantined(event, order, "EXTERNAL_ORDER", note)
    joined = _joined(decisions)
    applied = [decision.outcome for decision in decisions if isinstance(decision.outcome, Applied)]
    if isinstance(event, Filled) and not all(one.note for one in applied):
        adopted = adopted_alert(event, [state.orders[one.client_order_id].group for one in shares])
        groups = [state.groups[state.orders[one.client_order_id].group] for one in shares]
        # What expired leaves leg by leg, as the broker books it: that breaks nothing.
        trading = [group for group in groups if not group.has_expired(event.at)]
        broken = [alert for alert in map(broken_alert, trading) if alert is not None]
        return replace(joined, alerts=(adopted, *broken, *joined.alerts))
    return joined


def _joined(decisions: list[Decision]) -> Decision:
    actions = [action for decision in decisions for action in decision.actions]
    alerts = [alert for decision in decisions for alert in decision.alerts]
    return Decision(outcome=decisions[0].outcome, actions=tuple(actions), alerts=tuple(alerts))


def _apply_own(state: DeskState, order: Order, event: BrokerEvent) -> Decision:
    try:
        progress = apply_event(order, event)
    except IllegalTransition as problem:
        return _quarantined(event, order, "ILLEGAL_EVENT", str(problem))
    if progress.repeated:
        return Decision(outcome=_applied(progress))
    state.keep(progress.order)
    group = state.groups[state.group_of[order.client_order_id]]
    found_actions, alerts = _found(state, group, progress)
    alerts += [*_book(state, group, progress), *_ended(state, group, progress.order, event)]
    # A refused withdrawal is no news of what is excess: it is asked for again in its own time, not at once.
    excess = [] if isinstance(event, CancelRefused) else _withdraw_excess(state, group)
    actions = [*found_actions, *excess]
    alerts += settle(state, group, event)
    return Decision(outcome=_applied(progress), actions=tuple(actions), alerts=tuple(alerts))


def _found(state: DeskState, group: Group, progress: Progress) -> tuple[list[Action], list[Alert]]:
    """An order turned up whose arrival was unknown: an entry's rest is cancelled, what filled of it is protected."""
    order = progress.order
    if not progress.found:
        return [], []
    state.unanswered.pop(order.client_order_id, None)
    alert = Alert("ORDER_FOUND", Severity.WARNING, f"{order.client_order_id} is at the venue after all: {order.state}")
    if order.role is not Role.ENTRY:
        return [], [alert]
    state.entries.pop(group.intent_id, None)
    if not order.may_be_at_venue or order.state is OrderState.PENDING_CANCEL:
        return [], [alert]
    state.keep(take(order, Step.ASK_CANCEL))
    return [CancelAtBroker(order.client_order_id)], [alert]


def note_sending(state: DeskState, command: SendingOutcome) -> Decision:
    """Record how handing an order to the broker went."""
    order = state.orders.get(command.client_order_id)
    step = _STEP_OF.get(command.sending)
    if order is not None and order.attempts > 1 and step is not None:
        # What was sent again and refused says nothing of the first request, which may still arrive.
        step = Step.LOSE
    if order is not None and order.state is OrderState.PENDING_CANCEL and order.resumes is OrderState.SUBMITTED:
        # Its cancellation was asked for while it was on its way; what never left is cancelled.
        step = Step.CANCEL if step is Step.DENY else step
    elif order is not None and order.state is not OrderState.SUBMITTED:
        step = None
    if order is None or step is None:
        current = order.state if order else None
        return Decision(outcome=Applied(client_order_id=command.client_order_id, state=current, filled_quantity=None))
    moved = take(order, step)
    state.keep(moved)
    group = state.groups[state.group_of[order.client_order_id]]
    if moved.is_ended and moved.role is Role.ENTRY:
        state.entries.pop(group.intent_id, None)
    severity = Severity.CRITICAL if command.sending is Sending.UNKNOWN else Severity.WARNING
    message = f"{command.client_order_id}: {command.sending}"
    alert = Alert(f"SENDING_{command.sending.name}", severity, message, said=command.reason[:200])
    outcome = Applied(
        client_order_id=moved.client_order_id, state=moved.state, filled_quantity=moved.cumulative_quantity
    )
    return Decision(outcome=outcome, alerts=(alert,))


def settle(state: DeskState, group: Group, event: BrokerEvent) -> list[Alert]:
    """After a group's orders changed: arm what is held, or finish what is flat."""
    closing = group.closing
    if closing is not None and (not group.is_open or _closed_enough(state, group)):
        group.last_exit = closing.role
        group.closing = None
    if group.is_open:
        group.closed_at = None
        # What is closed whole needs no stop any more; while its legs fill one by one, no level would mean a thing.
        if group.closing is None or group.closing.units is not None:
            arm(state, group, event.at)
        return []
    disarm(state, group)
    if not group.traded or group.closed_at is not None or group.intent_id in state.entries:
        return []
    group.closed_at = event.at
    net = group.realised - group.fees
    state.day.close_trade(event.at, group.plan.strategy, net, stopped=group.last_exit is Role.STOP)
    return [
        Alert("GROUP_CLOSED", Severity.INFO, f"{group.label} is flat: {net} after fees"),
        *note_loss(state, booked_loss(state), None),
    ]


def _book(state: DeskState, group: Group, progress: Progress) -> list[Alert]:
    alerts = []
    if progress.withdrawn is not None:
        fee = progress.booked.fee if progress.booked else ZERO
        realised = group.rebook(progress.withdrawn, progress.booked)
        state.day.book(progress.withdrawn.at, realised, fee - progress.withdrawn.fee)
        text = f"{progress.order.client_order_id}: execution {progress.withdrawn.exec_id} was taken back or restated"
        alerts.append(Alert("FILL_BUSTED", Severity.CRITICAL, text))
    fill = progress.booked
    if fill is None or progress.withdrawn is not None:
        return alerts
    state.day.book(fill.at, group.book(fill), fill.fee)
    if progress.order.role is Role.ENTRY and not group.traded:
        group.traded = True
        alerts += _count_execution(state, group, fill.at)
    if progress.late:
        text = f"{progress.order.client_order_id}: {fill.quantity} filled after it was {progress.order.state}; booked"
        alerts.append(Alert("LATE_FILL", Severity.CRITICAL, text))
    return alerts


def _count_execution(state: DeskState, group: Group, at: datetime) -> list[Alert]:
    """Count an opening trade; a strategy that opens the same again and again is stopped until the operator looks."""
    plan = group.plan
    execution = OpenIntent(at=at, strategy=plan.strategy, underlying=plan.underlying, direction=direction_of(plan.legs))
    state.day.count_trade(execution)
    limits = state.limits
    if limits.max_repeated_executions is None or limits.repeated_execution_minutes is None:
        return []
    since = at - timedelta(minutes=limits.repeated_execution_minutes)
    same = [one for one in state.day.executions if one.at > since and replace(one, at=at) == execution]
    if len(same) < limits.max_repeated_executions or plan.strategy in state.stopped:
        return []
    text = f"{plan.strategy} opened {plan.underlying} {execution.direction} {len(same)} times"
    state.stopped[plan.strategy] = f"{text} within {limits.repeated_execution_minutes} min"
    return [Alert("REPEATED_EXECUTION", Severity.CRITICAL, f"{state.stopped[plan.strategy]}; stopped")]


def _ended(state: DeskState, group: Group, order: Order, event: BrokerEvent) -> list[Alert]:
    if order.role is not Role.ENTRY:
        return []
    if isinstance(event, CancelRefused) and order.may_be_at_venue and group.intent_id not in state.entries:
        text = f"{order.client_order_id} still works: the venue refused to cancel it"
        return [Alert("ENTRY_STILL_WORKS", Severity.CRITICAL, text, said=event.reason[:200])]
    if not order.is_ended or order.client_order_id != state.entry_orders(group)[-1].client_order_id:
        return []
    run = state.entries.get(group.intent_id)
    if run is not None and not (run.withdrawing and order.state is OrderState.CANCELED):
        state.entries.pop(group.intent_id)
    if isinstance(event, Refused | Expired):
        refused = isinstance(event, Refused)
        text = f"{order.client_order_id} ended: {'the venue refused it' if refused else 'its time in force ended'}"
        said = event.reason[:200] if isinstance(event, Refused) else ""
        return [Alert("ENTRY_ENDED", Severity.WARNING, text, said=said)]
    return []


def may_still_send(state: DeskState, order: Order) -> bool:
    """Whether an order that was decided on is still wanted: an entry that nobody took back, an exit of what is held."""
    group = state.groups[order.group]
    wanted = group.intent_id in state.entries if order.role is Role.ENTRY else not group.holds_less_than(order)
    return wanted and order.state is OrderState.SUBMITTED


def withdraw_excess(state: DeskState, _: WithdrawExcess) -> Decision:
    """Ask again for the withdrawal of whatever works beyond its ticket or its holding."""
    groups = [state.groups[label] for label in dict.fromkeys(order.group for order in state.live_orders)]
    actions = [action for group in groups for action in _withdraw_excess(state, group)]
    return Decision(outcome=Done(what=f"{len(actions)} orders withdrawn"), actions=tuple(actions))


def has_excess(state: DeskState) -> bool:
    """Whether something works beyond its ticket or its holding whose withdrawal is not asked for."""
    groups = [state.groups[label] for label in dict.fromkeys(order.group for order in state.live_orders)]
    pending = OrderState.PENDING_CANCEL
    return any(order.may_be_at_venue and order.state is not pending for g in groups for order in _excess(state, g))


def _withdraw_excess(state: DeskState, group: Group) -> list[Action]:
    """After a late fill: what works on must not buy more than the ticket said, nor close more than is held."""
    excess = _excess(state, group)
    if any(order.role is Role.ENTRY for order in excess):
        state.entries.pop(group.intent_id, None)
    actions: list[Action] = []
    for order in excess:
        if order.may_be_at_venue and order.state is not OrderState.PENDING_CANCEL:
            state.keep(take(order, Step.ASK_CANCEL))
            actions.append(CancelAtBroker(order.client_order_id))
    return actions


def _excess(state: DeskState, group: Group) -> list[Order]:
    entries = state.entry_orders(group)
    wanted = sum((o.quantity if o.may_be_at_venue else o.begun_quantity for o in entries), _NONE)
    excess = [order for order in entries if wanted > group.plan.quantity]
    mine = (state.orders[order_id] for order_id in group.order_ids)
    exits = [order for order in mine if order.effect is Effect.CLOSE and order.may_be_at_venue]
    # One exit at a time: an earlier one that a bust brought back to life gives way to the newest.
    return excess + [order for order in exits if order is not exits[-1] or group.holds_less_than(order)]


def _closed_enough(state: DeskState, group: Group) -> bool:
    closing = group.closing
    if closing is None or closing.units is None:
        return False
    return closed_units(state, closing) >= closing.units and state.orders[closing.order_id].is_ended


def _quarantined(event: BrokerEvent, order: Order | None, code: str, note: str) -> Decision:
    outcome = Applied(
        client_order_id=event.client_order_id,
        state=order.state if order else None,
        filled_quantity=order.cumulative_quantity if order else None,
        note=f"quarantined: {note}",
    )
    return Decision(outcome=outcome, alerts=(Alert(code, Severity.CRITICAL, f"{note}; quarantined, nothing applied"),))


def _applied(progress: Progress) -> Applied:
    order = progress.order
    return Applied(
        client_order_id=order.client_order_id,
        state=order.state,
        filled_quantity=order.cumulative_quantity,
        note="repeated" if progress.repeated else "",
    )
