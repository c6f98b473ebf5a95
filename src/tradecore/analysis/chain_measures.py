"""What a completed chain says as a whole: volatility at the money, expected move, skew."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from tradecore.analysis.completed_chain import CompletedChain
from tradecore.analysis.pricing import MINUTES_PER_YEAR

SKEW_DELTA: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class AtTheMoney:
    """
    The strike nearest the spot at which call and put both have an implied volatility.

    `iv` is the mean of the two, a fraction per root calendar year; `straddle` the sum of both mids in dollars.
    """

    strike: float
    iv: float
    straddle: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedMove:
    """
    How far the market expects the underlying to be from here at expiry, in dollars.

    `straddle` is the price of the at-the-money straddle: the expected absolute move. `one_sigma` is
    spot x iv x root(minutes / 525,600), the move of one standard deviation.
    """

    straddle: float
    one_sigma: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Skew:
    """Implied volatility of the put less that of the call at a delta of 0.25 without sign, and both, as fractions."""

    put_iv: float
    call_iv: float
    skew: float


def at_the_money(completed: CompletedChain) -> AtTheMoney | None:
    """The at-the-money strike; None without a spot, or while no strike has both volatilities."""
    if completed.spot is None:
        return None
    calls, strikes = completed.columns.calls, completed.columns.strikes
    known = np.isfinite(completed.iv)
    both = np.intersect1d(strikes[known & calls], strikes[known & ~calls])
    if not both.size:
        return None
    strike = both[np.argmin(np.abs(both - completed.spot))]
    rows = np.flatnonzero(strikes == strike)
    mids = (completed.chain.bid_cents[rows] + completed.chain.ask_cents[rows]) / 200.0
    return AtTheMoney(strike=float(strike), iv=float(completed.iv[rows].mean()), straddle=float(mids.sum()))


def expected_move(completed: CompletedChain) -> ExpectedMove | None:
    """The expected move; None while nothing at the money is known or no time is left."""
    found = at_the_money(completed)
    if found is None or completed.spot is None or completed.minutes is None:
        return None
    years = completed.minutes / MINUTES_PER_YEAR
    return ExpectedMove(straddle=found.straddle, one_sigma=completed.spot * found.iv * years**0.5)


def put_call_skew(completed: CompletedChain) -> Skew | None:
    """
    The skew at 25 delta, volatilities interpolated linearly in delta between the two contracts around it.

    None where either side has no known contract on one side of that delta.
    """
    put, call = _iv_at(completed, is_call=False), _iv_at(completed, is_call=True)
    return None if put is None or call is None else Skew(put_iv=put, call_iv=call, skew=put - call)


def _iv_at(completed: CompletedChain, *, is_call: bool) -> float | None:
    rows = np.flatnonzero((completed.columns.calls == is_call) & np.isfinite(completed.delta))
    deltas = np.abs(completed.delta[rows])
    order = np.argsort(deltas, kind="stable")
    deltas, ivs = deltas[order], completed.iv[rows][order]
    if not deltas.size or not deltas[0] <= SKEW_DELTA <= deltas[-1]:
        return None
    return float(np.interp(SKEW_DELTA, deltas, ivs))
