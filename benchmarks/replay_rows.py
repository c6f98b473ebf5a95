"""Whole sessions: recorded bars, the seeded market's ticks, and what one order and its fill cost in the simulation."""

import tempfile
import time
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from adapters.simulated.price_path import seeded_day
from benchmarks.desk_scene import SPY
from benchmarks.fills_scene import play_round_trips
from benchmarks.peer_process import Peers
from benchmarks.peers.recordings import SESSION_MINUTES, CentBar, minute_bars
from benchmarks.timing import NO_GOAL, Against, Goal, Pace, Row, compare
from entrypoints.limits_file import load_limits
from entrypoints.runtime import SessionRecorder, Trader, run_house
from entrypoints.settings import Settings
from entrypoints.wiring import House, replay_house, simulated_house
from tradecore.model.market import Bar
from tradecore.model.recording import RecordedDay
from tradecore.model.sessions import Session, session_on
from tradecore.usecases.answers import PreviewAnswer
from tradecore.usecases.confirming import confirm
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.previewing import preview_strategy, signal_of

_MINUTE = timedelta(minutes=1)
_BARS = 63
_STRATEGY = "orb_long_call"


def recorded_bars(pace: Pace, peers: Peers) -> list[Row]:
    """A recorded session with opening-range breakout in options: each minute brings the bars of 62 contracts."""
    limits, session = load_limits("recorded", _MINUTE), _session()
    recorded = _recorded(session, minute_bars(1))

    def replay() -> float:
        with tempfile.TemporaryDirectory() as folder:
            house = replay_house(Settings(home=Path(folder)), recorded, seed=1, limits=limits, account=None)
            return _run(house, _breakout_trader(session)) / SESSION_MINUTES

    minutes = compare(
        "replayed minute with the bars of 62 contracts, ORB",
        replay,
        Against("backtesting.py, a bar, ORB in shares", peers.backtesting.job("bars"), Goal(ratio=1 / 6)),
        Against("Nautilus, a bar, ORB in shares", peers.nautilus.job("bars"), Goal(ratio=1 / 20)),
        pace=pace,
    )
    each = [replace(row, job="one of its quote bars", figure=row.figure / _BARS, goal=NO_GOAL) for row in minutes]
    return minutes + each


def quote_ticks(pace: Pace, peers: Peers) -> list[Row]:
    """A quiet session of the seeded market, about 106,000 ticks."""
    limits, session = load_limits("default"), _session()
    ticks = len(seeded_day(seed=1, session_minutes=SESSION_MINUTES).offset_ms)

    async def idle(_: TradingFloor) -> None:
        """Trade nothing."""

    def play() -> float:
        with tempfile.TemporaryDirectory() as folder:
            house = simulated_house(Settings(home=Path(folder)), seed=1, session=session, limits=limits, account=None)
            return _run(house, idle) / ticks

    return compare(
        "simulated tick: feed, venue, board, watch",
        play,
        Against("Nautilus, a quote tick", peers.nautilus.job("quote_ticks"), Goal(ratio=1 / 5)),
        pace=pace,
    )


def order_with_fill(pace: Pace, peers: Peers) -> list[Row]:
    """One order with its fill, from preview to booking, the journal in memory."""
    return compare(
        "order with simulated fill, preview to booking",
        lambda: play_round_trips(pace.calls(10)),
        Against("Nautilus, market order with fill", peers.nautilus.job("order_with_fill"), Goal(ratio=0.05)),
        pace=pace,
    )


def _run(house: House, trader: Trader) -> float:
    began = time.perf_counter_ns()
    run_house(house, trader, SessionRecorder())
    return (time.perf_counter_ns() - began) / 1000


def _session() -> Session:
    session = session_on(date(2026, 11, 20))
    if session is None:
        raise RuntimeError("the benchmark's day is no session")
    return session


def _recorded(session: Session, bars: list[CentBar]) -> RecordedDay:
    found = []
    for bar in bars:
        start = session.opens + bar.minute * _MINUTE
        opened, high, low, close = (Decimal(cents).scaleb(-2) for cents in (bar.open, bar.high, bar.low, bar.close))
        found.append(Bar(SPY, start, start + _MINUTE, opened, high, low, close, Decimal(bar.volume)))
    return RecordedDay(
        underlying=SPY,
        session=session,
        interval=_MINUTE,
        bars=tuple(found),
        quote_bars=(),
        options=None,
        source="bench",
        labels="start",
    )


def _breakout_trader(session: Session) -> Trader:
    """Asks at each bar's close and takes the first signal."""

    async def trade(floor: TradingFloor) -> None:
        for minute in range(1, session.minutes):
            await floor.timers.sleep_until(session.opens + minute * _MINUTE + timedelta(milliseconds=1))
            if floor.desk.groups:
                continue
            signal = await signal_of(floor, _STRATEGY)
            answer = await preview_strategy(floor, "bench", _STRATEGY, {}) if signal and signal.present else None
            if isinstance(answer, PreviewAnswer):
                await confirm(floor, "bench", answer.confirm_token, wait=timedelta(0))

    return trade
