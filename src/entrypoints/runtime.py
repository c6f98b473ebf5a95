"""Running one session: the market's pump, the broker's events, the watch over what is held, and a trader."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from entrypoints.wiring import House
from tradecore.desk.commands import PreviewClose, PreviewLift, PreviewOrder, Redeem
from tradecore.desk.decisions import Confirmed, Decision, Previewed, Refused, Send, TicketKind
from tradecore.model.events import Filled
from tradecore.ports.market_data import MarketStep
from tradecore.reporting.session_tally import SessionTally
from tradecore.usecases.arming import watch_armed
from tradecore.usecases.floor import Note, TradingFloor, take_event
from tradecore.usecases.protecting import ProtectionWatch

Trader = Callable[[TradingFloor], Awaitable[None]]
Progress = Callable[[datetime], None]

_FILLS_ARRIVE: Final = timedelta(microseconds=200)
_AFTER_THE_CLOSE: Final = timedelta(seconds=2)
_ASKS: Final = (PreviewOrder, PreviewClose, PreviewLift, Redeem)


class SessionRecorder:
    """Counts what a floor records and passes it on to whoever shows it."""

    def __init__(self, show: Callable[[datetime, object, Decision | None], None] | None = None) -> None:
        """Count in silence, or show each decision too."""
        self.tally = SessionTally()
        self._show = show

    def __call__(self, at: datetime, _: str, seen: object, decision: Decision | None) -> None:
        """Take in one record of the floor."""
        if isinstance(seen, Note):
            self.tally.refusals += seen.what == "refused"
        if decision is None:
            if self._show is not None and isinstance(seen, Note):
                self._show(at, seen, None)
            return
        if isinstance(seen, _ASKS) and isinstance(decision.outcome, Previewed | Refused):
            self.tally.count_preview(approved=isinstance(decision.outcome, Previewed))
        if isinstance(seen, Filled) and not str(getattr(decision.outcome, "note", "")):
            self.tally.fills += 1
        sent = sum(isinstance(action, Send) for action in decision.actions)
        opened = isinstance(decision.outcome, Confirmed) and decision.outcome.kind is TicketKind.OPEN
        self.tally.count_orders(entries=sent if opened else 0, children=0 if opened else sent)
        self.tally.count_alerts(alert.severity for alert in decision.alerts)
        if self._show is not None:
            self._show(at, seen, decision)


def run_house(house: House, trader: Trader, recorder: SessionRecorder, progress: Progress | None = None) -> None:
    """
    Run a house's session from open to close on virtual time; the journal is durable and closed afterwards.

    Raises:
        KeyboardInterrupt: Ctrl-C; what was recorded up to then stands.
    """
    house.floor.listener = recorder
    try:
        with asyncio.Runner(loop_factory=lambda: house.loop) as runner:
            runner.run(_run(house, trader, progress))
    except BaseExceptionGroup as failures:
        raise first_failure(failures) from failures
    finally:
        house.close()


def first_failure(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The innermost first failure of a group of tasks: what a person has to be told."""
    first: BaseException = failures
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first


async def _run(house: House, trader: Trader, progress: Progress | None) -> None:
    async with asyncio.TaskGroup() as group:
        events = group.create_task(_take_events(house))
        failures = group.create_task(house.timers.failure())
        script = group.create_task(_trade(house, trader))
        await _pump(house, progress)
        if house.mode == "simulated":
            # What nobody took is worth what it settles at; on a recorded day it stays unsold, and the report says so.
            house.venue.end_session()
        await house.timers.sleep_until(house.session.closes + _AFTER_THE_CLOSE)
        await house.timers.stop()
        house.venue.shut()
        await events
        script.cancel()
        failures.cancel()
    await house.floor.make_durable()


async def _trade(house: House, trader: Trader) -> None:
    await trader(house.floor)


async def _take_events(house: House) -> None:
    async for event in house.venue.events():
        await take_event(house.floor, event)


async def _pump(house: House, progress: Progress | None) -> None:
    watch = ProtectionWatch(house.floor)
    async for step in house.feed.steps():
        house.venue.on_step(step)
        show_on_board(house.floor, step)
        if step.quote_bars:
            # What a bar filled is held for the rest of that bar: its stop may lie within the same bar.
            await house.timers.sleep_until(step.at + _FILLS_ARRIVE)
        await watch.look(step)
        if step.bars:
            await watch_armed(house.floor)
        if progress is not None and step.bars:
            progress(step.at)


def show_on_board(floor: TradingFloor, step: MarketStep) -> None:
    """Keep what a step of the market brought."""
    for quote in step.quotes:
        floor.board.put_quote(quote)
    for bar in step.bars:
        floor.board.put_bar(bar)
