"""Every history of volatilities keeps the promises of the IvHistory port."""

import asyncio
from datetime import date
from pathlib import Path

import pytest

from adapters.jsonl.iv_history import JsonlIvHistory
from adapters.memory.iv_history import MemoryIvHistory
from tradecore.errors import Unavailable
from tradecore.ports.iv_history import IvHistory
from tradecore.testing.iv_history_contract import IvHistoryContract

DAY = date(2026, 11, 20)


class TestMemoryIvHistory(IvHistoryContract):
    @pytest.fixture(autouse=True)
    def _history(self) -> None:
        self.history = MemoryIvHistory()

    def open_history(self) -> IvHistory:
        return self.history


class TestJsonlIvHistory(IvHistoryContract):
    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> None:
        self.path = tmp_path / "account" / "iv_history.jsonl"

    def open_history(self) -> IvHistory:
        return JsonlIvHistory(self.path)

    def test_a_line_cut_short_costs_that_day_only(self) -> None:
        async def story() -> None:
            await self.open_history().add("SPY", date(2026, 11, 17), 0.15)
            with self.path.open("a", encoding="utf-8") as file:
                file.write('[1]\n{"underlying": "SPY", "day": "2026-11-18", "iv": -1}\n{"underlying": "SPY", "da')
            await self.open_history().add("SPY", date(2026, 11, 19), 0.17)
            found = await self.open_history().days("SPY", DAY, 9)
            assert [(one.day.day, one.iv) for one in found] == [(17, 0.15), (19, 0.17)]

        asyncio.run(story())

    def test_the_file_is_its_owner_s(self) -> None:
        asyncio.run(self.open_history().add("SPY", DAY, 0.15))
        assert self.path.stat().st_mode & 0o077 == 0

    def test_a_place_that_can_t_be_used_is_unavailable(self, tmp_path: Path) -> None:
        history = JsonlIvHistory(tmp_path)
        with pytest.raises(Unavailable, match="can't be"):
            asyncio.run(history.days("SPY", DAY, 9))
