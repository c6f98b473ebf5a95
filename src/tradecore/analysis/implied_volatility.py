"""Black-Scholes implied volatility, vectorised.

Method (our own arrangement of known parts): the out-of-the-money time value is normalised as in
`tradecore.analysis.normalised_black`. The start is the exact inverse of the arithmetic (Bachelier) model, a function of
one variable fitted below, corrected to first order for the lognormal model (Hagan et al., 2002).
Halley steps then solve ln(b / (bound - b)) = target, a logit that is close to linear in both wings, inside a bracket
that falls back to bisection. Two or three steps reach rounding accuracy.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from tradecore.analysis.normal import FloatArray
from tradecore.analysis.normalised_black import LARGEST_DEVIATION, value_and_gap_per_vega
from tradecore.analysis.pricing import MINUTES_PER_YEAR

# Below one hundredth of a cent of time value the price carries no usable information about volatility.
SMALLEST_TIME_VALUE = 0.0001

_MAX_STEPS = 80
# Halley steps converge cubically, so a step this small leaves an error far below rounding.
_LAST_STEP = 1e-6
_FIT_OFFSET = 1.3
_FIT_LOG_LIMIT = 36.0
_FIT_LOW = float(np.sqrt(_FIT_OFFSET))
_FIT_HIGH = float(np.sqrt(_FIT_LOG_LIMIT + _FIT_OFFSET))
# Bachelier inverse: moneyness in deviations per unit of (gap / (2 value + gap)); relative error below 4e-5.
_FIT_COEFFICIENTS = (
    3.84608481898,
    3.95410720762,
    -0.0871307970948,
    -0.0973596229703,
    0.143348831442,
    -0.321707860667,
    0.927675798184,
    -0.78948536163,
    -0.742584720462,
    1.19181051832,
    0.0314068814648,
    -0.489029292864,
    0.127391619784,
)


class Identified(IntEnum):
    """Whether a price has an implied volatility, and if not, why."""

    YES = 0
    NO_PRICE = 1
    NO_TERMS = 2
    NO_TIME_LEFT = 3
    BELOW_INTRINSIC = 4
    NO_TIME_VALUE = 5
    ABOVE_BOUND = 6


_CODES = tuple(
    np.int8(code)
    for code in (
        Identified.NO_PRICE,
        Identified.NO_TERMS,
        Identified.NO_TIME_LEFT,
        Identified.ABOVE_BOUND,
        Identified.BELOW_INTRINSIC,
        Identified.NO_TIME_VALUE,
    )
)


def identified(
    price: npt.ArrayLike,
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    minutes: npt.ArrayLike,
    rate: npt.ArrayLike,
    is_call: npt.ArrayLike,
) -> npt.NDArray[np.int8]:
    """Return the code of `Identified` of each element: YES exactly where `implied_volatility` is a number."""
    columns, shape = _columns(price, spot, strike, minutes, rate, is_call)
    return _gauged(*columns).code.reshape(shape)


def implied_volatility(
    price: npt.ArrayLike,
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    minutes: npt.ArrayLike,
    rate: npt.ArrayLike,
    is_call: npt.ArrayLike,
) -> FloatArray:
    """Return the volatility (fraction per root year) at which `black_scholes_price` equals `price`.

    Arguments broadcast; price, spot and strike in dollars, minutes in calendar minutes, rate a continuously compounded
    fraction per year. An element is NaN, never an error, when it has no identifiable volatility: price outside the
    no-arbitrage bounds, time value (price minus discounted intrinsic value) below SMALLEST_TIME_VALUE, no minutes
    left, a spot or strike that is not positive, or a non-finite input.
    """
    columns, shape = _columns(price, spot, strike, minutes, rate, is_call)
    found = _gauged(*columns)
    result = np.full(columns[0].shape, np.nan)
    chosen = np.flatnonzero(found.code == Identified.YES)
    if chosen.size:
        s, q = columns[1][chosen], found.discounted_strike[chosen]
        deviation = _solve_deviation(s, q, found.time_value[chosen], found.gap[chosen])
        result[chosen] = deviation / np.sqrt(found.years[chosen])
    return result.reshape(shape)


@dataclass(frozen=True, slots=True, eq=False)
class _Gauged:
    code: npt.NDArray[np.int8]
    discounted_strike: FloatArray
    years: FloatArray
    time_value: FloatArray
    gap: FloatArray


def _columns(*values: npt.ArrayLike) -> tuple[list[npt.NDArray[Any]], tuple[int, ...]]:
    numbers = [np.asarray(value, dtype=np.float64) for value in values[:-1]]
    arrays = np.broadcast_arrays(*numbers, np.asarray(values[-1], dtype=np.bool_))
    return [array.ravel() for array in arrays], arrays[0].shape


def _gauged(
    p: FloatArray, s: FloatArray, k: FloatArray, m: FloatArray, r: FloatArray, call: npt.NDArray[np.bool_]
) -> _Gauged:
    with np.errstate(all="ignore"):
        years = m / MINUTES_PER_YEAR
        q = k * np.exp(-r * years)
        time_value = p - np.maximum(np.where(call, s - q, q - s), 0.0)
        gap = np.minimum(s, q) - time_value
        known = np.isfinite(s) & np.isfinite(q) & np.isfinite(years) & (s > 0.0) & (k > 0.0)
        problems = (
            ~np.isfinite(p),
            ~known,
            ~(years > 0.0),
            ~(gap > 0.0),
            time_value < 0.0,
            ~(time_value >= SMALLEST_TIME_VALUE),
        )
    code = np.select(problems, _CODES, default=np.int8(Identified.YES)).astype(np.int8)
    return _Gauged(code, q, years, time_value, gap)


def _solve_deviation(s: FloatArray, q: FloatArray, time_value: FloatArray, gap: FloatArray) -> FloatArray:
    x = -np.abs(np.log(s / q))
    target = np.log(time_value / gap)
    scale = np.sqrt(s * q)
    guess = _bachelier_start(x, np.abs(s - q) / scale, time_value / scale)
    low, high = np.zeros_like(x), np.full_like(x, LARGEST_DEVIATION)
    result = np.full_like(x, np.nan)
    active = np.arange(x.size)
    for _ in range(_MAX_STEPS):
        error, halley = _halley_step(x, guess, target)
        low, high = np.where(error < 0.0, guess, low), np.where(error < 0.0, high, guess)
        proposed = guess - halley
        inside = (proposed > low) & (proposed < high)
        # A step that no longer changes the last digits may land on the bracket edge; it has converged all the same.
        done = np.abs(halley) <= _LAST_STEP * guess
        proposed = np.where(inside | done, proposed, 0.5 * (low + high))
        result[active[done]] = proposed[done]
        if done.all():
            break
        left = ~done
        active, x, target = active[left], x[left], target[left]
        guess, low, high = proposed[left], low[left], high[left]
    return result


def _halley_step(x: FloatArray, s: FloatArray, target: FloatArray) -> tuple[FloatArray, FloatArray]:
    value, gap = value_and_gap_per_vega(x, s)
    with np.errstate(all="ignore"):
        error = np.log(value / gap) - target
        newton = error / (1.0 / value + 1.0 / gap)
        curvature = (x / s) ** 2 / s - 0.25 * s - 1.0 / value + 1.0 / gap
        # The damping bound keeps Halley's correction within a factor two of Newton far from the root.
        step = newton / np.clip(1.0 - 0.5 * newton * curvature, 0.5, 2.0)
    return error, step


def _bachelier_start(x: FloatArray, gap: FloatArray, value: FloatArray) -> FloatArray:
    log_ratio = np.minimum(np.log1p(0.5 * gap / value), _FIT_LOG_LIMIT)
    t = (2.0 * np.sqrt(log_ratio + _FIT_OFFSET) - _FIT_LOW - _FIT_HIGH) / (_FIT_HIGH - _FIT_LOW)
    total = np.full_like(t, _FIT_COEFFICIENTS[-1])
    for coefficient in _FIT_COEFFICIENTS[-2::-1]:
        total *= t
        total += coefficient
    normal = (2.0 * value + gap) / total
    lognormal = np.where(gap > 0.0, -x / np.where(gap > 0.0, gap, 1.0), 1.0)
    result: FloatArray = np.minimum(normal * lognormal * (1.0 + normal * normal / 24.0), 0.5 * LARGEST_DEVIATION)
    return result
