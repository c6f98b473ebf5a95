"""VWAP, realised volatility, expected move, skew and IV standing against hand arithmetic, numpy and scipy."""

import math
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
import scipy.stats

from tradecore.analysis.chain_measures import at_the_money, expected_move, put_call_skew
from tradecore.analysis.completed_chain import CompletedChain, complete
from tradecore.analysis.iv_standing import iv_standing
from tradecore.analysis.pricing import black_scholes_price
from tradecore.analysis.realised_volatility import close_to_close, parkinson
from tradecore.analysis.vwap import session_vwap
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import Right
from tradecore.model.market import Bar
from tradecore.testing.builders import SPY, TEN, TODAY, a_contract, a_quote, at


def a_bar(minute: int, opened: object, high: object, low: object, close: object, volume: int = 100) -> Bar:
    start = at("09:30") + timedelta(minutes=minute)
    first, top, bottom, last = (Decimal(str(price)) for price in (opened, high, low, close))
    return Bar(SPY, start, start + timedelta(minutes=1), first, top, bottom, last, Decimal(volume))


def random_bars(count: int) -> list[Bar]:
    random = np.random.default_rng(11)
    closes = np.round(600 * np.exp(np.cumsum(random.normal(0, 0.0004, count + 1))), 2)
    bars = []
    for minute in range(count):
        opened, close = closes[minute], closes[minute + 1]
        high, low = max(opened, close) + 0.13, min(opened, close) - 0.07
        bars.append(a_bar(minute, opened, round(high, 2), round(low, 2), close))
    return bars


def test_vwap_by_hand() -> None:
    # Typical prices 101 and 104 on volumes 300 and 100: (30300 + 10400) / 400.
    bars = [a_bar(0, "100", "102", "100", "101", 300), a_bar(1, "101", "106", "101", "105", 100)]
    assert session_vwap(bars) == Decimal("101.75")
    assert session_vwap([a_bar(0, "1", "1", "1", "1", 0)]) is None
    assert session_vwap([]) is None


def test_close_to_close_is_the_sample_deviation_of_log_returns() -> None:
    bars = random_bars(60)
    closes = np.array([float(bar.close) for bar in bars])
    per_minute = scipy.stats.tstd(np.diff(np.log(closes)))
    found = close_to_close(bars)
    assert found is not None
    assert found.minutes == 59
    assert found.trading == pytest.approx(per_minute * math.sqrt(252 * 390), rel=1e-12)
    assert found.calendar == pytest.approx(per_minute * math.sqrt(365 * 24 * 60), rel=1e-12)


def test_a_return_over_a_missing_minute_does_not_count() -> None:
    bars = random_bars(40)
    jumped = [*bars[:20], *bars[25:]]
    logs = [np.diff(np.log([float(bar.close) for bar in part])) for part in (bars[:20], bars[25:])]
    found = close_to_close(jumped)
    assert found is not None
    assert found.minutes == 33
    assert found.trading == pytest.approx(np.std(np.concatenate(logs), ddof=1) * math.sqrt(98_280), rel=1e-12)


def test_parkinson_by_its_formula() -> None:
    bars = random_bars(30)
    total = sum(math.log(float(bar.high) / float(bar.low)) ** 2 for bar in bars)
    found = parkinson(bars)
    assert found is not None
    assert found.trading == pytest.approx(math.sqrt(total / (4 * 30 * math.log(2)) * 98_280), rel=1e-12)


def test_parkinson_finds_the_volatility_a_fine_random_walk_was_made_with() -> None:
    random, minutes, steps = np.random.default_rng(3), 390, 2_000
    walk = np.cumsum(random.normal(0, 0.2 / math.sqrt(98_280 * steps), (minutes, steps)).ravel())
    bars = []
    for minute, part in enumerate(600_000 * np.exp(walk.reshape(minutes, steps))):
        bars.append(a_bar(minute, part[0], part.max(), part.min(), part[-1]))
    found = parkinson(bars)
    assert found is not None
    assert found.trading == pytest.approx(0.2, rel=0.06)


