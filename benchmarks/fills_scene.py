"""Round trips on a market that stands still: every order fills at the touch of the simulated venue."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np

from adapters.memory.journal import MemoryJournal
from adapters.simulated.accounts import SimulatedAccount
from adapters.simulated.seeded_ids import SeededIds
from adapters.simulated.venue import SimulatedVenue
from adapters.simulated.virtual_time import VirtualClock, VirtualTimeLoop
from adapters.system.time import LoopTimers
from benchmarks.desk_scene import CALL, FEES, LIMITS, NOW, SPY, a_desk, a_proposal
from tradecore.desk.commands import PreviewOrder
from tradecore.desk.decisions import Previewed
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import Instrument
from tradecore.model.market import Bar, Quote
from tradecore.model.money import usd
from tradecore.ports.clock import Clock
from tradecore.ports.market_data import MarketData
from tradecore.usecases.answers import ConfirmAnswer, PreviewAnswer
from tradecore.usecases.confirming import confirm
from tradecore.usecases.floor import TradingFloor, decide, take_event
from tradecore.usecases.previewing import new_ticket, preview_close
from tradecore.usecases.views import fresh_view

_MANY = 10**6
_PATIENT_LIMITS = replace(
    LIMITS,
    worst_price_is_touch=True,
    max_repeated_executions=_MANY,
    max_trades_per_day=_MANY,
    max_trades_per_day_per_strategy=_MANY,
    max_opens_per_minute=_MANY,
    duplicate_window_s=Decimal(0),
    losses_before_pause=_MANY,
    losses_before_stop=_MANY,
)


class _StillMarket(MarketData):
    """Always the same prices, always fresh."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def quote(self, instrument: Instrument) -> Quote | None:
        return self.quote_now(instrument)

    def quote_now(self, instrument: Instrument) -> Quote | None:
        bid, ask = ("599.60", "599.61") if instrument == SPY else ("0.57", "0.58")
        now, size = self._clock.now(), Decimal(50)
        return Quote(instrument, Decimal(bid), Decimal(ask), size, size, now, now, "bench")

    async def bars(self, instrument: Instrument, start: datetime, end: datetime) -> Sequence[Bar]:  # noqa: ARG002
        return []

    async def chain(self, underlying: str, expiry: date) -> OptionChain | None:
        now, column = self._clock.now(), np.array([50], dtype=np.int64)
        return OptionChain(
            underlying=underlying,
            expiry=expiry,
            contracts=(CALL,),
            bid_cents=column + 7,
            ask_cents=column + 8,
            bid_size=column,
            ask_size=column,
            at=now,
            received_at=now,
            source="bench",
        )


def play_round_trips(count: int) -> float:
    """Microseconds an order of `count` round trips of one contract, on virtual time."""
    loop = VirtualTimeLoop()
    clock = VirtualClock(loop, NOW)
    market = _StillMarket(clock)
    venue = SimulatedVenue(
        account=SimulatedAccount("bench", usd(10_000), FEES),
        clock=clock,
        quote_of=market.quote_now,
        seed=1,
        closes=NOW + timedelta(hours=5),
    )
    floor = TradingFloor(
        desk=a_desk(_PATIENT_LIMITS),
        underlying=SPY,
        market=market,
        broker=venue,
        journal=MemoryJournal(),
        clock=clock,
        timers=LoopTimers(clock),
        ids=SeededIds("bench"),
        strategies={},
    )
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        began = time.perf_counter_ns()
        runner.run(_trade(floor, venue, count))
        return (time.perf_counter_ns() - began) / len(floor.desk.orders) / 1000


async def _trade(floor: TradingFloor, venue: SimulatedVenue, count: int) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_take_events(floor, venue))
        for number in range(count):
            await _open(floor, number)
            await _close(floor)
        venue.shut()


async def _take_events(floor: TradingFloor, venue: SimulatedVenue) -> None:
    async for event in venue.events():
        await take_event(floor, event)


async def _open(floor: TradingFloor, number: int) -> None:
    token, ticket = new_ticket(floor, (("number", str(number)),))
    view = await fresh_view(floor, (CALL,))
    command = PreviewOrder(at=floor.clock.now(), principal="bench", ticket=ticket, proposal=a_proposal(), view=view)
    decision = await decide(floor, command)
    if not isinstance(decision.outcome, Previewed):
        raise RuntimeError(f"the scene's order was refused: {decision.outcome}")
    await _filled(floor, token)


async def _close(floor: TradingFloor) -> None:
    answer = await preview_close(floor, "bench", None)
    if not isinstance(answer, PreviewAnswer):
        raise RuntimeError(f"the scene's exit was refused: {answer.refusal}")
    await _filled(floor, answer.confirm_token)


async def _filled(floor: TradingFloor, token: str) -> None:
    answer = await confirm(floor, "bench", token)
    if not isinstance(answer, ConfirmAnswer) or not answer.filled_quantity:
        raise RuntimeError(f"the scene's order did not fill: {answer}")
