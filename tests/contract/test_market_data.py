"""Every market keeps the promises of the MarketData port."""

from collections.abc import Awaitable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.market import MemoryMarket
from adapters.replay.market import RecordedMarket
from adapters.simulated.market import SimulatedMarket
from adapters.simulated.virtual_time import VirtualClock, VirtualTimeLoop
from adapters.system.time import LoopTimers
from tradecore.analysis.modelled_chain import with_modelled_chain, with_modelled_quotes
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import Equity, OptionContract, Right
from tradecore.model.market import Bar, Quote
from tradecore.model.recording import RecordedDay
from tradecore.model.sessions import Session, session_on
from tradecore.ports.market_data import MarketFeed
from tradecore.testing.market_data_contract import MarketDataContract, MarketWorld

DAY = date(2026, 11, 20)
SPY = Equity("SPY")


def the_session() -> Session:
    session = session_on(DAY)
    assert session is not None
    return session


def some_bars(count: int) -> tuple[Bar, ...]:
    opens = the_session().opens
    minute = timedelta(minutes=1)
    starts = [opens + number * minute for number in range(count)]
    prices = (Decimal("600.10"), Decimal("600.40"), Decimal("599.90"), Decimal("600.20"))
    return tuple(Bar(SPY, start, start + minute, *prices, Decimal(1000)) for start in starts)


class TestMemoryMarket(MarketDataContract):
    def open_market(self) -> MarketWorld:
        now = the_session().opens + timedelta(minutes=5)
        clock = ManualClock(now)
        market = MemoryMarket(clock)
        market.put_quote(
            Quote(SPY, Decimal("600.1"), Decimal("600.2"), Decimal(1), Decimal(1), now, now, "memory"),
        )
        late = now + timedelta(seconds=1)
        market.put_quote(Quote(SPY, Decimal(1), Decimal(2), Decimal(1), Decimal(1), late, late, "memory"))
        for bar in some_bars(8):
            market.put_bar(bar)
        contracts = tuple(
            OptionContract("SPY", DAY, right, Decimal(strike))
            for right in (Right.CALL, Right.PUT)
            for strike in (600, 601)
        )
        ones = np.ones(4, dtype=np.int64)
        market.put_chain(OptionChain("SPY", DAY, contracts, ones * 100, ones * 102, ones, ones, now, now, "memory"))
        return MarketWorld(market, SPY, DAY, the_session().opens, clock.now)


class _OnVirtualTime:
    """A feed played until ten minutes into the session, and a loop to ask it on."""

    def __init__(self) -> None:
        self.loop = VirtualTimeLoop()
        self.clock = VirtualClock(self.loop, the_session().opens)
        self.timers = LoopTimers(self.clock)

    def play(self, feed: MarketFeed) -> None:
        until = the_session().opens + timedelta(minutes=10)

        async def drain() -> None:
            async for step in feed.steps():
                if step.at >= until:
                    return

        self.run(drain())

    def run(self, work: Awaitable[Any]) -> Any:
        async def waits() -> Any:
            return await work

        return self.loop.run_until_complete(waits())


class _Played(MarketDataContract):
    @pytest.fixture(autouse=True)
    def _ends(self) -> Iterator[None]:
        self.worlds: list[_OnVirtualTime] = []
        yield
        for world in self.worlds:
            world.loop.run_until_complete(world.loop.shutdown_asyncgens())
            world.loop.close()

    def begin(self) -> _OnVirtualTime:
        self.worlds.append(_OnVirtualTime())
        return self.worlds[-1]


class TestSimulatedMarket(_Played):
    def open_market(self) -> MarketWorld:
        world = self.begin()
        market = SimulatedMarket(
            seed=3,
            underlying=SPY,
            session=the_session(),
            clock=world.clock,
            timers=world.timers,
        )
        world.play(market)
        return MarketWorld(market, SPY, DAY, the_session().opens, world.clock.now, world.run)


class TestRecordedMarket(_Played):
    def open_market(self) -> MarketWorld:
        world = self.begin()
        day = RecordedDay(
            underlying=SPY,
            session=the_session(),
            interval=timedelta(minutes=1),
            bars=some_bars(30),
            quote_bars=(),
            options=None,
            source="test",
            labels="start",
        )
        day = with_modelled_chain(with_modelled_quotes(day), seed=1)
        market = RecordedMarket(day, clock=world.clock, timers=world.timers)
        world.play(market)
        return MarketWorld(market, SPY, DAY, the_session().opens, world.clock.now, world.run)


def test_times_of_the_session_are_utc() -> None:
    assert the_session().opens == datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
