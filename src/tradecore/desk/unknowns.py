"""Orders whose outcome is not known: asked for, sent again under the same id where that is safe, ended by evidence."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from tradecore.desk.commands import NotFound, SettleUnknown
from tradecore.desk.decisions import Decision, Done, Refused
from tradecore.desk.groups import Group
from tradecore.desk.sending import send_existing
from tradecore.desk.state import DeskState
from tradecore.model.alerts import Alert, Severity
from tradecore.model.order_lifecycle import Step, take
from tradecore.model.orders import Order, OrderState, Role
from tradecore.risk.gate import judge_opening
from tradecore.risk.picture import TradingState

# Each sending starts the venue's bound anew; without an end to them "not found" would never become proof.
MOST_ATTEMPTS: Final = 3
TOLD_AFTER: Final = timedelta(seconds=60)


def note_not_found(state: DeskState, command: NotFound) -> Decision:
    """
    The venue knows no order of this id.

    That ends it where the venue's bound has passed; else it is sent again under the same id where ids are unique for
    ever and its risk is still wanted; else it stays unknown, and after a minute a person is told.
    """
    order = state.orders.get(command.client_order_id)
    if order is None or not order.is_unknown:
        return Decision(outcome=Done(what=f"{command.client_order_id[:64]} is not unknown"))
    group = state.groups[order.group]
    sent_at = order.sent_at or order.created_at
    if command.is_final:
        return _never_arrived(state, group, order, "the venue has no such order")
    again = command.may_send_again and order.state is OrderState.UNKNOWN and order.attempts < MOST_ATTEMPTS
    if again and _is_wanted(state, group, order, command):
        send = send_existing(state, order, authority=_authority(group, order), now=command.at)
        return Decision(outcome=Done(what="sent again", order_ids=(order.client_order_id,)), actions=(send,))
    return Decision(outcome=Done(what="still unknown"), alerts=tuple(_tell(state, order, sent_at, command.at)))


def settle_unknown(state: DeskState, command: SettleUnknown) -> Decision:
    """The operator looked at the broker's own screen: the order is not there and never will be."""
    order = state.orders.get(command.client_order_id)
    if order is None or not order.is_unknown:
        unknown = ", ".join(o.client_order_id for o in state.orders.values() if o.is_unknown) or "none"
        why = f"{command.client_order_id[:64]} is no order with an unknown outcome"
        return Decision(outcome=Refused(code="NOT_UNKNOWN", message=why, next_step=f"unknown: {unknown}"))
    return _never_arrived(state, state.groups[order.group], order, f"{command.principal} looked at the broker")


def _never_arrived(state: DeskState, group: Group, order: Order, evidence: str) -> Decision:
    step = Step.CANCEL if order.state is OrderState.PENDING_CANCEL else Step.DENY
    state.keep(take(order, step))
    state.unanswered.pop(order.client_order_id, None)
    if order.role is Role.ENTRY:
        state.entries.pop(group.intent_id, None)
    text = f"{order.client_order_id} never arrived: {evidence}"
    outcome = Done(what="never arrived", order_ids=(order.client_order_id,))
    return Decision(outcome=outcome, alerts=(Alert("NEVER_ARRIVED", Severity.WARNING, text),))


def _is_wanted(state: DeskState, group: Group, order: Order, command: NotFound) -> bool:
    if order.role is not Role.ENTRY:
        # What closes is sent again as it was; once the venue has it, its chase makes it more urgent.
        return state.trading is not TradingState.HALTED and not group.holds_less_than(order)
    ticket = state.tickets.redeemed(group.intent_id)
    if ticket is None or command.at >= ticket.expires_at or group.intent_id not in state.entries:
        return False
    plan = replace(group.plan, quantity=order.quantity, terms=order.terms, group=group.label)
    return judge_opening(state.picture(plan, command.view, command.at, without=group.label)).approved


def _authority(group: Group, order: Order) -> str:
    return group.closing.authority if group.closing is not None and order.role is not Role.ENTRY else group.authority


def _tell(state: DeskState, order: Order, sent_at: datetime, now: datetime) -> list[Alert]:
    if now - sent_at < TOLD_AFTER or order.client_order_id in state.unanswered:
        return []
    state.unanswered[order.client_order_id] = None
    waited = int((now - sent_at).total_seconds())
    text = f"{order.client_order_id}: its outcome is unknown after {waited} s; look at the broker, then settle it"
    return [Alert("UNKNOWN_UNRESOLVED", Severity.CRITICAL, text)]
