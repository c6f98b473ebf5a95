"""Making the orders that leave the house: the only place that stamps a ConfirmedOrder."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from tradecore.desk.decisions import Send
from tradecore.desk.groups import Group
from tradecore.desk.state import DeskState
from tradecore.model.confirmed import DESK_SEAL, ConfirmedOrder
from tradecore.model.order_lifecycle import Step, take
from tradecore.model.orders import Order, Role
from tradecore.model.terms import Effect, Leg, PriceTerms


def send_new(
    state: DeskState,
    group: Group,
    *,
    role: Role,
    legs: tuple[Leg, ...],
    quantity: Decimal,
    terms: PriceTerms,
    authority: str,
    reason: str,
    now: datetime,
) -> Send:
    """Create an order of a group, mark it submitted and confirm it for the broker."""
    order = Order(
        client_order_id=group.next_order_id(),
        group=group.label,
        role=role,
        effect=Effect.OPEN if role is Role.ENTRY else Effect.CLOSE,
        legs=legs,
        quantity=quantity,
        terms=terms,
        created_at=now,
        reason=reason,
    )
    state.add(group, order)
    return send_existing(state, order, authority=authority, now=now)


def send_existing(state: DeskState, order: Order, *, authority: str, now: datetime) -> Send:
    """Mark an order as submitted and confirm it for the broker."""
    submitted = replace(take(order, Step.SUBMIT), sent_at=now, attempts=order.attempts + 1)
    state.keep(submitted)
    confirmed = ConfirmedOrder(
        seal=DESK_SEAL,
        client_order_id=order.client_order_id,
        account=state.opening.account,
        authority=authority,
        effect=order.effect,
        legs=order.legs,
        quantity=order.quantity,
        terms=order.terms,
        time_in_force=order.time_in_force,
        confirmed_at=now,
    )
    return Send(confirmed)
