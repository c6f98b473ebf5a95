"""Every source of reference data keeps the promises of its port; Alpaca at this repository's simulated broker."""

import asyncio
from collections.abc import Awaitable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.contract.alpaca_at_simulator import AlpacaAtSimulator

from adapters.alpaca.fields import UnreadableAnswer
from adapters.alpaca.reference import AlpacaReference, read_announcement
from adapters.alpaca.trade_tape import AlpacaTradeTape
from adapters.jsonl.watchlists import JsonlWatchlists
from adapters.simulated.market import SimulatedMarket
from adapters.simulated.reference import SimulatedReference
from adapters.simulated.rolling_market import RollingMarket
from adapters.simulated.virtual_time import VirtualClock, VirtualTimeLoop
from adapters.system.time import LoopTimers
from tradecore.errors import Unavailable
from tradecore.model.instruments import Equity
from tradecore.model.sessions import Session, session_on
from tradecore.ports.asset_directory import AssetDirectory
from tradecore.ports.trade_tape import TradeTape
from tradecore.ports.watchlists import Watchlists
from tradecore.testing.asset_directory_contract import AssetDirectoryContract
from tradecore.testing.trade_tape_contract import TapeWorld, TradeTapeContract
from tradecore.testing.watchlists_contract import WatchlistsContract

DAY = date(2026, 11, 20)
SPY = Equity("SPY")


def the_session() -> Session:
    session = session_on(DAY)
    assert session is not None
    return session


class _OnItsLoop:
    def run(self, work: Awaitable[Any]) -> Any:
        async def waits() -> Any:
            return await work

        return asyncio.run(waits())


class _AtSimulator:
    @pytest.fixture(autouse=True)
    def _opened(self, tmp_path: Path) -> Iterator[None]:
        self.there = AlpacaAtSimulator(tmp_path / "sim")
        yield
        self.there.end()

    def run(self, work: Awaitable[Any]) -> Any:
        return self.there.run(work)

    def reference(self) -> AlpacaReference:
        return AlpacaReference(self.there.calls, clock=self.there.clock)


class _PlayedTape(_OnItsLoop, TradeTapeContract):
    def market(self, clock: VirtualClock, timers: LoopTimers) -> TradeTape:
        return SimulatedMarket(seed=3, underlying=SPY, session=the_session(), clock=clock, timers=timers)

    def open_tape(self) -> TapeWorld:
        loop = VirtualTimeLoop()
        clock = VirtualClock(loop, the_session().opens + timedelta(minutes=2))
        loop.close()
        return TapeWorld(self.market(clock, LoopTimers(clock)), SPY, the_session().opens, clock.now, self.run)


class TestSimulatedTape(_PlayedTape):
    pass


class TestRollingTape(_PlayedTape):
    def market(self, clock: VirtualClock, timers: LoopTimers) -> TradeTape:
        return RollingMarket(seed=3, underlying=SPY, session=the_session(), clock=clock, timers=timers)


class TestAlpacaTape(_AtSimulator, TradeTapeContract):
    def open_tape(self) -> TapeWorld:
        tape = AlpacaTradeTape(self.there.calls, clock=self.there.clock, feed="sip")
        now = self.there.clock.now
        return TapeWorld(tape, SPY, now() - timedelta(minutes=1), now, self.run)


class TestSimulatedDirectory(_OnItsLoop, AssetDirectoryContract):
    def open_directory(self) -> AssetDirectory:
        return SimulatedReference(SPY)


class TestAlpacaDirectory(_AtSimulator, AssetDirectoryContract):
    def open_directory(self) -> AssetDirectory:
        return self.reference()


class TestJsonlWatchlists(_OnItsLoop, WatchlistsContract):
    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> None:
        self.path = tmp_path / "account" / "watchlists.jsonl"

    def open_watchlists(self) -> Watchlists:
        return JsonlWatchlists(self.path)

    def test_a_file_that_was_tampered_with_is_refused_and_left_alone(self) -> None:
        self.run(self.open_watchlists().create("mine", ["SPY"]))
        self.path.write_text("{}\n", encoding="utf-8")
        with pytest.raises(Unavailable, match="not what was written"):
            self.run(self.open_watchlists().create("other", []))
        assert self.path.read_text(encoding="utf-8") == "{}\n"


class TestAlpacaWatchlists(_AtSimulator, WatchlistsContract):
    def open_watchlists(self) -> Watchlists:
        return self.reference()


class TestAlpacaAnnouncements(_AtSimulator):
    def test_the_simulated_broker_has_none(self) -> None:
        assert list(self.run(self.reference().announcements("SPY", DAY, DAY + timedelta(days=30)))) == []


def test_the_built_in_market_has_no_announcements() -> None:
    assert list(asyncio.run(SimulatedReference(SPY).announcements(None, DAY, DAY))) == []


def test_an_announcement_is_read_with_its_days_and_terms() -> None:
    raw = {
        "ca_type": "split",
        "ca_sub_type": "stock_split",
        "initiating_symbol": "AAPL",
        "target_symbol": "AAPL",
        "declaration_date": "2026-11-02",
        "ex_date": "2026-11-23",
        "payable_date": None,
        "cash": "0",
        "old_rate": "1",
        "new_rate": "4",
    }
    found = read_announcement(raw)
    assert (found.symbol, found.kind, found.ex_day, found.payable) == ("AAPL", "split", date(2026, 11, 23), None)
    assert found.detail == "ca_sub_type stock_split, cash 0, old_rate 1, new_rate 4, target_symbol AAPL"
    with pytest.raises(UnreadableAnswer, match="ex_date"):
        read_announcement(raw | {"ex_date": "soon"})
