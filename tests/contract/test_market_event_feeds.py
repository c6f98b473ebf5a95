"""Every feed of market events keeps the promises of the MarketEventFeed port; Binance's over a local exchange."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.unit.adapters.binance.recorded_market import a_market, written
from tests.unit.adapters.binance.stand_in import StandIn, exchange

from adapters.binance.live_feed import LiveFeed, LiveFeedLimits
from adapters.binance.replay_feed import ReplayFeed
from adapters.simulated.order_flow import PATTERNS
from adapters.simulated.order_flow_feed import SimulatedFeed
from adapters.simulated.virtual_time import VirtualClock, VirtualTimeLoop
from adapters.system.time import LoopTimers, SystemClock
from tradecore.ports.clock import Clock
from tradecore.ports.market_events import MarketEventFeed
from tradecore.ports.timers import Timers
from tradecore.testing.market_event_feed_contract import Listener, MarketEventFeedContract, hear

SYMBOLS = ("BTCUSDT", "ETHUSDT")
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
STEP_MS = 3_000


class _OnVirtualTime(MarketEventFeedContract):
    symbols = SYMBOLS

    def feed(self, clock: Clock, timers: Timers) -> MarketEventFeed:
        raise NotImplementedError

    def run(self, listener: Listener) -> None:
        loop = VirtualTimeLoop()
        clock = VirtualClock(loop, NOON)
        try:
            loop.run_until_complete(hear(self.feed(clock, LoopTimers(clock)), listener))
        finally:
            loop.close()


class TestSimulatedFeed(_OnVirtualTime):
    def feed(self, clock: Clock, timers: Timers) -> MarketEventFeed:
        return SimulatedFeed(clock, timers, SYMBOLS, seed=7, patterns=PATTERNS)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pairs, a snapshot each."""
    markets = a_market(750), a_market(750, "ETHUSDT", 3_000)
    return written(tmp_path_factory.mktemp("recorded"), *markets, packed=True)


class TestReplayFeed(_OnVirtualTime):
    @pytest.fixture(autouse=True, params=[(1.0, True), (1.0, False), (0.0, False)], ids=["shifted", "plain", "full"])
    def _recorded(self, recording: Path, request: pytest.FixtureRequest) -> None:
        self.recording = recording
        self.speed, self.shift = request.param

    def feed(self, clock: Clock, timers: Timers) -> MarketEventFeed:
        return ReplayFeed(self.recording, SYMBOLS, clock, timers, speed=self.speed, shift=self.shift)


class TestLiveFeed(MarketEventFeedContract):
    symbols = SYMBOLS

    def run(self, listener: Listener) -> None:
        async def told() -> None:
            async with exchange() as stand_in:
                limits = LiveFeedLimits(streams_url=stand_in.streams_url, rest_url=stand_in.rest_url)
                feed = LiveFeed(SYMBOLS, SystemClock(), lambda: 0.0, limits)
                trading = asyncio.create_task(_trade_on(stand_in, listener))
                await hear(feed, listener)
                trading.cancel()
                await asyncio.wait([trading])

        asyncio.run(told())


async def _trade_on(stand_in: StandIn, listener: Listener) -> None:
    """Three seconds of the exchange pass as soon as what was told of the last has been offered."""
    stand_in.stopped_at = stand_in.now
    while True:
        for symbol in SYMBOLS:
            if stand_in.sockets:
                await stand_in.trade(symbol)
                await stand_in.change(symbol)
        await asyncio.sleep(0.005)
        if stand_in.sockets and all(offered >= stand_in.stopped_at for offered in listener.offered.values()):
            stand_in.stopped_at += STEP_MS
