"""Workers keep reports of the streams they own, on virtual time; who asks gets them as of now."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.memory.market_bus import MemoryMarketBus
from adapters.simulated.virtual_time import VirtualClock, VirtualTimeLoop
from adapters.system.time import LoopTimers
from tradecore.errors import DataMalformed, InvalidRequest, Unavailable
from tradecore.microstructure.envelope import envelope
from tradecore.microstructure.events import DepthDiff, DepthSnapshot, MarketEvent, Trade, units
from tradecore.microstructure.thresholds import Thresholds
from tradecore.ports.market_bus import Entry
from tradecore.usecases.market_reports import ReportWorker, SymbolNotIndexed, get_report, pair_of

BEGIN = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
BTC = "BTCUSDT"
THRESHOLDS = Thresholds()


@dataclass
class Noted:
    events: int = 0
    reports: list[dict[str, Any]] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)

    def worked(self, symbol: str, events: int, lag_ms: int) -> None:
        assert symbol == BTC
        assert lag_ms >= 0
        self.events += events

    def reported(self, symbol: str, report: dict[str, Any], seconds: float) -> None:
        assert report["symbol"] == symbol
        assert seconds >= 0
        self.reports.append(report)

    def failed(self, symbol: str, kind: str) -> None:
        self.failures.append((symbol, kind))


class Scene:
    """A bus, a clock, and workers."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        self.clock = VirtualClock(loop, BEGIN)
        self.timers = LoopTimers(self.clock)
        self.bus = MemoryMarketBus(self.clock.now)
        self.noted = Noted()
        self.updates = 100
        self.trades = 0

    def worker(self, name: str = "one", check: Callable[[Any], object] = lambda _: None) -> "asyncio.Task[None]":
        worker = ReportWorker(
            bus=self.bus,
            clock=self.clock,
            timers=self.timers,
            name=name,
            venue="BINANCE",
            check=check,
            watcher=self.noted,
        )
        return asyncio.ensure_future(worker.work())

    @property
    def now(self) -> int:
        return int(self.clock.now().timestamp() * 1000)

    async def tell(self, *events: MarketEvent) -> None:
        await self.bus.publish(BTC, [envelope(event, "BINANCE", BTC) for event in events])

    def snapshot(self) -> DepthSnapshot:
        one = units("1")
        return DepthSnapshot(self.now, self.updates, ((units("100"), one),), ((units("101"), one),))

    def change(self, quantity: str) -> DepthDiff:
        self.updates += 1
        return DepthDiff(self.now, self.updates, self.updates, ((units("100"), units(quantity)),), ())

    def trade(self, quantity: str = "1") -> Trade:
        self.trades += 1
        return Trade(self.now, self.trades, units("101"), units(quantity), True)

    async def report(self, **wanted: Any) -> dict[str, Any]:
        return await get_report(self.bus, self.clock, BTC, thresholds=THRESHOLDS, **wanted)


def play(story: Callable[[Scene], Awaitable[None]]) -> None:
    loop = VirtualTimeLoop()
    try:
        scene = Scene(loop)

        async def told() -> None:
            await story(scene)
            await scene.timers.stop()

        loop.run_until_complete(told())
    finally:
        loop.close()


def test_a_report_follows_its_events_within_half_a_second() -> None:
    async def story(scene: Scene) -> None:
        scene.worker()
        await scene.tell(scene.snapshot())
        await asyncio.sleep(2)
        await scene.tell(scene.change("3"), scene.trade("0.5"))
        await asyncio.sleep(0.5)
        report = await scene.report()
        assert report["prices"]["best_bid"] == {"price": 100.0, "quantity": 3.0}
        assert report["flow"]["net_flow"] == 0.5
        assert (report["fresh"], report["data_age_ms"]) == (True, 500)
        assert scene.noted.events == 3

    play(story)


def test_an_entry_is_acknowledged_with_the_report_that_contains_it() -> None:
    async def story(scene: Scene) -> None:
        finished: list[tuple[Any, list[str]]] = []
        keep = scene.bus.finish

        async def finish(symbol: str, worker: str, report: Any, entry_ids: Any) -> bool:
            finished.append((report, list(entry_ids)))
            return await keep(symbol, worker, report, entry_ids)

        scene.bus.finish = finish  # type: ignore[method-assign]
        scene.worker()
        await scene.tell(scene.snapshot(), scene.trade("2"))
        await asyncio.sleep(3)
        with_it = next(report for report, ids in finished if ids)
        assert with_it["flow"]["net_flow"] == 2.0
        assert await scene.bus.unfinished(BTC, "one") == []

    play(story)


def test_a_stopped_feed_is_degraded_then_down_although_nobody_reports() -> None:
    async def story(scene: Scene) -> None:
        worker = scene.worker()
        await scene.tell(scene.snapshot(), scene.trade())
        await asyncio.sleep(0.7)
        assert (await scene.report())["ingestion"]["status"] == "ok"
        await scene.timers.stop()
        worker.cancel()
        ages = []
        for seconds in (1, 1, 10):
            await asyncio.sleep(seconds)
            report = await scene.report()
            ages.append((report["ingestion"]["status"], report["fresh"], report["data_age_ms"]))
        assert ages == [("degraded", False, 1700), ("degraded", False, 2700), ("down", False, 12700)]

    play(story)


