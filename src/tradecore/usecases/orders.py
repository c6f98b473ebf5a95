"""Orders and positions as a person reads them; cancelling an entry."""

from dataclasses import replace
from decimal import Decimal

from tradecore.desk.commands import CancelOrder
from tradecore.desk.decisions import Refused
from tradecore.desk.groups import Group
from tradecore.errors import InvalidRequest
from tradecore.model.market import Quote
from tradecore.model.orders import Order, OrderState, Role
from tradecore.model.terms import Limit, Market, PriceTerms, Stop, StopLimit, legs_text
from tradecore.usecases.answers import ActionAnswer, OrderFamily, OrderLine, PositionLine, RefusedAnswer
from tradecore.usecases.floor import TradingFloor, decide
from tradecore.usecases.views import fresh_view


def terms_text(terms: PriceTerms) -> str:
    """Price terms in a few words."""
    if isinstance(terms, Market):
        return "market"
    if isinstance(terms, Limit):
        return f"limit {terms.price}"
    if isinstance(terms, Stop):
        return f"stop {terms.trigger}"
    if isinstance(terms, StopLimit):
        return f"stop {terms.trigger} limit {terms.price}"
    return f"trailing stop {terms.distance}"


def order_line(order: Order) -> OrderLine:
    """One order as a line."""
    return OrderLine(
        client_order_id=order.client_order_id,
        group=order.group,
        role=str(order.role),
        legs=legs_text(order.legs),
        quantity=order.quantity,
        filled_quantity=order.cumulative_quantity,
        average_price=order.average_price,
        terms=terms_text(order.terms),
        state=order.state,
        reason=order.reason,
        created_at=order.created_at,
    )


def recent_orders(floor: TradingFloor, limit: int = 10) -> tuple[OrderLine, ...]:
    """The newest orders, newest first."""
    return tuple(order_line(order) for order in list(floor.desk.orders.values())[::-1][:limit])


def listed_orders(
    floor: TradingFloor, status: str, symbol: str | None, older_than: str | None
) -> tuple[OrderLine, ...]:
    """
    Orders one by one, newest first: `open` (may still fill, or wait in the desk), `closed` or `all`.

    `symbol` is of a leg; `older_than` is the id of the order to go on after.

    Raises:
        InvalidRequest: This desk has no order of that id.
    """
    found = list(floor.desk.orders.values())[::-1]
    if older_than is not None:
        ids = [order.client_order_id for order in found]
        if older_than not in ids:
            raise InvalidRequest(f"no cursor {older_than[:40]!r}; use the next_cursor of an answer")
        found = found[ids.index(older_than) + 1 :]
    chosen = (order for order in found if status == "all" or order.is_ended is (status == "closed"))
    concerned = (o for o in chosen if symbol is None or any(leg.instrument.symbol == symbol for leg in o.legs))
    return tuple(order_line(order) for order in concerned)


def order_families(floor: TradingFloor, older_than: str | None, at_most: int) -> tuple[OrderFamily, ...]:
    """
    Groups as their entry with its children, newest first, beginning with the one before the group `older_than`.

    The entry shows what all its price steps filled together; the steps before the last are children.

    Raises:
        InvalidRequest: This desk has no group of that label.
    """
    groups = list(floor.desk.groups)[::-1]
    if older_than is not None:
        labels = [group.label for group in groups]
        if older_than not in labels:
            raise InvalidRequest(f"no cursor {older_than[:40]!r}; use the next_cursor of an answer")
        groups = groups[labels.index(older_than) + 1 :]
    return tuple(_family(floor, group) for group in groups[:at_most])


def _family(floor: TradingFloor, group: Group) -> OrderFamily:
    orders = [floor.desk.orders[order_id] for order_id in group.order_ids]
    steps = [order for order in orders if order.role is Role.ENTRY]
    filled = sum((order.cumulative_quantity for order in steps), Decimal(0))
    paid = sum((order.cumulative_quantity * (order.average_price or 0) for order in steps), Decimal(0))
    entry = replace(
        order_line(steps[-1]),
        quantity=group.plan.quantity,
        filled_quantity=filled,
        average_price=paid / filled if filled else None,
    )
    return OrderFamily(
        entry=entry,
        strategy=group.plan.strategy,
        note=group.plan.note,
        children=tuple(order_line(order) for order in orders if order is not steps[-1]),
    )


def order_status(floor: TradingFloor, client_order_id: str) -> OrderLine:
    """
    One order.

    Raises:
        InvalidRequest: This desk has no such order.
    """
    order = floor.desk.orders.get(client_order_id)
    if order is None:
        raise InvalidRequest(f"no order {client_order_id[:64]!r} on this desk")
    return order_line(order)


async def cancel(floor: TradingFloor, principal: str, client_order_id: str) -> ActionAnswer | RefusedAnswer:
    """Take the rest of an entry back; needs no ticket because it only lowers risk."""
    command = CancelOrder(at=floor.clock.now(), principal=principal, client_order_id=client_order_id)
    outcome = (await floor.timers.finish(decide(floor, command))).outcome
    if isinstance(outcome, Refused):
        return RefusedAnswer(status="refused", refusal=outcome)
    return ActionAnswer(status="done", what="cancel asked", order_ids=(client_order_id,))


async def cancel_all(floor: TradingFloor, principal: str) -> ActionAnswer:
    """Take the rest of every entry back; exits stay, and `held` names what they protect."""
    working = [o.client_order_id for o in floor.desk.live_orders if o.role is Role.ENTRY]
    running = [order_id for order_id in working if floor.desk.orders[order_id].state is not OrderState.PENDING_CANCEL]
    refused = [order_id for order_id in running if isinstance(await cancel(floor, principal, order_id), RefusedAnswer)]
    armed = [plan.plan_id for plan in floor.desk.armed_plans]
    for plan_id in armed:
        await cancel(floor, principal, plan_id)
    return ActionAnswer(
        status="done",
        what=f"cancellation of {len(running) - len(refused)} working orders asked for, {len(armed)} plans disarmed",
        order_ids=(*(order_id for order_id in running if order_id not in refused), *armed),
        orders=tuple(order_line(floor.desk.orders[order_id]) for order_id in running),
        held=tuple(group.label for group in floor.desk.open_groups),
        not_cancelled=tuple(refused),
    )


def closing_mark(quote: Quote, quantity: Decimal) -> Decimal | None:
    """The side a holding would be closed on; what is offered and nobody bids for is worth nothing."""
    if quantity < 0:
        return quote.ask
    return Decimal(0) if quote.bid is None and quote.ask is not None else quote.bid


async def positions(floor: TradingFloor) -> tuple[PositionLine, ...]:
    """Every holding of every open group, marked at the side it would be closed on."""
    view = await fresh_view(floor)
    lines = []
    for group in floor.desk.groups:
        stop, target = group.exit_levels()
        for held in group.holdings:
            quote = view.quote(held.instrument)
            mark = None if quote is None else closing_mark(quote, held.quantity)
            lines.append(
                PositionLine(
                    group=group.label,
                    strategy=group.plan.strategy,
                    symbol=held.instrument.symbol,
                    quantity=held.quantity,
                    average_price=held.average_price,
                    mark=mark,
                    unrealised=None if mark is None else held.unrealised(mark),
                    stop=stop,
                    target=target,
                ),
            )
    return tuple(lines)
