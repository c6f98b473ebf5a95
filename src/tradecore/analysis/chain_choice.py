"""Which rows of a chain somebody wants to see."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradecore.analysis.completed_chain import CompletedChain, Floats
from tradecore.model.instruments import Right

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainWish:
    """
    A part of a chain; every bound is included and None is no bound.

    Strikes in dollars; deltas without their sign, so that 0.25 to 0.35 finds calls and puts alike.
    """

    right: Right | None = None
    strike_from: float | None = None
    strike_to: float | None = None
    delta_from: float | None = None
    delta_to: float | None = None


def chosen_rows(completed: CompletedChain, wish: ChainWish) -> Rows:
    """Every row that fits, the strikes nearest to the spot first; without a spot in the chain's own order."""
    strikes = completed.columns.strikes
    fits = np.ones(len(completed), dtype=np.bool_)
    if wish.right is not None:
        fits &= completed.columns.calls == (wish.right is Right.CALL)
    fits &= _within(strikes, wish.strike_from, wish.strike_to)
    fits &= _within(np.abs(completed.delta), wish.delta_from, wish.delta_to)
    rows = np.flatnonzero(fits)
    if completed.spot is None:
        return rows
    return rows[np.argsort(np.abs(strikes[rows] - completed.spot), kind="stable")]


def nearest_delta(completed: CompletedChain, wish: ChainWish) -> int | None:
    """The row whose delta comes nearest to the wished range, all else as wished; None when no delta is known."""
    rows = chosen_rows(completed, ChainWish(right=wish.right, strike_from=wish.strike_from, strike_to=wish.strike_to))
    deltas = np.abs(completed.delta[rows])
    low = 0.0 if wish.delta_from is None else wish.delta_from
    high = 1.0 if wish.delta_to is None else wish.delta_to
    away = np.where(np.isnan(deltas), np.inf, np.maximum(np.maximum(low - deltas, deltas - high), 0.0))
    if not rows.size or not np.isfinite(away).any():
        return None
    return int(rows[np.argmin(away)])


def _within(values: Floats, low: float | None, high: float | None) -> NDArray[np.bool_]:
    fits = np.ones(values.shape, dtype=np.bool_)
    # A value that is not known is within no bounds.
    if low is not None:
        fits &= values >= low
    if high is not None:
        fits &= values <= high
    return fits
