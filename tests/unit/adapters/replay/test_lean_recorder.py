"""What is recorded is what replay reads: minutes by hand, a whole simulated day, a crash in between."""

import asyncio
import io
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters.replay.lean import read_lean_day
from adapters.replay.lean_recorder import LeanRecorder
from adapters.simulated.market import SimulatedMarket
from adapters.simulated.virtual_time import FeedTimers, VirtualClock, VirtualTimeLoop
from adapters.system.time import LoopTimers
from tradecore.errors import Unavailable
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import Equity, OptionContract, Right
from tradecore.model.market import Bar, Quote
from tradecore.model.recording import RecordedDay
from tradecore.model.sessions import Session, session_on
from tradecore.ports.market_data import MarketStep

SPY = Equity("SPY")
DAY = date(2026, 11, 20)
CALL = OptionContract("SPY", DAY, Right.CALL, Decimal(600))
PUT = OptionContract("SPY", DAY, Right.PUT, Decimal(600))
CONTRACTS = (CALL, PUT)


def the_session(day: date = DAY) -> Session:
    found = session_on(day)
    assert found is not None
    return found


OPENS = the_session().opens


def quote(bid: str, ask: str, at: datetime) -> Quote:
    return Quote(SPY, Decimal(bid), Decimal(ask), Decimal(300), Decimal(500), at, at, "test")


def chain(bids: tuple[int, int], asks: tuple[int, int], at: datetime) -> OptionChain:
    sizes = np.array([7, 9])
    return OptionChain("SPY", DAY, CONTRACTS, np.array(bids), np.array(asks), sizes, sizes, at, at, "test")


def bar(minute: int) -> Bar:
    start = OPENS + timedelta(minutes=minute)
    prices = [Decimal(price) for price in ("600.00", "600.50", "599.75", "600.25")]
    opened, high, low, close = prices
    return Bar(SPY, start, start + timedelta(minutes=1), opened, high, low, close, Decimal(1234))


def read(folder: Path) -> RecordedDay:
    return read_lean_day(folder / "equity", SPY, the_session(), options=folder / "option")


def record_two_minutes(recorder: LeanRecorder) -> None:
    """Minute 0: two quotes and two chains; minute 1: one of each, the put without a bid."""
    at = OPENS + timedelta(seconds=10)
    recorder.take(MarketStep(at=at, quotes=(quote("600.00", "600.02", at),)), chain((100, 90), (103, 94), at))
    at = OPENS + timedelta(seconds=40)
    recorder.take(MarketStep(at=at, quotes=(quote("600.10", "600.11", at),)), chain((120, 80), (123, 84), at))
    at = OPENS + timedelta(seconds=70)
    step = MarketStep(at=at, quotes=(quote("600.05", "600.07", at),), bars=(bar(0),))
    recorder.take(step, chain((110, 0), (113, 88), at))


def test_minutes_are_read_again_as_they_were(tmp_path: Path) -> None:
    recorder = LeanRecorder(tmp_path, SPY)
    record_two_minutes(recorder)
    recorder.end_day()
    found = read(tmp_path)
    assert found.bars == (bar(0),)
    first, second = found.quote_bars
    assert first.bid is not None
    assert (first.bid.open, first.bid.high, first.bid.low, first.bid.close, first.bid.size) == (
        Decimal(600), Decimal("600.10"), Decimal(600), Decimal("600.10"), Decimal(300),
    )  # fmt: skip
    assert second.start == OPENS + timedelta(minutes=1)
    assert found.options is not None
    calls, puts = found.options[CALL], found.options[PUT]
    assert calls[0].bid is not None
    assert (calls[0].bid.open, calls[0].bid.high, calls[0].bid.close) == (Decimal(1), Decimal("1.2"), Decimal("1.2"))
    assert puts[0].ask is not None
    assert (puts[0].ask.high, puts[0].ask.low, puts[0].ask.size) == (Decimal("0.94"), Decimal("0.84"), Decimal(9))
    assert puts[1].bid is None, "a side that nobody quoted"
    assert puts[1].ask is not None


def test_a_crash_costs_no_minute_that_was_over(tmp_path: Path) -> None:
    record_two_minutes(LeanRecorder(tmp_path, SPY))
    partial = tmp_path / "20261120.partial"
    with partial.open("a", encoding="utf-8") as file:
        file.write('["equity_quote", "cut')
    # The next life finds the day unfinished: its first words end it when it is of a later day.
    later = LeanRecorder(tmp_path, SPY)
    at = the_session(date(2026, 11, 23)).opens
    later.take(MarketStep(at=at, quotes=(quote("601.00", "601.01", at),)), None)
    found = read(tmp_path)
    assert len(found.quote_bars) == 1
    assert found.options is not None
    assert len(found.options[CALL]) == 1
    assert not partial.exists()


