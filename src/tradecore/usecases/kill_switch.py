"""The kill switch: engaging needs no ticket, lifting does (and in live mode an operator)."""

from tradecore.desk.commands import EngageKillSwitch
from tradecore.usecases.answers import ActionAnswer
from tradecore.usecases.floor import TradingFloor, decide
from tradecore.usecases.views import fresh_view
from tradecore.usecases.working import chase_exit


async def engage(floor: TradingFloor, principal: str, *, flatten: bool, reason: str) -> ActionAnswer:
    """
    Block new exposure at once and withdraw entries; with `flatten` close everything, once per latch.

    The block itself waits for nothing: the view is only fetched when something has to be priced.
    """
    return await floor.timers.finish(_engage(floor, principal, flatten=flatten, reason=reason))


async def _engage(floor: TradingFloor, principal: str, *, flatten: bool, reason: str) -> ActionAnswer:
    now = floor.clock.now()
    decision = await decide(floor, EngageKillSwitch(at=now, principal=principal, flatten=False, reason=reason))
    if flatten:
        view = await fresh_view(floor)
        before = {group.label for group in floor.desk.groups if group.closing is not None}
        command = EngageKillSwitch(at=floor.clock.now(), principal=principal, flatten=True, reason=reason, view=view)
        decision = await decide(floor, command)
        for group in floor.desk.groups:
            if group.closing is not None and group.label not in before:
                floor.timers.beside(chase_exit(floor, group.label))
    outcome = decision.outcome
    ids = outcome.order_ids if hasattr(outcome, "order_ids") else ()
    return ActionAnswer(status="done", what="kill switch engaged", order_ids=ids)
