"""Working orders until they are done: adaptive entries step their price, exits never give up."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from tradecore.desk.commands import StepEntry, StepExit
from tradecore.usecases.floor import TradingFloor, decide
from tradecore.usecases.views import fresh_view, quotes_view


async def chase_entry(floor: TradingFloor, intent_id: str) -> None:
    """Improve a running entry every step until it is filled, given up or cancelled."""
    step = timedelta(seconds=float(floor.desk.opening.limits.entry_step_s or 2))

    def is_due() -> bool:
        return floor.desk.entry_awaits_next(intent_id) or not floor.desk.entry_is_running(intent_id)

    while floor.desk.entry_is_running(intent_id):
        await _wait_until(floor, is_due, step)
        if floor.desk.entry_is_running(intent_id):
            view = await fresh_view(floor)
            await decide(floor, StepEntry(at=floor.clock.now(), intent_id=intent_id, view=view))


async def chase_exit(floor: TradingFloor, label: str) -> None:
    """
    Push a group's exit, more urgently each step, until nothing is left to close.

    What we withdrew is replaced at once; everything else, a refusal among it, waits for the step to pass.
    """
    step = timedelta(seconds=float(floor.desk.opening.limits.exit_step_s or 1))
    started = floor.clock.now()

    def is_due() -> bool:
        return floor.desk.exit_is_over(label) or floor.desk.exit_was_withdrawn(label)

    while not floor.desk.exit_is_over(label):
        await _wait_until(floor, is_due, step)
        view = await quotes_view(floor)
        now = floor.clock.now()
        waited = Decimal(str(round((now - started).total_seconds(), 3)))
        if floor.desk.exit_needs_push(label, view, waited):
            decision = await decide(floor, StepExit(at=now, group=label, waited_s=waited, view=view))
            if not decision.actions:
                await floor.timers.sleep_until(floor.clock.now() + step)


async def _wait_until(floor: TradingFloor, is_due: Callable[[], bool], at_most: timedelta) -> None:
    deadline = floor.clock.now() + at_most
    while not is_due() and await floor.changed.wait(deadline):
        pass
