"""Confirm: redeem a ticket, work its orders, and say what filled and what protects it."""

import dataclasses
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from tradecore.desk.commands import Redeem
from tradecore.desk.decisions import Confirmed, Decision, Previewed, Refused, Replayed, TicketKind
from tradecore.desk.groups import Group
from tradecore.model.confirmation import Confirmer
from tradecore.model.orders import Order, OrderState, Role
from tradecore.usecases.answers import ConfirmAnswer, PreviewAnswer, RefusedAnswer
from tradecore.usecases.desk_figures import Work
from tradecore.usecases.execution_quality import note_arrival
from tradecore.usecases.floor import TradingFloor, decide, hash_token
from tradecore.usecases.orders import order_line
from tradecore.usecases.previewing import new_ticket, ticket_answer
from tradecore.usecases.replacing import make_way
from tradecore.usecases.views import fresh_view
from tradecore.usecases.working import chase_entry, chase_exit

_LONGEST_WAIT_S = Decimal(10)


async def confirm(
    floor: TradingFloor,
    principal: str,
    token: str,
    given: Mapping[str, str] | None = None,
    *,
    confirmed_by: Confirmer = Confirmer.MODEL,
    wait: timedelta | None = None,
) -> ConfirmAnswer | PreviewAnswer | RefusedAnswer:
    """
    Redeem a token on the word of `confirmed_by`.

    Waits up to `wait` for the fill, by default ten seconds of the reader's clock. A token that was redeemed before
    answers with the first result and `replayed`; one that expired, or whose price band the market left, answers with
    a fresh preview.
    """
    return await redeem(floor, principal, hash_token(token), given, confirmed_by=confirmed_by, wait=wait)


async def redeem(
    floor: TradingFloor,
    principal: str,
    token_hash: str,
    given: Mapping[str, str] | None = None,
    *,
    confirmed_by: Confirmer = Confirmer.MODEL,
    wait: timedelta | None = None,
) -> ConfirmAnswer | PreviewAnswer | RefusedAnswer:
    """As `confirm`, for whoever knows only the token's hash: the operator."""
    lost = await make_way(floor, principal, token_hash, given or {}, confirmed_by)
    if lost is not None:
        return lost
    view = await fresh_view(floor, floor.desk.ticket_instruments(token_hash, principal))
    fresh_token, fresh = new_ticket(floor, ())
    command = Redeem(
        at=floor.clock.now(),
        principal=principal,
        token_hash=token_hash,
        given=tuple(sorted((given or {}).items())),
        fresh=fresh,
        view=view,
        confirmed_by=confirmed_by,
    )
    seconds = floor.clock.machine_seconds
    began = seconds()
    decision = await floor.timers.finish(_commit(floor, command))
    outcome = decision.outcome
    if isinstance(outcome, Replayed):
        return dataclasses.replace(await _first_answer(floor, outcome.intent_id), replayed=True)
    if isinstance(outcome, Previewed | Refused):
        return ticket_answer(floor, decision, fresh_token)
    if not isinstance(outcome, Confirmed):
        raise TypeError(f"a confirmation can't end in {type(outcome).__name__}")
    floor.figures.took(Work.CONFIRM, seconds() - began)
    await _settle(floor, outcome, floor.desk.opening.reading_time(_LONGEST_WAIT_S) if wait is None else wait)
    answer = confirm_answer(floor, outcome.intent_id, outcome)
    if answer.filled_quantity:
        floor.figures.took(Work.CONFIRM_TO_FILL, seconds() - began)
    floor.answers[outcome.intent_id] = answer
    floor.changed.ring()
    return answer


async def _first_answer(floor: TradingFloor, intent_id: str) -> ConfirmAnswer:
    """What the first confirmation answered; where its caller left before that, what it would have been told."""
    outcome = floor.desk.confirmed(intent_id)
    deadline = floor.clock.now() + floor.desk.opening.reading_time(_LONGEST_WAIT_S)
    while intent_id not in floor.answers and not (outcome and _is_settled(floor, outcome)):
        if not await floor.changed.wait(deadline):
            break
    return floor.answers.get(intent_id) or confirm_answer(floor, intent_id, outcome)