def test_a_life_that_begins_within_the_day_goes_on_with_it(tmp_path: Path) -> None:
    record_two_minutes(LeanRecorder(tmp_path, SPY))
    second = LeanRecorder(tmp_path, SPY)
    at = OPENS + timedelta(minutes=30)
    second.take(MarketStep(at=at, quotes=(quote("602.00", "602.02", at),)), chain((150, 50), (153, 54), at))
    second.end_day()
    starts = [one.start for one in read(tmp_path).quote_bars]
    assert starts == [OPENS, at]


def test_what_is_older_than_asked_for_is_removed(tmp_path: Path) -> None:
    old = tmp_path / "equity" / "spy" / "20261001_trade.zip"
    old.parent.mkdir(parents=True)
    old.touch()
    recorder = LeanRecorder(tmp_path, SPY, keeps=timedelta(days=30))
    record_two_minutes(recorder)
    recorder.end_day()
    assert not old.exists()
    assert (tmp_path / "equity" / "spy" / "20261120_trade.zip").exists()


def test_a_simulated_day_recorded_from_its_stream_has_every_minute_of_every_contract(tmp_path: Path) -> None:
    """Two hours of it: 120 minutes, and the closes of the bars are those the market told."""
    session, loop = the_session(), VirtualTimeLoop()
    clock = VirtualClock(loop, session.opens)
    timers = FeedTimers(LoopTimers(clock), loop, clock)
    market = SimulatedMarket(seed=4, underlying=SPY, session=session, clock=clock, timers=timers)
    recorder = LeanRecorder(tmp_path, SPY)
    told: list[Bar] = []

    async def record() -> None:
        newest: OptionChain | None = None
        async for step in market.steps():
            if step.at >= session.opens + timedelta(hours=2):
                return
            if newest is None or step.at - newest.at >= timedelta(seconds=5):
                newest = await market.chain("SPY", DAY)
            recorder.take(step, newest)
            told.extend(step.bars)

    loop.run_until_complete(asyncio.wait_for(record(), None))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
    recorder.end_day()
    found = read(tmp_path)
    assert [one.close for one in found.bars] == [one.close for one in told]
    assert len(found.quote_bars) == 120
    assert found.options is not None
    assert len(found.options) == 62
    assert {len(bars) for bars in found.options.values()} == {120}


def test_a_line_that_a_crash_cut_off_costs_no_line_that_follows(tmp_path: Path) -> None:
    record_two_minutes(LeanRecorder(tmp_path, SPY))
    partial = tmp_path / "20261120.partial"
    with partial.open("ab") as file:
        file.write(b'["equity_quote", "20261120_spy_minute_qu')
    later = LeanRecorder(tmp_path, SPY)
    at = OPENS + timedelta(seconds=130)
    later.take(MarketStep(at=at, quotes=(quote("600.20", "600.22", at),)), None)
    later.end_day()
    assert [one.start for one in read(tmp_path).quote_bars] == [OPENS, OPENS + timedelta(minutes=2)]


def test_a_minute_that_a_full_disk_refused_is_missing_and_the_next_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk takes half of what it is given, as a full one does."""
    recorder = LeanRecorder(tmp_path, SPY)
    at = OPENS + timedelta(seconds=10)
    recorder.take(MarketStep(at=at, quotes=(quote("600.00", "600.02", at),)), None)
    opened = Path.open

    class Full(io.FileIO):
        def write(self, data: Any) -> int:
            return super().write(bytes(data)[: len(data) // 2])

    def full(path: Path, mode: str = "r", *rest: Any, **named: Any) -> Any:
        return Full(path, "ab") if mode == "ab" else opened(path, mode, *rest, **named)

    at = OPENS + timedelta(seconds=70)
    step = MarketStep(at=at, quotes=(quote("600.10", "600.12", at),))
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", full)
        with pytest.raises(Unavailable, match="No space left"):
            recorder.take(step, None)
    assert recorder.take(step, None) == 0
    at = OPENS + timedelta(seconds=130)
    assert recorder.take(MarketStep(at=at, quotes=(quote("600.20", "600.22", at),), bars=(bar(1),)), None) == 2
    recorder.end_day()
    found = read_lean_day(tmp_path / "equity", SPY, the_session())
    assert [one.start for one in found.quote_bars] == [OPENS + timedelta(minutes=1), OPENS + timedelta(minutes=2)]


def test_who_pauses_keeps_the_minute_under_way(tmp_path: Path) -> None:
    recorder = LeanRecorder(tmp_path, SPY)
    record_two_minutes(recorder)
    recorder.pause()
    later = LeanRecorder(tmp_path, SPY)
    at = OPENS + timedelta(seconds=150)
    later.take(MarketStep(at=at, quotes=(quote("600.20", "600.22", at),)), None)
    later.end_day()
    assert [one.start for one in read(tmp_path).quote_bars] == [OPENS + timedelta(minutes=n) for n in (0, 1, 2)]


def test_a_folder_that_can_not_be_written_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("a file is in the way")
    recorder = LeanRecorder(tmp_path / "recordings", SPY)
    with pytest.raises(Unavailable, match="can't be recorded"):
        record_two_minutes(recorder)
