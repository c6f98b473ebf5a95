"""Working orders until they are done: adaptive entries step their price, exits never give up."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Final

from tradecore.desk.commands import StepEntry, StepExit
from tradecore.usecases.asking_broker import fills_are_known
from tradecore.usecases.floor import TradingFloor, decide
from tradecore.usecases.views import fresh_view, quotes_view

_FILLS_KNOWN_WITHIN_S: Final = Decimal(10)
_ASK_AGAIN_AFTER: Final = timedelta(seconds=0.5)
_SETTLED_BY: Final = timedelta(seconds=30)


async def chase_entry(floor: TradingFloor, intent_id: str) -> None:
    """Improve a running entry every step until it is filled, given up or cancelled."""
    step = timedelta(seconds=float(floor.desk.opening.limits.entry_step_s or 2))

    def is_due() -> bool:
        return floor.desk.entry_awaits_next(intent_id) or not floor.desk.entry_is_running(intent_id)

    while floor.desk.entry_is_running(intent_id):
        await _wait_until(floor, is_due, step)
        known = await _fills_of_last_entry(floor, intent_id)
        if floor.desk.entry_is_running(intent_id):
            view = await fresh_view(floor)
            now = floor.clock.now()
            await decide(floor, StepEntry(at=now, intent_id=intent_id, view=view, fills_known=known))


async def _fills_of_last_entry(floor: TradingFloor, intent_id: str) -> bool:
    """Whether the venue said what a running entry's last order filled, if that has ended; asked for some seconds."""
    deadline = floor.clock.now() + floor.desk.opening.reading_time(_FILLS_KNOWN_WITHIN_S)
    while floor.desk.entry_awaits_next(intent_id):
        order_id = floor.desk.last_entry(intent_id)
        if order_id is not None and await fills_are_known(floor, order_id):
            return True
        if floor.clock.now() >= deadline:
            return False
        await floor.timers.sleep_until(floor.clock.now() + _ASK_AGAIN_AFTER)
    return True


async def _fills_of_ended_exit(floor: TradingFloor, order_id: str) -> None:
    """
    Wait until the venue said what an exit filled before the next takes its place, at most some seconds.

    A fill nobody knows of would be closed twice, which takes risk. A venue that says nothing for so long is not waited
    for: what leaves is not trapped.
    """
    deadline = floor.clock.now() + floor.desk.opening.reading_time(_FILLS_KNOWN_WITHIN_S)
    while not await fills_are_known(floor, order_id) and floor.clock.now() < deadline:
        await floor.timers.sleep_until(floor.clock.now() + _ASK_AGAIN_AFTER)


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
        if floor.desk.awaits_settlement(label, floor.clock.now()):
            # Nothing can be sent any more; what the broker books ends the exit, or a bust brings it back.
            await floor.timers.sleep_until(floor.clock.now() + _SETTLED_BY)
            continue
        ended = floor.desk.ended_exit(label)
        if ended is not None:
            await _fills_of_ended_exit(floor, ended)
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
