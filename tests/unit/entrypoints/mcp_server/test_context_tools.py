"""What get_market_context says, with a definition for every figure and a reason for every gap."""

import json
from datetime import time, timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.unit.entrypoints.mcp_server.desk_and_clients import FULL_DAY, Desk, at_the_desk, call, refused

from tradecore.model.sessions import session_on
from tradecore.usecases.iv_recording import IvRecorder
from tradecore.usecases.option_data import completed_chain

SETS = ("desk", "analytics")


def test_every_figure_comes_with_its_definition(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        history = desk.floor.research.iv_history
        assert history is not None
        for day in range(30):
            await history.add("SPY", FULL_DAY - timedelta(days=day + 1), 0.10 + 0.005 * day)
        async with desk.client() as client:
            found = await call(client, "get_market_context")
        assert found["missing"] == {}
        assert set(found["figures"]) == set(found["definitions"])
        session = session_on(FULL_DAY)
        assert session is not None
        bars = await desk.floor.market.bars(desk.floor.underlying, session.opens, desk.floor.clock.now())
        assert found["bars"] == len(bars)
        typical = [float(bar.high + bar.low + bar.close) / 3 for bar in bars]
        vwap = np.average(typical, weights=[float(bar.volume) for bar in bars])
        assert found["figures"]["vwap"] == pytest.approx(vwap, abs=6e-5)
        first = [bar for bar in bars if bar.start < session.opens + timedelta(minutes=15)]
        assert found["figures"]["opening_range"]["high"] == float(max(bar.high for bar in first))
        assert found["figures"]["iv_standing"]["days"] == 30
        assert len(json.dumps(found)) < 4_000

    at_the_desk(tmp_path, story, toolsets=SETS)


def test_what_is_not_known_yet_has_its_reason(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        async with desk.client() as client:
            found = await call(client, "get_market_context")
            other = await call(client, "get_market_context", symbol="qqq")
            assert (await refused(client, "get_market_context", symbol="S P Y"))["code"] == "INVALID_REQUEST"
        assert found["missing"]["opening_range"] == "the first 15 minutes are not over"
        assert found["missing"]["parkinson"] == "fewer than 15 minutes"
        assert found["missing"]["iv_standing"] == "0 of the 20 days it needs"
        assert other["figures"] == {}
        assert other["missing"]["skew"] == "there is no chain that expires today"

    at_the_desk(tmp_path, story, toolsets=SETS, begins=time(9, 40))


def test_the_day_s_volatility_is_recorded_once_around_noon(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        floor, history = desk.floor, desk.floor.research.iv_history
        assert history is not None
        recorder = IvRecorder(history, "SPY", floor.board, floor.clock, floor.timers)

        async def kept() -> None:
            completed = await completed_chain(floor, "SPY")
            assert completed is not None
            floor.board.put_completed(completed)

        await kept()
        assert not await recorder.record(), "not before noon"
        await desk.later(seconds=61)
        assert not await recorder.record(), "not from a chain that is a minute old"
        await kept()
        assert await recorder.record()
        assert not await recorder.record()
        (day,) = await history.days("SPY", FULL_DAY + timedelta(days=1), 5)
        assert day.day == FULL_DAY
        assert 0.05 < day.iv < 0.6

    at_the_desk(tmp_path, story, begins=time(11, 59, 30))
