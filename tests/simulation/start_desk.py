"""How one life of the desk begins, in one place: here recovery is plugged in."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.simulation.crashing_journal import CrashingJournal
from tests.simulation.light_market import SPY, STEP, LightMarket
from tests.simulation.plain_strategies import STRATEGIES

from adapters.simulated.jumping_clock import JumpingClock
from adapters.system.time import LoopTimers
from tradecore.desk.desk import Desk
from tradecore.desk.opening import DeskOpening
from tradecore.model.encoding import Json, encode
from tradecore.model.orders import Order
from tradecore.ports.broker import Broker
from tradecore.ports.ids import IdSource
from tradecore.ports.market_data import MarketStep
from tradecore.usecases.audit import OPENING
from tradecore.usecases.floor import Listener, TradingFloor, take_event
from tradecore.usecases.keeping import keep
from tradecore.usecases.protecting import ProtectionWatch
from tradecore.usecases.recovering import recover, remembered_desk
from tradecore.usecases.trace import TraceDigest

_TAIL = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a life finds when it begins."""

    opening: DeskOpening
    market: LightMarket
    broker: Broker
    journal: CrashingJournal
    clock: JumpingClock
    ids: IdSource
    listener: Listener
    ends: datetime
    is_ready: Callable[[], None]


class _NoTrace(TraceDigest):
    """The journal's own chain says what was recorded."""

    def add(self, at: datetime, kind: str, body: Json) -> None:
        """Nothing is kept."""


def start_desk(world: Surroundings) -> TradingFloor:
    """Begin a life: its floor, and the tasks that keep it; a failure of one of them fails the first task awaited."""
    timers = LoopTimers(world.clock)
    before = remembered_desk(world.journal.entries()) if world.journal.head.seq else None
    floor = TradingFloor(
        desk=Desk(world.opening) if before is None else before.desk,
        underlying=SPY,
        market=world.market,
        broker=world.broker,
        journal=world.journal,
        clock=world.clock,
        timers=timers,
        ids=world.ids,
        strategies=STRATEGIES,
        listener=world.listener,
        trace=_NoTrace(),
    )
    if before is None:
        floor.record(world.clock.now(), OPENING, {"opening": encode(world.opening)}, world.opening, None)
    else:
        floor.asked.executions_since = before.until - _TAIL
    return floor


async def keep_desk(world: Surroundings, floor: TradingFloor) -> None:
    """
    What a life does until it ends: hear events, watch what is held, fail when something beside it fails.

    Raises:
        Exception: Whatever a part of the desk failed with.
    """
    assert isinstance(floor.timers, LoopTimers)
    await recover(floor, world.opening)
    keep(floor)
    world.is_ready()
    parts = [asyncio.create_task(work) for work in (floor.timers.failure(), _hear(floor), _watch(world, floor))]
    done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_EXCEPTION)
    for part in parts:
        if part in done:
            part.result()


def orders_of(floor: TradingFloor) -> dict[str, Order]:
    """Every order in the desk's books by id, orders of others among them once the desk adopts those."""
    return dict(floor.desk.orders)


async def _hear(floor: TradingFloor) -> None:
    async for event in floor.broker.events():
        await take_event(floor, event)


async def _watch(world: Surroundings, floor: TradingFloor) -> None:
    watch = ProtectionWatch(floor)
    while (now := world.clock.now()) < world.ends:
        quote = world.market.quote_now(SPY)
        if quote is not None:
            floor.board.put_quote(quote)
            await watch.look(MarketStep(at=now, quotes=(quote,)))
        await floor.timers.sleep_until(world.clock.now() + STEP)
