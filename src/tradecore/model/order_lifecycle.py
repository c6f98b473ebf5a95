"""
The order transition table and the one function that moves an order along it.

States follow NautilusTrader's published order model and FIX 5.0 appendix D, with UNKNOWN added: reachable while a
request is in flight, left only by the venue's own evidence. A fill that reaches a canceled, expired or rejected order
is legal and late: it always moves the position and always raises an incident. The same events end in the same state
in whatever order they come, and one that comes twice changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final

from tradecore.errors import IllegalTransition
from tradecore.model.events import (
    Accepted,
    BrokerEvent,
    Busted,
    Canceled,
    CancelRefused,
    Corrected,
    Expired,
    Filled,
    Refused,
    Replaced,
    ReplaceRefused,
    Triggered,
)
from tradecore.model.instruments import Price
from tradecore.model.orders import ENDED, Order, OrderState
from tradecore.model.terms import Leg, Limit, StopLimit


class Step(StrEnum):
    """What can happen to an order, by us (first row) or by the venue."""

    DENY = "deny"
    EMULATE = "emulate"
    RELEASE = "release"
    SUBMIT = "submit"
    LOSE = "lose"
    ASK_UPDATE = "ask_update"
    ASK_CANCEL = "ask_cancel"
    ACCEPT = "accept"
    REJECT = "reject"
    TRIGGER = "trigger"
    UPDATE = "update"
    REFUSE_UPDATE = "refuse_update"
    CANCEL = "cancel"
    REFUSE_CANCEL = "refuse_cancel"
    EXPIRE = "expire"
    PARTLY_FILL = "partly_fill"
    FILL = "fill"
    BUST = "bust"
    CORRECT = "correct"


S = OrderState
_RESUME: Final = None
_VENUE_ENDS: Final = {Step.CANCEL: S.CANCELED, Step.EXPIRE: S.EXPIRED, Step.REJECT: S.REJECTED}
_FILLS: Final = {Step.PARTLY_FILL: S.PARTIALLY_FILLED, Step.FILL: S.FILLED}
_ASKS: Final = {Step.ASK_UPDATE: S.PENDING_UPDATE, Step.ASK_CANCEL: S.PENDING_CANCEL}

# What a venue may say again, or too late, without anything having changed: frames are repeated and overtake each other.
_STALE_WHILE_WORKING: Final = (Step.ACCEPT, Step.REFUSE_CANCEL, Step.REFUSE_UPDATE)
_STALE_WHEN_ENDED: Final = (*_STALE_WHILE_WORKING, Step.TRIGGER, Step.UPDATE, Step.CANCEL, Step.EXPIRE)


def _stays(state: OrderState, steps: tuple[Step, ...]) -> dict[Step, OrderState | None]:
    return dict.fromkeys(steps, state)


# None means: back to the state before the request.
TRANSITIONS: Final[Mapping[OrderState, Mapping[Step, OrderState | None]]] = {
    S.INITIALIZED: {Step.DENY: S.DENIED, Step.EMULATE: S.EMULATED, Step.SUBMIT: S.SUBMITTED},
    S.EMULATED: {Step.RELEASE: S.RELEASED, Step.CANCEL: S.CANCELED, Step.EXPIRE: S.EXPIRED},
    S.RELEASED: {Step.SUBMIT: S.SUBMITTED, Step.DENY: S.DENIED, Step.CANCEL: S.CANCELED},
    S.SUBMITTED: {**_VENUE_ENDS, **_FILLS, **_ASKS, Step.ACCEPT: S.ACCEPTED, Step.LOSE: S.UNKNOWN, Step.DENY: S.DENIED}
    | {Step.TRIGGER: S.TRIGGERED},
    S.UNKNOWN: {**_VENUE_ENDS, **_FILLS, Step.ASK_CANCEL: S.PENDING_CANCEL, Step.ACCEPT: S.ACCEPTED}
    | {Step.TRIGGER: S.TRIGGERED, Step.SUBMIT: S.SUBMITTED, Step.LOSE: S.UNKNOWN, Step.DENY: S.DENIED}
    | _stays(S.UNKNOWN, (Step.REFUSE_CANCEL, Step.REFUSE_UPDATE)),
    S.ACCEPTED: {**_VENUE_ENDS, **_FILLS, **_ASKS, Step.TRIGGER: S.TRIGGERED, Step.UPDATE: S.ACCEPTED}
    | _stays(S.ACCEPTED, _STALE_WHILE_WORKING),
    S.TRIGGERED: {**_VENUE_ENDS, **_FILLS, **_ASKS, Step.UPDATE: S.TRIGGERED, Step.TRIGGER: S.TRIGGERED}
    | _stays(S.TRIGGERED, _STALE_WHILE_WORKING),
    S.PENDING_UPDATE: {**_VENUE_ENDS, Step.FILL: S.FILLED, Step.PARTLY_FILL: S.PENDING_UPDATE, **_ASKS}
    | {Step.UPDATE: _RESUME, Step.REFUSE_UPDATE: _RESUME, Step.LOSE: S.UNKNOWN}
    | _stays(S.PENDING_UPDATE, (Step.ACCEPT, Step.TRIGGER, Step.REFUSE_CANCEL)),
    S.PENDING_CANCEL: {**_VENUE_ENDS, Step.FILL: S.FILLED, Step.PARTLY_FILL: S.PENDING_CANCEL}
    | {Step.REFUSE_CANCEL: _RESUME, Step.LOSE: S.PENDING_CANCEL}
    | _stays(S.PENDING_CANCEL, (Step.ACCEPT, Step.TRIGGER, Step.ASK_CANCEL, Step.UPDATE, Step.REFUSE_UPDATE)),
    S.PARTIALLY_FILLED: {**_FILLS, **_ASKS, Step.CANCEL: S.CANCELED, Step.EXPIRE: S.EXPIRED, Step.LOSE: S.UNKNOWN}
    | _stays(S.PARTIALLY_FILLED, (Step.UPDATE, Step.TRIGGER, *_STALE_WHILE_WORKING)),
    S.FILLED: _stays(S.FILLED, _STALE_WHEN_ENDED),
    S.CANCELED: {Step.PARTLY_FILL: S.CANCELED, Step.FILL: S.FILLED, **_stays(S.CANCELED, _STALE_WHEN_ENDED)},
    S.EXPIRED: {Step.PARTLY_FILL: S.EXPIRED, Step.FILL: S.FILLED, **_stays(S.EXPIRED, _STALE_WHEN_ENDED)},
    S.REJECTED: {Step.PARTLY_FILL: S.REJECTED, Step.FILL: S.FILLED, Step.REFUSE_CANCEL: S.REJECTED}
    | {Step.REJECT: S.REJECTED},
    # We said that it never arrived; the venue knows better.
    S.DENIED: {**_VENUE_ENDS, **_FILLS, Step.ACCEPT: S.ACCEPTED, Step.TRIGGER: S.TRIGGERED}
    | _stays(S.DENIED, (Step.REFUSE_CANCEL, Step.REFUSE_UPDATE)),
}

# What the venue says of an order while a request is pending is what that order resumes as.
_HEARD: Final[Mapping[tuple[Step, OrderState | None], OrderState]] = {
    (Step.LOSE, S.SUBMITTED): S.UNKNOWN,
    (Step.ACCEPT, S.SUBMITTED): S.ACCEPTED,
    (Step.ACCEPT, S.UNKNOWN): S.ACCEPTED,
    (Step.TRIGGER, S.SUBMITTED): S.TRIGGERED,
    (Step.TRIGGER, S.UNKNOWN): S.TRIGGERED,
    (Step.TRIGGER, S.ACCEPTED): S.TRIGGERED,
}

_STEP_OF: Final[Mapping[type, Step]] = {
    Accepted: Step.ACCEPT,
    Refused: Step.REJECT,
    Triggered: Step.TRIGGER,
    Canceled: Step.CANCEL,
    CancelRefused: Step.REFUSE_CANCEL,
    Replaced: Step.UPDATE,
    ReplaceRefused: Step.REFUSE_UPDATE,
    Expired: Step.EXPIRE,
}


@dataclass(frozen=True, slots=True)
class Progress:
    """
    What one venue event did to an order.

    `booked` is the fill that now stands, `withdrawn` the one that no longer does (a correction has both); `late` when
    a fill reached an ended order; `repeated` when the execution was known already and nothing changed.
    """

    order: Order
    booked: Filled | None = None
    withdrawn: Filled | None = None
    late: bool = False
    repeated: bool = False
    found: bool = False


def take(order: Order, step: Step) -> Order:
    """
    Move an order by one step that carries no quantity.

    Raises:
        IllegalTransition: The table has no such step from the order's state.
    """
    allowed = TRANSITIONS[order.state]
    if step not in allowed:
        raise IllegalTransition(f"{order.client_order_id}: {step} is not possible while {order.state}")
    target = allowed[step]
    if target is None:
        return replace(order, state=_resumed(order), resumes=None)
    if target in (S.PENDING_CANCEL, S.PENDING_UPDATE) and order.state is not target:
        nested = order.state in (S.PENDING_CANCEL, S.PENDING_UPDATE)
        return replace(order, state=target, resumes=order.resumes if nested else order.state)
    if target is order.state:
        heard = _HEARD.get((step, order.resumes), order.resumes)
        return replace(order, resumes=_ends_as(order, step) or heard)
    # A fill that completes an ended order keeps in mind how it ended, in case that fill is taken back.
    ended = order.state in _VENUE_ENDS.values() and target in ENDED
    return replace(order, state=target, resumes=order.state if ended else None)


def _ends_as(order: Order, step: Step) -> OrderState | None:
    """How a filled order would have ended without the fill that may yet be taken back."""
    return _VENUE_ENDS.get(step) if order.state is S.FILLED else None


def apply_event(order: Order, event: BrokerEvent) -> Progress:
    """
    Apply one venue event to an order; pure.

    Raises:
        IllegalTransition: The order's state does not allow the event, or its content contradicts the order.
    """
    if isinstance(event, Filled):
        return _fill(order, event)
    if isinstance(event, Busted):
        return _bust(order, event)
    if isinstance(event, Corrected):
        return _correct(order, event)
    if isinstance(event, Replaced):
        return Progress(_replaced(order, event))
    return _told(order, _STEP_OF[type(event)])


def _told(order: Order, step: Step) -> Progress:
    moved = take(order, step)
    return Progress(moved, repeated=moved == order, found=_turned_up(order, moved))


def _turned_up(before: Order, after: Order) -> bool:
    missing = before.is_unknown or before.state is S.DENIED
    return missing and not after.is_unknown and after.state is not S.DENIED


def _fill(order: Order, event: Filled) -> Progress:
    if event.exec_id in order.void or any(fill.exec_id == event.exec_id for fill in order.fills):
        return Progress(order, repeated=True)
    leg = next((leg for leg in order.legs if leg.instrument == event.instrument), None)
    if leg is None or leg.side is not event.side:
        raise IllegalTransition(f"{order.client_order_id}: a fill of {event.instrument.symbol} is no leg of it")
    event = _restated(order, event)
    _require_sound(order, event, leg, order.leg_quantity(event.instrument))
    late = order.state in ENDED
    filled = replace(order, fills=(*order.fills, event))
    step = Step.FILL if filled.leaves_quantity == 0 else Step.PARTLY_FILL
    moved = take(filled, step)
    return Progress(moved, booked=event, late=late, found=_turned_up(order, moved))


def _restated(order: Order, event: Filled) -> Filled:
    """The fill as a correction that overtook it states it."""
    ahead = [one for one in order.ahead if one.exec_id == event.exec_id]
    return replace(event, quantity=ahead[-1].quantity, price=ahead[-1].price) if ahead else event


def _bust(order: Order, event: Busted) -> Progress:
    found = _standing(order, event.exec_id)
    if found is None and event.exec_id in order.void:
        return Progress(order, repeated=True)
    if found is None:
        # The bust overtook its fill, which will be void when it comes.
        return Progress(replace(order, void=order.void | {event.exec_id}))
    kept = tuple(fill for fill in order.fills if fill.exec_id != event.exec_id)
    changed = replace(order, fills=kept, void=order.void | {event.exec_id})
    return Progress(_relabelled(changed), withdrawn=found)


def _correct(order: Order, event: Corrected) -> Progress:
    found = _standing(order, event.exec_id)
    if found is None:
        known = event.exec_id in order.void or event in order.ahead
        return Progress(order if known else replace(order, ahead=(*order.ahead, event)), repeated=known)
    restated = replace(found, quantity=event.quantity, price=event.price)
    if restated == found:
        return Progress(order, repeated=True)
    leg = next(leg for leg in order.legs if leg.instrument == found.instrument)
    _require_sound(order, restated, leg, order.leg_quantity(found.instrument) - found.quantity)
    fills = tuple(restated if fill.exec_id == event.exec_id else fill for fill in order.fills)
    return Progress(_relabelled(replace(order, fills=fills)), booked=restated, withdrawn=found)


def _require_sound(order: Order, fill: Filled, leg: Leg, others: Decimal) -> None:
    if not fill.quantity.is_finite() or fill.quantity <= 0 or not fill.price.is_finite() or fill.price < 0:
        raise IllegalTransition(f"{order.client_order_id}: fill {fill.exec_id} has no usable quantity or price")
    if others + fill.quantity > order.quantity * leg.ratio:
        raise IllegalTransition(f"{order.client_order_id}: fill {fill.exec_id} exceeds the ordered quantity")


def _relabelled(order: Order) -> Order:
    if order.leaves_quantity == 0 and order.state is not S.FILLED:
        return replace(order, state=S.FILLED, resumes=order.state if order.state in ENDED else None)
    # A venue that takes a fill back owes the quantity again until it says otherwise, so the order counts as live
    # unless it had ended before that fill came late.
    if order.state is S.FILLED and order.leaves_quantity > 0:
        if order.resumes in ENDED:
            return replace(order, state=order.resumes, resumes=None)
        return order.with_state(S.PARTIALLY_FILLED if order.cumulative_quantity else S.ACCEPTED)
    if order.state is S.PARTIALLY_FILLED and not order.fills:
        return order.with_state(S.ACCEPTED)
    return order


def _replaced(order: Order, event: Replaced) -> Order:
    moved = take(order, Step.UPDATE)
    least = max(order.leg_quantity(leg.instrument) / leg.ratio for leg in order.legs)
    if not event.quantity.is_finite() or event.quantity <= 0 or event.quantity < least:
        raise IllegalTransition(f"{order.client_order_id}: replaced by {event.quantity} with {least} filled")
    terms = moved.terms
    if event.price is not None and isinstance(terms, Limit | StopLimit):
        terms = replace(terms, price=Price(event.price))
    return _relabelled(replace(moved, quantity=event.quantity, terms=terms))


def _standing(order: Order, exec_id: str) -> Filled | None:
    return next((fill for fill in order.fills if fill.exec_id == exec_id), None)


def _resumed(order: Order) -> OrderState:
    state = order.resumes or S.ACCEPTED
    return S.PARTIALLY_FILLED if order.fills and state in (S.ACCEPTED, S.SUBMITTED, S.UNKNOWN) else state
