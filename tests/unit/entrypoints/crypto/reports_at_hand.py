"""Reports of a simulated market on a bus of this process, for the doors that show them."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.memory.market_bus import MemoryMarketBus
from adapters.simulated.order_flow import OrderFlow
from adapters.system.time import LoopTimers, SystemClock, machine_seconds
from entrypoints.wiring.crypto_house import CryptoHouse, MarketReports
from tradecore.errors import Unavailable
from tradecore.microstructure.market_state import MarketState
from tradecore.microstructure.report import Report, market_report
from tradecore.microstructure.thresholds import Thresholds
from tradecore.usecases.market_figures import MarketFigures


def a_report(symbol: str = "BTCUSDT") -> Report:
    """What three seconds of a simulated market until now come to."""
    now = int(datetime.now(UTC).timestamp() * 1000)
    state = MarketState(Thresholds())
    steps = OrderFlow(1, 60_000 * 10**8, now - 3_000).steps()
    for at, events in steps:
        for event in events:
            state.take(event)
        state.settle()
        if at >= now:
            break
    state.flush()
    return market_report(state, symbol=symbol, venue="SIMULATED", now=now)


class GoneBus(MemoryMarketBus):
    """A bus that can't be reached."""

    async def reported(self) -> list[str]:
        raise Unavailable("Redis: connection refused")

    async def report(self, symbol: str) -> Mapping[str, Any] | None:
        raise Unavailable(f"Redis: connection refused, asked for {symbol}")


def house_with(*symbols: str, gone: bool = False) -> CryptoHouse:
    """A house that reads reports of these pairs, or one whose bus is gone."""
    clock = SystemClock()
    bus = GoneBus(clock.now) if gone else MemoryMarketBus(clock.now, lease=timedelta(hours=1))

    async def keep() -> None:
        for symbol in symbols:
            await bus.own(symbol, "a test")
            assert await bus.finish(symbol, "a test", a_report(symbol), ())

    if symbols:
        asyncio.run(keep())
    return CryptoHouse(
        reports=MarketReports(bus, clock, Thresholds()),
        timers=LoopTimers(clock),
        figures=MarketFigures(machine_seconds),
        feed=None,
        worker=None,
    )
