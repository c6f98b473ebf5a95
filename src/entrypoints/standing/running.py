"""Running a standing desk: day after day, until somebody ends it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from entrypoints.runtime import first_failure, show_on_board
from entrypoints.wiring.desk_house import DeskHouse
from tradecore.desk.commands import OpenDay
from tradecore.errors import PortError
from tradecore.model.money import Money
from tradecore.usecases.floor import decide, take_event
from tradecore.usecases.keeping import keep
from tradecore.usecases.protecting import ProtectionWatch
from tradecore.usecases.recovering import recover

_EVENTS_ARRIVE: Final = timedelta(seconds=2)
_LAST_EXITS: Final = timedelta(seconds=30)
_ASKS_AGAIN: Final = timedelta(seconds=5)


@asynccontextmanager
async def standing(house: DeskHouse) -> AsyncIterator[None]:
    """
    Trade while the body runs; leaving it ends the desk in order.

    A failure of the desk (its journal, its market) ends the body and is raised from here.
    """
    try:
        async with asyncio.TaskGroup() as group:
            events = group.create_task(_take_events(house))
            rest = [group.create_task(house.run())]
            await _begin(house)
            rest += [
                group.create_task(house.timers.failure()),
                group.create_task(_days(house)),
            ]
            try:
                yield
            finally:
                await house.timers.stop()
                for task in rest:
                    task.cancel()
                house.shut()
            await events
        await house.floor.make_durable()
    except BaseExceptionGroup as failures:
        raise first_failure(failures) from failures
    finally:
        house.close()


async def _begin(house: DeskHouse) -> None:
    """Take up what the account was left as, and start what goes on beside trading, reconciling first of all."""
    await recover(house.floor, house.opening)
    if house.session.day > house.floor.desk.day.today:
        await _open_day(house)
    keep(house.floor)


async def _take_events(house: DeskHouse) -> None:
    async for event in house.events():
        await take_event(house.floor, event)


async def _days(house: DeskHouse) -> None:
    watch = ProtectionWatch(house.floor)
    while True:
        async for step in house.steps():
            house.show(step)
            show_on_board(house.floor, step)
            if house.recording is not None:
                house.recording.take(step)
            await watch.look(step)
        await _end_day(house)
        await _begin_day(house)


async def _end_day(house: DeskHouse) -> None:
    house.end_session()
    if house.recording is not None:
        house.recording.end_day()
    deadline = house.floor.clock.now() + _LAST_EXITS
    await house.timers.sleep_until(house.floor.clock.now() + _EVENTS_ARRIVE)
    while house.floor.desk.open_groups and house.floor.clock.now() < deadline:
        await house.timers.sleep_until(house.floor.clock.now() + _EVENTS_ARRIVE)


async def _begin_day(house: DeskHouse) -> None:
    await house.next_day()
    await _open_day(house)


async def _open_day(house: DeskHouse) -> None:
    session = house.session
    equity = await _equity(house)
    await decide(house.floor, OpenDay(at=house.floor.clock.now(), day=session.day, equity=equity))


async def _equity(house: DeskHouse) -> Money:
    """What the account is worth; a broker that does not answer is asked until it does, for a day begins with it."""
    while True:
        try:
            return (await house.floor.broker.account()).equity
        except PortError as problem:
            house.floor.note("day_not_opened", why=str(problem)[:200])
            await house.timers.sleep_until(house.floor.clock.now() + _ASKS_AGAIN)
