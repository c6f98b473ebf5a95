"""The normalised Black function shared by pricing and implied volatility.

With spot S, discounted strike Q = K exp(-rT), x = -|ln(S / Q)| <= 0 and total deviation s = volatility * sqrt(T), the
out-of-the-money option is worth sqrt(S Q) * b(x, s), where (P. Jaeckel, "Let's Be Rational", Wilmott 2015)

    b = exp(x/2) Phi(x/s + s/2) - exp(-x/2) Phi(x/s - s/2),    db/ds = phi(x/s + s/2) exp(x/2).

Dividing by db/ds cancels the Gaussian factor, which leaves differences of erfcx with full relative accuracy in the far
wings, where b itself underflows to noise if computed from two normal probabilities.
"""

import math

import numpy as np

from tradecore.analysis.normal import FloatArray, erfcx_of_positive

# Beyond this total deviation b equals its upper bound exp(x/2) to the last bit.
LARGEST_DEVIATION = 60.0
# Below this total deviation the outcome is certain, and (x / s)^2 would overflow.
SMALLEST_DEVIATION = 1e-150
_SQRT_HALF = math.sqrt(0.5)
_SQRT_HALF_PI = math.sqrt(0.5 * math.pi)
_INV_SQRT_TWO_PI = 1.0 / math.sqrt(2.0 * math.pi)
_EXP_LIMIT = 700.0


def value_and_gap_per_vega(x: FloatArray, s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return b / (db/ds) and (exp(x/2) - b) / (db/ds) for equal-shaped x <= 0 and 0 < s <= LARGEST_DEVIATION."""
    near = (x / s + 0.5 * s) * _SQRT_HALF
    far = near - x / s * (2.0 * _SQRT_HALF)
    size = near.size
    scaled = erfcx_of_positive(np.concatenate((np.abs(near), far)))
    scaled_near, scaled_far = scaled[:size], scaled[size:]
    reflected = 2.0 * np.exp(np.minimum(near * near, _EXP_LIMIT)) - scaled_near
    out = near < 0.0
    value = _SQRT_HALF_PI * (np.where(out, scaled_near, reflected) - scaled_far)
    gap = _SQRT_HALF_PI * (np.where(out, reflected, scaled_near) + scaled_far)
    return value, gap


def normalised_value(x: FloatArray, s: FloatArray) -> FloatArray:
    """Return b(x, s) for equal-shaped one-dimensional x <= 0 and s >= 0 (dimensionless); zero at no deviation."""
    positive = s > SMALLEST_DEVIATION
    deviation = np.minimum(np.where(positive, s, 1.0), LARGEST_DEVIATION)
    value, _ = value_and_gap_per_vega(x, deviation)
    exponent = -0.5 * ((x / deviation) ** 2 + 0.25 * deviation * deviation)
    vega = _INV_SQRT_TWO_PI * np.exp(exponent)
    bounded = np.clip(vega * value, 0.0, np.exp(0.5 * x))
    result: FloatArray = np.where(positive | np.isnan(s), bounded, 0.0)
    return result
