"""The kill switch: engaging needs no ticket, lifting does (and in live mode an operator)."""

from decimal import Decimal
from typing import Final

from tradecore.desk.commands import EngageKillSwitch
from tradecore.desk.decisions import Done
from tradecore.model.orders import Role
from tradecore.usecases.answers import ActionAnswer
from tradecore.usecases.asking_broker import find_missing_legs
from tradecore.usecases.floor import TradingFloor, carry_out, decide, decided
from tradecore.usecases.orders import order_line
from tradecore.usecases.views import quotes_view
from tradecore.usecases.working import chase_exit

_LONGEST_WAIT_S: Final = Decimal(10)


async def engage(floor: TradingFloor, principal: str, *, flatten: bool, reason: str) -> ActionAnswer:
    """
    Block new exposure at once and withdraw entries; with `flatten` close everything, once per latch.

    The block itself waits for nothing: the view is only fetched when something has to be priced. A flatten waits up to
    ten seconds of the reader's clock to tell what became of each exit.
    """
    ids = await floor.timers.finish(_engage(floor, principal, flatten=flatten, reason=reason))
    if flatten:
        await _until_flat(floor)
    held = tuple(f"{group.label} {group.open_units():f}" for group in floor.desk.open_groups)
    lines = tuple(order_line(floor.desk.orders[order_id]) for order_id in ids)
    live = (order for order in floor.desk.orders.values() if order.role is Role.ENTRY and order.may_be_at_venue)
    return ActionAnswer(
        status="done",
        what="kill switch engaged",
        order_ids=ids,
        orders=lines,
        held=held,
        not_cancelled=tuple(order.client_order_id for order in live),
    )


async def _engage(floor: TradingFloor, principal: str, *, flatten: bool, reason: str) -> tuple[str, ...]:
    command = EngageKillSwitch(at=floor.clock.now(), principal=principal, flatten=False, reason=reason)
    decision = decided(floor, command)
    if flatten:
        # Cancelling entries must not hold up what closes.
        floor.timers.beside(carry_out(floor, command, decision))
    else:
        await carry_out(floor, command, decision)
    if flatten:
        await find_missing_legs(floor)
        view = await quotes_view(floor)
        before = {group.label for group in floor.desk.groups if group.closing is not None}
        command = EngageKillSwitch(at=floor.clock.now(), principal=principal, flatten=True, reason=reason, view=view)
        decision = await decide(floor, command)
        for group in floor.desk.groups:
            if group.closing is not None and group.label not in before:
                floor.timers.beside(chase_exit(floor, group.label))
    # By now the journal remembers it; what was left outside has done its work.
    floor.stop_signal.clear()
    outcome = decision.outcome
    return outcome.order_ids if isinstance(outcome, Done) else ()


async def _until_flat(floor: TradingFloor) -> None:
    deadline = floor.clock.now() + floor.desk.opening.reading_time(_LONGEST_WAIT_S)
    while any(group.closing is not None for group in floor.desk.open_groups):
        if not await floor.changed.wait(deadline):
            return
