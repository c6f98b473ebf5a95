"""Feed, bus and worker of crypto market reports, put together as the settings say."""

import asyncio
import os
import platform
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType
from typing import Final

import fastjsonschema
from pydantic import SecretStr

from adapters.memory.market_bus import MemoryMarketBus
from adapters.system.time import LoopTimers, SystemClock, machine_seconds
from entrypoints.settings import Settings, SettingsError
from entrypoints.wiring.chain_beside import NO_REDIS
from entrypoints.wiring.crypto import validate_report
from entrypoints.wiring.crypto_feeds import market_feed
from tradecore.errors import DataMalformed, Unavailable
from tradecore.microstructure.envelope import envelope
from tradecore.microstructure.events import MarketEvent
from tradecore.microstructure.report import Report
from tradecore.microstructure.thresholds import Thresholds
from tradecore.ports.market_bus import MarketBus
from tradecore.ports.market_events import MarketEventFeed
from tradecore.usecases.market_figures import MarketFigures
from tradecore.usecases.market_reports import ReportWorker, get_report

# Worker and bus end together here, so nobody ever takes a stream over and builds its windows again from what was kept.
_KEPT_HERE: Final = timedelta(minutes=1)
_FOR_GOOD: Final = timedelta(days=3650)
_FOUND_WITHIN: Final = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class MarketReports:
    """Where reports are read."""

    bus: MarketBus
    clock: SystemClock
    thresholds: Thresholds

    async def get(self, symbol: str, sections: Sequence[str] = (), levels: int | None = None) -> Report:
        """
        The newest report of a symbol as of now.

        Raises:
            SymbolNotIndexed, InvalidRequest, Unavailable: See `get_report`.
        """
        thresholds = self.thresholds
        return await get_report(self.bus, self.clock, symbol, thresholds=thresholds, sections=sections, levels=levels)


@dataclass(slots=True, kw_only=True)
class CryptoHouse:
    """What one process does for crypto reports: a feed tells, a worker reports, either or both, over one bus."""

    reports: MarketReports
    timers: LoopTimers
    figures: MarketFigures
    feed: MarketEventFeed | None
    worker: ReportWorker | None

    async def run(self) -> None:
        """
        Do it until the feed's events end, something fails, or the caller cancels it.

        Raises:
            Exception: What failed.
        """
        works = [self.timers.failure()]
        if self.worker is not None:
            works.append(self.worker.work())
        if self.feed is not None:
            works.append(self._tell(self.feed))
        tasks = [asyncio.ensure_future(work) for work in works]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """Give up what the worker owns, so that another need not wait for the lease, and let go of the bus."""
        owned = () if self.worker is None else self.worker.symbols
        await self.timers.stop()
        for symbol in owned:
            with suppress(Unavailable):
                await self.reports.bus.release(symbol, self.worker.name if self.worker else "")
        await self.reports.bus.close()

    async def _tell(self, feed: MarketEventFeed) -> None:
        await feed.run(self._publish)
        if self.worker is not None:
            until = _FOUND_WITHIN + timedelta(seconds=self.worker.report_each_s)
            await self.timers.sleep_until(self.reports.clock.now() + until)

    async def _publish(self, symbol: str, events: Sequence[MarketEvent]) -> None:
        if self.feed is None or not events:
            return
        venue = self.feed.venue
        try:
            await self.reports.bus.publish(symbol, [envelope(event, venue, symbol) for event in events])
        except Unavailable:
            self.figures.failed(symbol, "backend")
            raise
        # A feed that tells as fast as it goes never waits, and a bus in this process does not either.
        await asyncio.sleep(0)
        if self.worker is None:
            # Else they are counted when the worker has taken them.
            self.figures.published(symbol, len(events))


def crypto_house(settings: Settings, *, feeds: bool, works: bool) -> CryptoHouse:
    """
    A process that feeds, works, both, or neither and only reads.

    Raises:
        SettingsError: There is no feed, or redis is needed and not installed.
    """
    clock = SystemClock()
    timers = LoopTimers(clock)
    figures = MarketFigures(machine_seconds)
    reports = MarketReports(market_bus(settings, clock), clock, settings.thresholds)
    worker = ReportWorker(
        bus=reports.bus,
        clock=clock,
        timers=timers,
        # A container that comes back has its name again, and with it the streams it owned.
        name=f"{platform.node()}-{os.getpid()}",
        check=_checked,
        watcher=figures,
        thresholds=settings.thresholds,
        report_each_s=settings.crypto_report_interval,
    )
    return CryptoHouse(
        reports=reports,
        timers=timers,
        figures=figures,
        feed=market_feed(settings, clock, timers) if feeds else None,
        worker=worker if works else None,
    )


@asynccontextmanager
async def running_house(house: CryptoHouse) -> AsyncIterator["asyncio.Task[None]"]:
    """Run the house beside the body and close it afterwards; the task tells how its run ended, if it did."""
    running = asyncio.create_task(house.run())
    try:
        yield running
    finally:
        running.cancel()
        await asyncio.wait((running,))
        await house.close()


def market_bus(settings: Settings, clock: SystemClock) -> MarketBus:
    """
    Redis at REDIS_URL, or a bus in this process.

    Raises:
        SettingsError: redis is not installed, or does not understand the address.
    """
    retention = timedelta(minutes=settings.crypto_retention_minutes)
    if settings.redis_url is None:
        return MemoryMarketBus(clock.now, retention=_KEPT_HERE, lease=_FOR_GOOD)
    bus: MarketBus = _redis().redis_bus(settings.redis_url, settings.redis_password, retention)
    return bus


def redis_examination() -> Callable[[SecretStr, SecretStr | None], tuple[bool, str]]:
    """
    What looks at the server of an address and a password.

    Raises:
        SettingsError: redis is not installed.
    """
    look: Callable[[SecretStr, SecretStr | None], tuple[bool, str]] = _redis().redis_examined
    return look


def _redis() -> ModuleType:
    try:
        from entrypoints.wiring import crypto_redis
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "redis":
            raise
        raise SettingsError(NO_REDIS) from None
    return crypto_redis


def _checked(report: Report) -> None:
    try:
        validate_report(report)
    except fastjsonschema.JsonSchemaValueException as problem:
        raise DataMalformed(f"a report is not what its schema says: {problem}") from problem
