"""A recording told again: at which pace, at which times, and where it ends."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.unit.adapters.binance.recorded_market import BEGIN, a_market, written

from adapters.binance.replay_feed import ReplayFeed
from adapters.simulated.virtual_time import VirtualClock, VirtualTimeLoop
from adapters.system.time import LoopTimers
from tradecore.errors import DataMissing, Unavailable
from tradecore.microstructure.events import DepthSnapshot, MarketEvent, Trade

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
NOON_MS = int(NOON.timestamp() * 1000)
BTC = "BTCUSDT"


def told(file: Path, *, symbols: tuple[str, ...] = (BTC,), **how: Any) -> list[tuple[int, str, list[MarketEvent]]]:
    """Each batch with the milliseconds at which it was published."""
    batches: list[tuple[int, str, list[MarketEvent]]] = []
    loop = VirtualTimeLoop()
    clock = VirtualClock(loop, NOON)

    async def publish(symbol: str, events: Sequence[MarketEvent]) -> None:
        batches.append((int(clock.now().timestamp() * 1000) - NOON_MS, symbol, list(events)))

    try:
        loop.run_until_complete(ReplayFeed(file, symbols, clock, LoopTimers(clock), **how).run(publish))
    finally:
        loop.close()
    return batches


def trades(batches: list[tuple[int, str, list[MarketEvent]]]) -> list[Trade]:
    return [event for _, _, events in batches for event in events if isinstance(event, Trade)]


@pytest.mark.parametrize(("speed", "lasts"), [(1.0, 10_000), (10.0, 1_000), (0.5, 20_000)])
def test_it_lasts_as_long_as_its_speed_says(tmp_path: Path, speed: float, lasts: int) -> None:
    batches = told(written(tmp_path, a_market(100)), speed=speed)
    assert batches[-1][0] == pytest.approx(lasts + 100 / speed, abs=20 + 110 / speed)


@pytest.mark.parametrize("speed", [1.0, 10.0])
def test_shifted_events_have_the_time_at_which_they_are_told(tmp_path: Path, speed: float) -> None:
    batches = told(written(tmp_path, a_market(100)), speed=speed)
    assert all(0 <= NOON_MS + at - event.at <= 20 for at, _, events in batches for event in events)


def test_at_full_speed_no_time_passes(tmp_path: Path) -> None:
    file = written(tmp_path, a_market(1_000))
    batches = told(file, speed=0, shift=False)
    assert {at for at, _, _ in batches} == {0}
    assert [trade.at for trade in trades(batches)] == [BEGIN + 100 * step for step in range(3, 1_003)]
    assert {event.at for _, _, events in told(file, speed=0) for event in events} == {NOON_MS}


def test_times_stay_as_recorded_where_they_are_not_shifted(tmp_path: Path) -> None:
    batches = told(written(tmp_path, a_market(100)), shift=False)
    assert trades(batches)[0].at == BEGIN + 300
    assert [trade.trade_id for trade in trades(batches)] == list(range(501, 601))


def test_one_snapshot_in_the_file_becomes_one_a_minute(tmp_path: Path) -> None:
    batches = told(written(tmp_path, a_market(1_400)), speed=0, shift=False)
    snapshots = [event for _, _, events in batches for event in events if isinstance(event, DepthSnapshot)]
    assert len(snapshots) == 3
    assert isinstance(batches[0][2][0], DepthSnapshot)


def test_a_recording_without_a_book_is_told_as_such(tmp_path: Path) -> None:
    market = a_market(5)
    market.lines = [line for line in market.lines if "lastUpdateId" not in line]
    with pytest.raises(DataMissing, match="holds no book of BTCUSDT; symbols in it: BTCUSDT"):
        told(written(tmp_path, market))


def test_a_pair_that_is_not_in_it_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="holds no book of SOLUSDT; symbols in it: BTCUSDT"):
        told(written(tmp_path, a_market(5)), symbols=(BTC, "SOLUSDT"), speed=0)


def test_batches_that_could_not_be_published_are_counted(tmp_path: Path) -> None:
    loop = VirtualTimeLoop()
    clock = VirtualClock(loop, NOON)
    feed = ReplayFeed(written(tmp_path, a_market(50)), (BTC,), clock, LoopTimers(clock))

    async def publish(_: str, __: Sequence[MarketEvent]) -> None:
        await asyncio.sleep(0)
        raise Unavailable("away")

    try:
        loop.run_until_complete(feed.run(publish))
    finally:
        loop.close()
    assert feed.lost_batches > 40
