"""What a broker event does to orders, positions and results."""

from decimal import Decimal

from tradecore.desk.commands import Sending, SendingOutcome
from tradecore.desk.decisions import Action, Applied, CancelAtBroker, Decision
from tradecore.desk.exits import arm, closed_units, disarm
from tradecore.desk.groups import Group
from tradecore.desk.state import DeskState
from tradecore.errors import IllegalTransition
from tradecore.model.alerts import Alert, Severity
from tradecore.model.events import BrokerEvent, CancelRefused, Expired, Refused
from tradecore.model.money import ZERO, usd
from tradecore.model.order_lifecycle import Progress, Step, apply_event, take
from tradecore.model.orders import Order, OrderState, Role
from tradecore.model.terms import Effect
from tradecore.risk.picture import TradingState

_NONE = Decimal(0)
_STEP_OF = {Sending.REFUSED: Step.REJECT, Sending.NOT_SENT: Step.DENY, Sending.UNKNOWN: Step.LOSE}


def apply(state: DeskState, event: BrokerEvent) -> Decision:
    """Apply one broker event; one that can't be true is quarantined and alerted, never applied."""
    order = state.orders.get(event.client_order_id)
    if order is None:
        note = f"{type(event).__name__} for {event.client_order_id[:64]}, an order this desk did not send"
        return _quarantined(event, None, "EXTERNAL_ORDER", note)
    try:
        progress = apply_event(order, event)
    except IllegalTransition as problem:
        return _quarantined(event, order, "ILLEGAL_EVENT", str(problem))
    state.keep(progress.order)
    group = state.groups[state.group_of[order.client_order_id]]
    alerts = [*_book(state, group, progress), *_ended(state, group, progress.order, event)]
    actions = _withdraw_excess(state, group)
    alerts += settle(state, group, event)
    return Decision(outcome=_applied(progress), actions=tuple(actions), alerts=tuple(alerts))


def note_sending(state: DeskState, command: SendingOutcome) -> Decision:
    """Record how handing an order to the broker went."""
    order = state.orders.get(command.client_order_id)
    step = _STEP_OF.get(command.sending)
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
        arm(state, group, event.at)
        return []
    disarm(state, group)
    if not group.traded or group.closed_at is not None or group.intent_id in state.entries:
        return []
    group.closed_at = event.at
    net = group.realised - group.fees
    state.day.close_trade(event.at, group.plan.strategy, net, stopped=group.last_exit is Role.STOP)
    return [Alert("GROUP_CLOSED", Severity.INFO, f"{group.label} is flat: {net} after fees"), *loss_latch(state)]


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
        state.day.trades[group.plan.strategy] = state.day.trades.get(group.plan.strategy, 0) + 1
    if progress.late:
        text = f"{progress.order.client_order_id}: {fill.quantity} filled after it was {progress.order.state}; booked"
        alerts.append(Alert("LATE_FILL", Severity.CRITICAL, text))
    return alerts


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


def _withdraw_excess(state: DeskState, group: Group) -> list[Action]:
    """After a late fill: what works on must not buy more than the ticket said, nor close more than is held."""
    entries = state.entry_orders(group)
    wanted = sum((o.cumulative_quantity + (o.leaves_quantity if o.may_be_at_venue else 0) for o in entries), _NONE)
    excess = [order for order in entries if wanted > group.plan.quantity]
    if excess:
        state.entries.pop(group.intent_id, None)
    mine = (state.orders[order_id] for order_id in group.order_ids)
    exits = [order for order in mine if order.effect is Effect.CLOSE and order.may_be_at_venue]
    # One exit at a time: an earlier one that a bust brought back to life gives way to the newest.
    excess += [order for order in exits if order is not exits[-1] or _closes_more_than_held(group, order)]
    actions: list[Action] = []
    for order in excess:
        if order.may_be_at_venue and order.state is not OrderState.PENDING_CANCEL:
            state.keep(take(order, Step.ASK_CANCEL))
            actions.append(CancelAtBroker(order.client_order_id))
    return actions


def _closes_more_than_held(group: Group, order: Order) -> bool:
    held = {p.instrument: p.quantity for p in group.holdings}
    for leg in order.legs:
        rest = leg.ratio * order.quantity - order.leg_quantity(leg.instrument)
        if rest > max(-leg.side.sign * held.get(leg.instrument, _NONE), _NONE):
            return True
    return False


def _closed_enough(state: DeskState, group: Group) -> bool:
    closing = group.closing
    if closing is None or closing.units is None:
        return False
    return closed_units(state, closing) >= closing.units and state.orders[closing.order_id].is_ended


def loss_latch(state: DeskState) -> list[Alert]:
    """Take no more risk once the day's loss reached its cap."""
    limits = state.limits
    if limits.max_daily_loss is None or limits.max_daily_loss_pct is None or state.trading is not TradingState.ACTIVE:
        return []
    share = state.day.equity_at_open * (limits.max_daily_loss_pct / 100)
    cap = min(usd(limits.max_daily_loss), share)
    result = state.day.result(state.day.today)
    loss = (-result.realised).at_least_zero() + result.fees
    if loss < cap:
        return []
    state.trading = TradingState.REDUCING
    state.trading_reason = f"daily loss {loss} reached the cap of {cap}"
    return [Alert("DAILY_LOSS", Severity.CRITICAL, state.trading_reason)]


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
