"""Running a standing desk: day after day, until somebody ends it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from entrypoints.runtime import first_failure, show_on_board
from entrypoints.wiring.standing import StandingHouse
from tradecore.desk.commands import OpenDay
from tradecore.usecases.floor import decide, take_event
from tradecore.usecases.keeping import keep
from tradecore.usecases.protecting import ProtectionWatch
from tradecore.usecases.recovering import recover

_EVENTS_ARRIVE: Final = timedelta(seconds=2)
_LAST_EXITS: Final = timedelta(seconds=30)


@asynccontextmanager
async def standing(house: StandingHouse) -> AsyncIterator[None]:
    """
    Trade while the body runs; leaving it ends the desk in order.

    A failure of the desk (its journal, its market) ends the body and is raised from here.
    """
    try:
        async with asyncio.TaskGroup() as group:
            events = group.create_task(_take_events(house))
            await _begin(house)
            rest = [
                group.create_task(house.timers.failure()),
                group.create_task(_days(house)),
            ]
            try:
                yield
            finally:
                await house.timers.stop()
                for task in rest:
                    task.cancel()
                house.venue.shut()
            await events
        await house.floor.make_durable()
    except BaseExceptionGroup as failures:
        raise first_failure(failures) from failures
    finally:
        house.close()


async def _begin(house: StandingHouse) -> None:
    """Take up what the account was left as, and start what goes on beside trading, reconciling first of all."""
    await recover(house.floor, house.opening)
    if house.market.session.day > house.floor.desk.day.today:
        await _open_day(house)
    keep(house.floor)


async def _take_events(house: StandingHouse) -> None:
    async for event in house.venue.events():
        await take_event(house.floor, event)


async def _days(house: StandingHouse) -> None:
    watch = ProtectionWatch(house.floor)
    while True:
        async for step in house.market.steps():
            house.venue.on_step(step)
            show_on_board(house.floor, step)
            await watch.look(step)
        await _end_day(house)
        await _begin_day(house)


async def _end_day(house: StandingHouse) -> None:
    house.venue.end_session()
    deadline = house.clock.now() + _LAST_EXITS
    await house.timers.sleep_until(house.clock.now() + _EVENTS_ARRIVE)
    while house.floor.desk.open_groups and house.clock.now() < deadline:
        await house.timers.sleep_until(house.clock.now() + _EVENTS_ARRIVE)


async def _begin_day(house: StandingHouse) -> None:
    session = house.market.roll()
    house.clock.jump_to(session.opens)
    house.venue.open_session(session.closes)
    await _open_day(house)


async def _open_day(house: StandingHouse) -> None:
    session = house.market.session
    equity = (await house.venue.account()).equity
    await decide(house.floor, OpenDay(at=house.clock.now(), day=session.day, equity=equity))