@pytest.mark.parametrize("bars", [[], random_bars(14), [a_bar(m, "1", "1", "0", "0") for m in range(40)]])
def test_too_few_minutes_or_no_prices_give_no_volatility(bars: list[Bar]) -> None:
    assert close_to_close(bars) is None
    assert parkinson(bars) is None


def a_smile_chain(strikes: range, spot: float = 670.0) -> CompletedChain:
    """Prices made from a known smile: 20 % at the money, a tenth of a point more for each dollar below."""
    contracts = tuple(a_contract(str(k), right) for right in (Right.CALL, Right.PUT) for k in strikes)
    ks = np.array([float(contract.strike) for contract in contracts])
    calls = np.arange(len(contracts)) < len(strikes)
    prices = black_scholes_price(spot, ks, 360.0, 0.0, 0.20 - 0.001 * (ks - 670), calls)
    cents = np.maximum(np.round(prices * 100), 1).astype(np.int64)
    ones = np.ones(len(contracts), dtype=np.int64)
    chain = OptionChain("SPY", TODAY, contracts, cents, cents, ones, ones, TEN, TEN, "test")
    return complete(chain, a_quote(SPY, f"{spot - 0.01:.2f}", f"{spot + 0.01:.2f}"), TEN)


def test_the_expected_move_is_the_straddle_and_one_deviation() -> None:
    completed = a_smile_chain(range(655, 686))
    found, move = at_the_money(completed), expected_move(completed)
    assert found is not None
    assert move is not None
    assert found.strike == 670.0
    assert found.iv == pytest.approx(0.20, abs=0.0005)
    sigma = 670 * 0.20 * math.sqrt(360 / 525_600)
    assert move.one_sigma == pytest.approx(sigma, rel=0.002)
    # A straddle at the money is worth root(2 / pi) of one deviation.
    assert move.straddle == pytest.approx(sigma * math.sqrt(2 / math.pi), rel=0.003)


def test_the_skew_is_the_smile_at_25_delta() -> None:
    found = put_call_skew(a_smile_chain(range(655, 686)))
    assert found is not None
    quantile = scipy.stats.norm.ppf(0.25)
    move = 0.2 * math.sqrt(360 / 525_600)
    low, high = (670 * math.exp(side * quantile * move) for side in (1, -1))
    assert found.put_iv == pytest.approx(0.20 - 0.001 * (low - 670), abs=0.0004)
    assert found.call_iv == pytest.approx(0.20 - 0.001 * (high - 670), abs=0.0004)
    assert found.skew == found.put_iv - found.call_iv


def test_what_the_chain_does_not_reach_is_not_known() -> None:
    narrow = a_smile_chain(range(669, 672))
    assert at_the_money(narrow) is not None
    assert put_call_skew(narrow) is None
    far = a_smile_chain(range(600, 606))
    assert at_the_money(far) is None
    assert expected_move(far) is None


def test_rank_and_percentile_by_hand() -> None:
    history = [0.10 + 0.01 * day for day in range(21)]
    found = iv_standing(0.205, history)
    assert found is not None
    assert found.rank == pytest.approx(100 * (0.205 - 0.10) / 0.20)
    assert found.percentile == pytest.approx(scipy.stats.percentileofscore(history, 0.205, kind="strict"))
    assert (found.low, found.days) == (0.10, 21)
    assert found.high == pytest.approx(0.30)
    beyond = iv_standing(0.40, history)
    assert beyond is not None
    assert beyond.rank == pytest.approx(150.0)
    assert beyond.percentile == 100.0


def test_only_the_last_252_days_count_and_20_are_needed() -> None:
    assert iv_standing(0.2, [0.1] * 10 + [0.3] * 9) is None
    assert iv_standing(0.2, [0.1] * 30) is None
    found = iv_standing(0.2, [9.0, *np.linspace(0.1, 0.3, 252)])
    assert found is not None
    assert found.high == pytest.approx(0.3)
    assert found.days == 252
