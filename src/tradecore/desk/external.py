"""
What others did on the account: fills and orders that this desk did not send.

They are adopted, not ignored: a fill that reduces a holding is booked to the group that holds it, anything else to a
group of its own, so that the sum of groups stays the broker's position and everything counts toward caps and loss.
"""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from tradecore.desk.groups import Group
from tradecore.desk.state import DeskState
from tradecore.model.alerts import Alert, Severity
from tradecore.model.events import Busted, Corrected, Filled, Settlement
from tradecore.model.instruments import Instrument, OptionContract, Price
from tradecore.model.order_lifecycle import Step, take
from tradecore.model.orders import Order, OrderState, Role
from tradecore.model.plans import PlannedOrder
from tradecore.model.terms import Effect, Leg, Limit, Market, Side, short_name
from tradecore.ports.broker import BrokerOrder

EXTERNAL: Final = "external"
_LABEL: Final = "EXT"
_WHY: Final = "placed outside this desk"


def is_external(order: Order) -> bool:
    """Whether somebody else sent it."""
    return order.reason == _WHY


def shares_of(state: DeskState, event: Filled | Busted | Corrected) -> list[Filled | Busted | Corrected]:
    """
    One execution of an external order as the executions of the orders that stand for it here.

    A fill that closes what several groups hold is shared among them, oldest first; orders are made, or made larger, to
    take their share. A fill that was shared before gives the same shares again.
    """
    mine = [order for key, order in state.orders.items() if _stands_for(key, event.client_order_id)]
    if not isinstance(event, Filled):
        owners = [order for order in mine if _has(order, event.exec_id)] or mine[:1]
        if isinstance(event, Corrected) and len(owners) > 1:
            return _restated_shares(event, owners)
        return [replace(event, client_order_id=order.client_order_id) for order in owners]
    known = [order for order in mine if _has(order, event.exec_id)]
    if known:
        return [replace(event, client_order_id=order.client_order_id) for order in known]
    shares: list[Filled | Busted | Corrected] = []
    for label, quantity in _allocation(state, event):
        order = _room_for(state, event, label, quantity)
        shares.append(replace(event, client_order_id=order.client_order_id, quantity=quantity, fee=event.fee))
    return _with_one_fee(shares)


def _restated_shares(event: Corrected, owners: list[Order]) -> list[Filled | Busted | Corrected]:
    """A restated execution shared as it was before; the last share takes what the quantity changed by."""
    before = [next((f.quantity for f in o.fills if f.exec_id == event.exec_id), Decimal(0)) for o in owners]
    left = event.quantity
    shares: list[Filled | Busted | Corrected] = []
    for number, (order, had) in enumerate(zip(owners, before, strict=True), 1):
        quantity = left if number == len(owners) else min(had, left)
        left -= quantity
        if quantity > 0:
            shares.append(replace(event, client_order_id=order.client_order_id, quantity=quantity))
        else:
            shares.append(Busted(order.client_order_id, event.at, event.exec_id))
    return shares


def stand_ins(state: DeskState, external_id: str) -> list[str]:
    """Ids of the orders that stand for one order of somebody else."""
    return [key for key in state.orders if _stands_for(key, external_id)]


def adopted_alert(event: Filled, shares: list[str]) -> Alert:
    """What a person is told of an external fill, or of what expiry made of a holding."""
    if event.settlement is not None:
        return _settled_alert(event, event.settlement, shares)
    text = f"{event.side} {event.quantity} {short_name(event.instrument)} at {event.price}, {_WHY}"
    return Alert("EXTERNAL_FILL", Severity.CRITICAL, f"{text}; booked to {', '.join(shares)}")


def _settled_alert(event: Filled, how: Settlement, shares: list[str]) -> Alert:
    booked = f"booked to {', '.join(shares)}"
    if isinstance(event.instrument, OptionContract):
        worth = f"settled at {event.price}" if event.price else "ended without value"
        severity = Severity.WARNING if how is Settlement.ASSIGNED else Severity.INFO
        text = f"{event.quantity} {short_name(event.instrument)} {how}, {worth}; {booked}"
        return Alert("SETTLED", severity, text)
    text = f"{event.side} {event.quantity} {short_name(event.instrument)} at {event.price}: a contract was {how}"
    return Alert("SHARES_DELIVERED", Severity.CRITICAL, f"{text}; {booked}, without stop or target: close or keep it")


def broken_alert(group: Group) -> Alert | None:
    """What a person is told when somebody else closed a leg of a group; None while its structure is whole."""
    if not group.has_lost_a_leg:
        return None
    left = ", ".join(f"{held.quantity:+f} {short_name(held.instrument)}" for held in group.holdings)
    naked = group.uncovered
    if naked is not None:
        text = f"{group.label} is broken: it holds {left}; {short_name(naked)} is uncovered and is being closed"
        return Alert("GROUP_UNCOVERED", Severity.CRITICAL, text)
    stop, target = group.exit_levels()
    ways = [f"stop {stop:f}" if stop is not None else "", f"target {target:f}" if target is not None else ""]
    protected = " and ".join(way for way in ways if way) or "no stop and no target"
    return Alert("GROUP_BROKEN", Severity.CRITICAL, f"{group.label} is broken: it holds {left}, now with {protected}")


