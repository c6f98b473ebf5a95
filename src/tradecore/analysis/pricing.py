"""Black-Scholes value and sensitivities of European-style options on a clock that counts minutes.

Source of the formulas: F. Black and M. Scholes, "The Pricing of Options and Corporate Liabilities" (1973), without
dividends. Time is calendar time: a year has 525,600 minutes and nights, weekends and holidays count.

Shapes: every argument may be a scalar or an array; they broadcast together and results have the broadcast shape.
Units: spot, strike and value in dollars; minutes in calendar minutes; rate as a continuously compounded fraction per
year; volatility as a fraction per square root of a year (0.2 = 20 %).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tradecore.analysis.normal import FloatArray, norm_cdf, norm_pdf
from tradecore.analysis.normalised_black import SMALLEST_DEVIATION, normalised_value

MINUTES_PER_YEAR = 525_600
MINUTES_PER_DAY = 1_440
_VOLATILITY_POINT = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Greeks:
    """Sensitivities of the option value, each an array of the broadcast shape.

    delta: dollars per dollar of spot. gamma: delta per dollar of spot. theta_per_minute and theta_per_day: dollars
    gained per calendar minute and per 1,440 of them as time passes (negative for a decaying option), being the
    instantaneous slope. vega_per_point: dollars per volatility point (0.01).
    """

    delta: FloatArray
    gamma: FloatArray
    theta_per_minute: FloatArray
    theta_per_day: FloatArray
    vega_per_point: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Terms:
    spot: FloatArray
    discounted_strike: FloatArray
    years: FloatArray
    rate: FloatArray
    volatility: FloatArray
    is_call: npt.NDArray[np.bool_]


def black_scholes_price(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    minutes: npt.ArrayLike,
    rate: npt.ArrayLike,
    volatility: npt.ArrayLike,
    is_call: npt.ArrayLike,
) -> FloatArray:
    """Return the option value in dollars (shapes and units: see the module).

    At zero minutes the value is the intrinsic value; at zero volatility it is the discounted intrinsic value of the
    forward. NaN in any input gives NaN in that element.

    Raises ValueError when a spot or strike is not positive, or when minutes or volatility is negative.
    """
    terms = _checked_terms(spot, strike, minutes, rate, volatility, is_call)
    q = terms.discounted_strike
    x = -np.abs(np.log(terms.spot / q))
    deviation = terms.volatility * np.sqrt(terms.years)
    outer = np.sqrt(terms.spot * q) * normalised_value(x.ravel(), deviation.ravel()).reshape(x.shape)
    forward_gain = np.where(terms.is_call, terms.spot - q, q - terms.spot)
    result: FloatArray = outer + np.maximum(forward_gain, 0.0)
    return result


def greeks(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    minutes: npt.ArrayLike,
    rate: npt.ArrayLike,
    volatility: npt.ArrayLike,
    is_call: npt.ArrayLike,
) -> Greeks:
    """Return the sensitivities of `black_scholes_price` (same arguments, shapes, units and errors).

    Limits: at zero minutes, and at zero volatility, delta is the step of the (discounted) payoff with one half of the
    step exactly at the money, and gamma is zero, including at the money where its true limit is infinite. At zero
    minutes theta and vega are zero, since no time is left. At zero volatility vega keeps its limit, which is zero
    except exactly at the forward, and theta is the interest on the strike alone.
    """
    terms = _checked_terms(spot, strike, minutes, rate, volatility, is_call)
    root_years = np.sqrt(terms.years)
    deviation = terms.volatility * root_years
    d1, d2 = _standardised_moneyness(terms, deviation)
    density = norm_pdf(d1)
    side = np.where(terms.is_call, 1.0, -1.0)
    uncertain = deviation > SMALLEST_DEVIATION
    gamma = np.where(uncertain, density / (terms.spot * np.where(uncertain, deviation, 1.0)), 0.0)
    gamma = np.where(np.isnan(d1), np.nan, gamma)
    diffusion = 0.5 * gamma * terms.spot * terms.spot * terms.volatility * terms.volatility
    interest = side * terms.rate * terms.discounted_strike * norm_cdf(side * d2)
    per_year = np.where(terms.years > 0.0, -diffusion - interest, 0.0 * d1)
    return Greeks(
        delta=side * norm_cdf(side * d1),
        gamma=gamma,
        theta_per_minute=per_year / MINUTES_PER_YEAR,
        theta_per_day=per_year * (MINUTES_PER_DAY / MINUTES_PER_YEAR),
        vega_per_point=terms.spot * density * root_years * _VOLATILITY_POINT,
    )


def _standardised_moneyness(terms: _Terms, deviation: FloatArray) -> tuple[FloatArray, FloatArray]:
    log_moneyness = np.log(terms.spot / terms.discounted_strike)
    # A finite stand-in for infinity keeps products such as 0 * d1 free of NaN; the density at 1e300 is exactly zero.
    certain = np.sign(log_moneyness) * 1e300
    uncertain = deviation > SMALLEST_DEVIATION
    centre = np.where(uncertain, log_moneyness / np.where(uncertain, deviation, 1.0), certain)
    centre = np.where(np.isnan(deviation), np.nan, centre)
    return centre + 0.5 * deviation, centre - 0.5 * deviation


def _checked_terms(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    minutes: npt.ArrayLike,
    rate: npt.ArrayLike,
    volatility: npt.ArrayLike,
    is_call: npt.ArrayLike,
) -> _Terms:
    numbers = [np.asarray(value, dtype=np.float64) for value in (spot, strike, minutes, rate, volatility)]
    s, k, m, r, v, call = np.broadcast_arrays(*numbers, np.asarray(is_call, dtype=np.bool_))
    if np.any(s <= 0.0) or np.any(k <= 0.0):
        raise ValueError("spot and strike must be positive")
    if np.any(m < 0.0) or np.any(v < 0.0):
        raise ValueError("minutes and volatility must not be negative")
    years = m / MINUTES_PER_YEAR
    return _Terms(
        spot=s, discounted_strike=k * np.exp(-r * years), years=years, rate=r, volatility=v, is_call=call.astype(bool)
    )
