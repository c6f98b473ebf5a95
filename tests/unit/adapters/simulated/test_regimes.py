"""Kinds of days are what they say, and the same for the same seed."""

from datetime import date, timedelta

import numpy as np
import pytest

from adapters.simulated.market import SimulatedMarket
from adapters.simulated.price_path import PricePath, seeded_day
from adapters.simulated.regimes import Regime, bent
from adapters.simulated.virtual_time import VirtualClock, VirtualTimeLoop
from adapters.system.time import LoopTimers
from tradecore.model.instruments import Equity
from tradecore.model.sessions import session_on

SEEDS = pytest.mark.parametrize("seed", range(5))


def day(seed: int, regime: Regime) -> PricePath:
    return bent(seeded_day(seed=seed, session_minutes=390), regime, seed=seed, session_minutes=390)


@SEEDS
@pytest.mark.parametrize("regime", list(Regime))
def test_every_kind_is_a_market_that_can_be_traded(seed: int, regime: Regime) -> None:
    path, again = day(seed, regime), day(seed, regime)
    assert (path.ask_cents > path.bid_cents).all()
    assert ((path.bid_cents <= path.trade_cents) & (path.trade_cents <= path.ask_cents)).all()
    assert (path.bid_cents > 0).all()
    assert (np.diff(path.offset_ms) > 0).all()
    assert (path.bid_cents == again.bid_cents).all()


@SEEDS
def test_a_range_stays_near_the_open_a_trend_goes_away_and_a_crash_falls(seed: int) -> None:
    usual, narrow, trend, crash = (day(seed, r) for r in (Regime.USUAL, Regime.RANGE, Regime.TREND, Regime.CRASH))
    first = usual.bid_cents[0]

    def reach(path: PricePath) -> float:
        return float(np.abs(path.bid_cents - first).max() / first)

    assert reach(narrow) <= 0.5 * reach(usual) + 1e-4
    drift = (trend.bid_cents[-1] - usual.bid_cents[-1]) / first
    assert 0.008 <= abs(drift) <= 0.0151
    fallen = (crash.bid_cents - usual.bid_cents) / first
    assert -0.0451 <= fallen[-1] <= -0.025
    lowest = int(np.argmax(fallen <= fallen[-1] + 1e-5))
    begins = int(np.argmax(fallen < 0))
    assert (crash.offset_ms[lowest] - crash.offset_ms[begins]) / 60_000 <= 12.1


@SEEDS
def test_in_a_halt_nothing_is_quoted_for_minutes_and_what_is_known_grows_old(seed: int) -> None:
    path = day(seed, Regime.HALT)
    gaps = np.diff(path.offset_ms) / 60_000
    assert 5 <= gaps.max() <= 16.1
    at = int(np.argmax(gaps))
    session = session_on(date(2026, 11, 20))
    assert session is not None
    loop = VirtualTimeLoop()
    clock = VirtualClock(loop, session.opens)
    market = SimulatedMarket(
        seed=seed, underlying=Equity("SPY"), session=session, clock=clock, timers=LoopTimers(clock), regime=Regime.HALT
    )
    last = session.opens + timedelta(milliseconds=int(path.offset_ms[at]))
    loop.advance((last - session.opens).total_seconds() + 120)
    spy = market.quote_now(Equity("SPY"))
    chain = loop.run_until_complete(market.chain("SPY", session.day))
    assert spy is not None
    assert chain is not None
    assert spy.at == last
    assert clock.now() - chain.at > timedelta(seconds=110)
    option = market.quote_now(chain.contracts[0])
    assert option is not None
    assert option.at == chain.at
    loop.close()