def adopt_order(state: DeskState, report: BrokerOrder, now: datetime) -> Alert:
    """Count an open order of somebody else toward every cap until it ends."""
    leg, single = report.legs[0], len(report.legs) == 1
    held = next((g for g in state.open_groups if single and _reducible(g, leg.instrument, leg.side)), None)
    group = held or _new_group(state, report.legs, report.quantity, report.limit_price, now)
    terms = Market() if report.limit_price is None else Limit(Price(report.limit_price))
    order = _order(report.client_order_id, group, report.legs, report.quantity, now, closes=held is not None)
    state.add(group, take(take(replace(order, terms=terms), Step.SUBMIT), Step.ACCEPT))
    return Alert("EXTERNAL_ORDER", Severity.CRITICAL, f"{report.client_order_id}, {_WHY}, counts as {group.label}")


def _allocation(state: DeskState, event: Filled) -> list[tuple[str | None, Decimal]]:
    left, shares = event.quantity, []
    for group in state.open_groups:
        takes = min(left, _reducible(group, event.instrument, event.side))
        if takes > 0:
            shares.append((group.label, takes))
            left -= takes
    rest: list[tuple[str | None, Decimal]] = [(None, left)] if left > 0 else []
    return [*shares, *rest]


def _reducible(group: Group, instrument: Instrument, side: Side) -> Decimal:
    held = next((p.quantity for p in group.holdings if p.instrument == instrument), Decimal(0))
    return max(-side.sign * held, Decimal(0))


def _room_for(state: DeskState, event: Filled, label: str | None, quantity: Decimal) -> Order:
    """The order of this external id in that group with room for so much more, made where there is none."""
    legs = (Leg(event.instrument, event.side),)
    for key, order in state.orders.items():
        same_group = order.group == label if label is not None else order.role is Role.ENTRY
        if _stands_for(key, event.client_order_id) and same_group and order.legs == legs:
            short = quantity - (order.quantity - order.cumulative_quantity)
            wider = replace(order, quantity=order.quantity + max(short, Decimal(0)))
            if wider.state is OrderState.FILLED and short > 0:
                wider = wider.with_state(OrderState.PARTIALLY_FILLED)
            state.keep(wider)
            return wider
    group = state.groups[label] if label is not None else _new_group(state, legs, quantity, event.price, event.at)
    order = _order(_free_id(state, event), group, legs, quantity, event.at, closes=label is not None)
    order = take(take(order, Step.SUBMIT), Step.ACCEPT)
    state.add(group, order)
    return order


def _free_id(state: DeskState, event: Filled) -> str:
    order_id, number = event.client_order_id, 1
    while order_id in state.orders:
        number += 1
        order_id = f"{event.client_order_id}/{number}"
    return order_id


def _order(
    order_id: str, group: Group, legs: tuple[Leg, ...], quantity: Decimal, now: datetime, *, closes: bool
) -> Order:
    return Order(
        client_order_id=order_id,
        group=group.label,
        role=Role.EXIT if closes else Role.ENTRY,
        effect=Effect.CLOSE if closes else Effect.OPEN,
        legs=legs,
        quantity=quantity,
        terms=Market(),
        created_at=now,
        reason=_WHY,
    )


def _new_group(
    state: DeskState, legs: tuple[Leg, ...], quantity: Decimal, price: Decimal | None, now: datetime
) -> Group:
    label = state.next_label(_LABEL)
    plan = PlannedOrder(
        strategy=EXTERNAL,
        label=_LABEL,
        group=None,
        effect=Effect.OPEN,
        legs=legs,
        quantity=quantity,
        terms=Market(),
        first_price=price,
        worst_price=price,
        protection=None,
        reason=_WHY,
        adaptive=False,
    )
    intent = label.lower().replace("-", "")
    group = Group(label=label, plan=plan, intent_id=intent, authority=_WHY, opened_at=now)
    state.open_group(group)
    return group


def _stands_for(key: str, external_id: str) -> bool:
    return key == external_id or key.startswith(f"{external_id}/")


def _has(order: Order, exec_id: str) -> bool:
    return exec_id in order.void or any(fill.exec_id == exec_id for fill in order.fills)


def _with_one_fee(shares: list[Filled | Busted | Corrected]) -> list[Filled | Busted | Corrected]:
    # The fee belongs to the execution; only the first share carries it.
    rest = [replace(one, fee=one.fee * 0) if isinstance(one, Filled) else one for one in shares[1:]]
    return [*shares[:1], *rest]