def test_what_cannot_be_understood_is_set_aside_and_blocks_nothing() -> None:
    async def story(scene: Scene) -> None:
        scene.worker()
        good = envelope(scene.trade("1"), "BINANCE", BTC)
        wrong = [{}, {**good, "type": "rumour"}, {**good, "symbol": "ETHUSDT"}, {**good, "ts_event": "now"}]
        wrong += [{**good, "payload": {**good["payload"], "price": price}} for price in ("abc", "-1", "9" * 20)]
        wrong += [{**good, "ts_event": scene.now + 3_600_000}]
        for message in wrong:
            await scene.bus.publish(BTC, [message])
        await scene.tell(scene.trade("2"))
        await asyncio.sleep(3)
        assert len(scene.bus.set_aside_entries) == len(wrong)
        assert scene.noted.failures == [(BTC, "message")] * len(wrong)
        assert (await scene.report())["flow"]["net_flow"] == 2.0

    play(story)


def test_when_a_worker_dies_another_loses_nothing_and_counts_nothing_twice() -> None:
    async def story(scene: Scene) -> None:
        first = scene.worker("one")
        await scene.tell(scene.snapshot())
        for _ in range(40):
            await asyncio.sleep(0.1)
            await scene.tell(scene.trade("1"), scene.change("2"))
        # It dies with entries it read and never reported.
        read = await scene.bus.read(BTC, "one", 0.0)
        first.cancel()
        await scene.timers.stop()
        await scene.tell(scene.trade("1"))
        second = scene.worker("two")
        await asyncio.sleep(9)
        report = await scene.report()
        assert report["flow"]["net_flow"] == 41.0
        assert report["prices"]["best_bid"]["quantity"] == 2.0
        assert await scene.bus.unfinished(BTC, "two") == []
        assert isinstance(read, list)
        second.cancel()

    play(story)


def test_two_workers_do_not_share_a_stream() -> None:
    async def story(scene: Scene) -> None:
        scene.worker("one"), scene.worker("two")
        await scene.tell(scene.snapshot())
        await asyncio.sleep(20)
        assert not await scene.bus.own(BTC, "three")
        per_second = len(scene.noted.reports) / 20
        assert per_second <= 4.1

    play(story)


def test_a_report_that_breaks_its_schema_is_not_kept() -> None:
    def refuse(_: Any) -> None:
        raise DataMalformed("data.version must be 2")

    async def story(scene: Scene) -> None:
        scene.worker(check=refuse)
        await scene.tell(scene.snapshot())
        await asyncio.sleep(2)
        assert scene.noted.failures[0] == (BTC, "report")
        with pytest.raises(SymbolNotIndexed):
            await scene.report()

    play(story)


def test_a_backend_that_is_away_for_a_while_is_noted_and_waited_for() -> None:
    async def story(scene: Scene) -> None:
        read = scene.bus.read

        async def gone(symbol: str, worker: str, wait_s: float) -> list[Entry]:
            if scene.clock.now() < BEGIN + timedelta(seconds=5):
                raise Unavailable("Redis: gone")
            return await read(symbol, worker, wait_s)

        scene.bus.read = gone  # type: ignore[method-assign]
        scene.worker()
        await scene.tell(scene.snapshot())
        await asyncio.sleep(8)
        assert (BTC, "backend") in scene.noted.failures
        assert (await scene.report())["ingestion"]["book_in_step"]

    play(story)


@pytest.mark.parametrize("spelling", ["BTCUSDT", "btcusdt", "BTC", "btc/usdt", "BTC-USDT", "btc_usdt", "BTC/USD"])
def test_a_pair_is_understood_in_its_usual_spellings(spelling: str) -> None:
    assert pair_of(spelling, ["BTCUSDT", "ETHUSDT"]) == "BTCUSDT"


@pytest.mark.parametrize("spelling", ["DOGE", "", "BTCEUR", "\u0412\u0422\u0421", "*"])
def test_what_is_not_indexed_is_not_guessed(spelling: str) -> None:
    assert pair_of(spelling, ["BTCUSDT", "ETHUSDT"]) is None


def test_who_asks_for_an_unknown_symbol_hears_what_is_indexed() -> None:
    async def story(scene: Scene) -> None:
        scene.worker()
        await scene.tell(scene.snapshot())
        await asyncio.sleep(2)
        with pytest.raises(SymbolNotIndexed, match="DOGE is not indexed; indexed: BTCUSDT"):
            await get_report(scene.bus, scene.clock, "DOGE", thresholds=THRESHOLDS)

    play(story)


def test_a_report_is_reduced_to_what_is_wanted() -> None:
    async def story(scene: Scene) -> None:
        scene.worker()
        await scene.tell(scene.snapshot(), scene.trade())
        await asyncio.sleep(2)
        always = {"version", "symbol", "venue", "generated_at", "data_age_ms", "fresh", "ingestion"}
        assert set(await scene.report(sections=("flow", "prices"))) == always | {"flow", "prices"}
        depth = (await scene.report(sections=("depth",), levels=0))["depth"]
        assert (depth["bids"], depth["asks"], depth["bid_quantity"]) == ([], [], 1.0)
        with pytest.raises(InvalidRequest, match="no section 'weather'; sections: anomalies, depth"):
            await scene.report(sections=("weather",))

    play(story)