async def _commit(floor: TradingFloor, command: Redeem) -> Decision:
    """What must not be torn: the decision, its record, the order's way out, and who works it from there."""
    decision = await decide(floor, command)
    if isinstance(decision.outcome, Confirmed):
        _note_arrivals(floor, decision.outcome, command)
        _work(floor, decision.outcome)
    return decision


def _note_arrivals(floor: TradingFloor, outcome: Confirmed, command: Redeem) -> None:
    leaving = outcome.kind is TicketKind.CLOSE
    # What arms a plan names the plan, which is no order yet.
    for order in (floor.desk.orders[one] for one in outcome.order_ids if one in floor.desk.orders):
        group = next(group for group in floor.desk.groups if group.label == order.group)
        note_arrival(floor, group, order.legs, command.view, command.at, leaving=leaving)


def confirm_answer(floor: TradingFloor, intent_id: str, outcome: Confirmed | None = None) -> ConfirmAnswer:
    """What became of an intent up to now."""
    labels = outcome.groups if outcome else tuple(g.label for g in floor.desk.groups if g.intent_id == intent_id)
    groups = [group for group in floor.desk.groups if group.label in labels]
    if outcome is None or outcome.kind is TicketKind.OPEN:
        sent = [order for group in groups for order in _of_role(floor, group, Role.ENTRY)]
    else:
        sent = [order for group in groups for order in _exits_since(floor, group, outcome)]
    filled = [o for o in sent if o.cumulative_quantity]
    total = sum((o.cumulative_quantity for o in filled), start=Decimal(0))
    paid = sum((o.cumulative_quantity * (o.average_price or 0) for o in filled), start=Decimal(0))
    unknown = any(o.state is OrderState.UNKNOWN for o in sent)
    return ConfirmAnswer(
        status="unknown" if unknown else "confirmed",
        intent_id=intent_id,
        groups=labels,
        orders=tuple(order_line(o) for o in sent),
        filled_quantity=total,
        average_price=paid / total if total else None,
        protection=tuple(_protection(floor, group) for group in groups if group.is_open),
        armed=tuple(plan.text for plan in floor.desk.armed_plans if plan.intent_id == intent_id),
    )


def _exits_since(floor: TradingFloor, group: Group, outcome: Confirmed) -> list[Order]:
    """The exits of one closing: what closed a part of the group before it is not among them."""
    exits = _of_role(floor, group, Role.EXIT)
    first = next((n for n, order in enumerate(exits) if order.client_order_id in outcome.order_ids), len(exits))
    return exits[first:]


def _of_role(floor: TradingFloor, group: Group, role: Role) -> list[Order]:
    return [order for order in map(floor.desk.orders.__getitem__, group.order_ids) if order.role is role]


def _work(floor: TradingFloor, outcome: Confirmed) -> None:
    if outcome.kind is TicketKind.OPEN and floor.desk.entry_is_adaptive(outcome.intent_id):
        floor.timers.beside(chase_entry(floor, outcome.intent_id))
    elif outcome.kind is TicketKind.CLOSE:
        for label in outcome.groups:
            floor.timers.beside(chase_exit(floor, label))


async def _settle(floor: TradingFloor, outcome: Confirmed, wait: timedelta) -> None:
    deadline = floor.clock.now() + wait
    while not _is_settled(floor, outcome) and await floor.changed.wait(deadline):
        pass


def _is_settled(floor: TradingFloor, outcome: Confirmed) -> bool:
    if outcome.kind is TicketKind.ARM:
        return True
    if outcome.kind is TicketKind.OPEN:
        return not floor.desk.entry_is_running(outcome.intent_id)
    return all(floor.desk.exit_is_over(label) for label in outcome.groups)


def _protection(floor: TradingFloor, group: Group) -> str:
    armed = [floor.desk.orders[group.armed[role]] for role in sorted(group.armed)]
    if not armed:
        return f"{group.label}: no protection"
    stop, target = group.exit_levels()
    parts = [f"stop {stop:f}" if stop is not None else "", f"target {target:f}" if target is not None else ""]
    return f"{group.label}: {', '.join(part for part in parts if part)}, run by the desk"
