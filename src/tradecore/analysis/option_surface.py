"""The simulated same-day expiry chain: a seeded volatility smile, model prices and two-sided quotes.

Contracts are numbered: index i < n is the call at strike i, index n + i the put at strike i. The smile is a
parabola-like SVI slice (J. Gatheral, "The Volatility Surface", 2006) in moneyness measured in at-the-money deviations,
so that wings steepen as expiry nears while prices stay monotone and convex in strike. Call and put share one
volatility, hence model prices obey put-call parity exactly.

Every quote is a pure function of (seed, contract index, spot, minutes, step); see `tradecore.analysis.hash_noise`.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from tradecore.analysis.hash_noise import bits_array, bits_at, stream_key
from tradecore.analysis.pricing import MINUTES_PER_YEAR, black_scholes_price

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]

SMALLEST_QUOTE_SIZE = 5
LARGEST_QUOTE_SIZE = 300

_SMILE_GAIN, _SMILE_SKEW, _SMILE_WIDTH = 0.55, -0.35, 1.0
_SMILE_FLOOR_MINUTES = 1.0
_OPEN_RUSH_SECONDS = 180.0
_CLOSE_RUSH_MINUTES = 30.0
_SHIFT_CENTS = 0.2
# The scalar and the array formulas agree to about 1e-9 cents; nearer than this to a whole cent they might round apart.
_ROUNDING_GUARD = 1e-6
_MOST_A_MINUTE, _VOLUME_DECAY = 90.0, 250.0
_SQRT_HALF = math.sqrt(0.5)
_SIZE_SPAN = LARGEST_QUOTE_SIZE - SMALLEST_QUOTE_SIZE + 1
_FIELD = 0xFFFF


class ContractQuote(NamedTuple):
    """The quote of one contract: prices in cents, sizes in contracts; a bid of 0 with size 0 means no bid."""

    bid_cents: int
    ask_cents: int
    bid_size: int
    ask_size: int


class ChainQuotes(NamedTuple):
    """The quotes of the chain: int64 arrays over contract indices (calls, then puts), units as ContractQuote."""

    bid_cents: IntArray
    ask_cents: IntArray
    bid_size: IntArray
    ask_size: IntArray


class OptionSurface:
    """A same-day expiry chain that belongs to a seed.

    Common arguments: spot in dollars (> 0); minutes to expiry as a float in calendar minutes (>= 0); step, the whole
    seconds since the session open (>= 0). An impossible spot or minutes raises ValueError.
    """

    __slots__ = ("_level", "_phases", "_rate", "_seed", "_strike_list", "is_call", "strikes_dollars")

    def __init__(self, *, seed: int, strikes_dollars: Sequence[float] | FloatArray, rate: float = 0.04) -> None:
        """Take the strikes in dollars (strictly increasing, positive) and the continuously compounded yearly rate.

        Raises ValueError for a negative seed or for strikes that are empty, not positive or not increasing.
        """
        strikes = np.array(strikes_dollars, dtype=np.float64)
        if seed < 0:
            raise ValueError("seed must not be negative")
        if strikes.ndim != 1 or not strikes.size or strikes[0] <= 0.0 or np.any(np.diff(strikes) <= 0.0):
            raise ValueError("strikes must be a non-empty, positive, strictly increasing sequence")
        stream = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 4])))
        self._seed = seed
        self._rate = rate
        self._level = float(stream.uniform(0.15, 0.21))
        self._phases = tuple(float(phase) for phase in stream.uniform(0.0, 2.0 * math.pi, size=2))
        self.strikes_dollars: FloatArray = np.concatenate((strikes, strikes))
        self.is_call: npt.NDArray[np.bool_] = np.arange(2 * strikes.size) < strikes.size
        self._strike_list: list[float] = self.strikes_dollars.tolist()
        self.strikes_dollars.setflags(write=False)
        self.is_call.setflags(write=False)

    def at_the_money_volatility(self, step: int) -> float:
        """Return the volatility (fraction per root calendar year) at the spot; periods of 75 and 150 minutes."""
        slow = math.sin(step / 9000.0 * 2.0 * math.pi + self._phases[0])
        fast = math.sin(step / 4500.0 * 2.0 * math.pi + self._phases[1])
        return self._level * (1.0 + 0.08 * slow + 0.03 * fast)

    def volatilities(self, spot: float, minutes: float, step: int) -> FloatArray:
        """Return the volatility of every contract (fraction per root calendar year), shape (2 n,)."""
        _check(spot, minutes)
        level = self.at_the_money_volatility(step)
        y = np.log(self.strikes_dollars / spot) / _smile_unit(level, minutes)
        bend = _SMILE_SKEW * y + np.sqrt(y * y + _SMILE_WIDTH * _SMILE_WIDTH) - _SMILE_WIDTH
        result: FloatArray = level * np.sqrt(1.0 + _SMILE_GAIN * bend)
        return result

    def model_prices(self, spot: float, minutes: float, step: int) -> FloatArray:
        """Return the model value of every contract in dollars, shape (2 n,)."""
        volatilities = self.volatilities(spot, minutes, step)
        return black_scholes_price(spot, self.strikes_dollars, minutes, self._rate, volatilities, self.is_call)

    def quote_arrays(self, spot: float, minutes: float, step: int) -> ChainQuotes:
        """Return the quotes of every contract, shape (2 n,) each; bid < ask and ask >= 1 cent everywhere."""
        dollars = self.model_prices(spot, minutes, step)
        intrinsic = np.maximum(np.where(self.is_call, spot - self.strikes_dollars, self.strikes_dollars - spot), 0.0)
        bits = bits_array(stream_key(self._seed, step), dollars.size)
        rush = _rush(minutes, step)
        half = (
            (0.3 + 0.2 * np.minimum(dollars, 1.0))
            + 0.25 * np.maximum(dollars - 3.0, 0.0) * (0.85 + 0.3 * _fraction_array(bits, 16))
            + 0.2 * np.maximum(intrinsic - 2.0, 0.0)
        ) * rush
        centre = 100.0 * dollars + _SHIFT_CENTS * (2.0 * _fraction_array(bits, 0) - 1.0)
        bid = np.maximum(np.floor(centre - half), 0.0).astype(np.int64)
        ask = np.maximum(np.ceil(centre + half), 1.0).astype(np.int64)
        return ChainQuotes(bid, ask, np.where(bid > 0, _size_array(bits, 32), 0), _size_array(bits, 48))

    def volumes(self, spot: float, step: int) -> IntArray:
        """Return the contracts traded since the open in every contract, shape (2 n,): most near the money."""
        bits = bits_array(stream_key(self._seed, 0), self.strikes_dollars.size)
        nearness = np.exp(-np.abs(self.strikes_dollars / spot - 1.0) * _VOLUME_DECAY)
        a_minute = _MOST_A_MINUTE * nearness * (0.5 + _fraction_array(bits, 0))
        return np.floor(a_minute * step / 60.0).astype(np.int64)

    def quote_one(self, index: int, spot: float, minutes: float, step: int) -> ContractQuote:
        """Return the quote of one contract, equal to entry `index` of `quote_arrays`, at a fraction of the time.

        Raises IndexError when the index is not one of the 2 n contracts.
        """
        if index < 0:
            raise IndexError("contract index must not be negative")
        strike = self._strike_list[index]
        _check(spot, minutes)
        side = 1.0 if 2 * index < len(self._strike_list) else -1.0
        dollars = self._scalar_price(strike, side, spot, minutes, step)
        bits = bits_at(stream_key(self._seed, step), index)
        half = (
            (0.3 + 0.2 * min(dollars, 1.0))
            + 0.25 * max(dollars - 3.0, 0.0) * (0.85 + 0.3 * (bits >> 16 & _FIELD) / _FIELD)
            + 0.2 * max(max(side * (spot - strike), 0.0) - 2.0, 0.0)
        ) * _rush(minutes, step)
        centre = 100.0 * dollars + _SHIFT_CENTS * (2.0 * (bits & _FIELD) / _FIELD - 1.0)
        low, high = centre - half, centre + half
        if abs(low - round(low)) < _ROUNDING_GUARD or abs(high - round(high)) < _ROUNDING_GUARD:
            chain = self.quote_arrays(spot, minutes, step)
            return ContractQuote(*(int(column[index]) for column in chain))
        bid = max(math.floor(low), 0)
        bid_size = SMALLEST_QUOTE_SIZE + (bits >> 32 & _FIELD) * _SIZE_SPAN // (_FIELD + 1) if bid > 0 else 0
        ask_size = SMALLEST_QUOTE_SIZE + (bits >> 48 & _FIELD) * _SIZE_SPAN // (_FIELD + 1)
        return ContractQuote(bid, max(math.ceil(high), 1), bid_size, ask_size)

    def _scalar_price(self, strike: float, side: float, spot: float, minutes: float, step: int) -> float:
        level = self.at_the_money_volatility(step)
        y = math.log(strike / spot) / _smile_unit(level, minutes)
        bend = _SMILE_SKEW * y + math.sqrt(y * y + _SMILE_WIDTH * _SMILE_WIDTH) - _SMILE_WIDTH
        years = minutes / MINUTES_PER_YEAR
        deviation = level * math.sqrt(1.0 + _SMILE_GAIN * bend) * math.sqrt(years)
        discounted = strike * math.exp(-self._rate * years)
        if deviation <= 0.0:
            return max(side * (spot - discounted), 0.0)
        d1 = math.log(spot / discounted) / deviation + 0.5 * deviation
        upper = 0.5 * math.erfc(-side * d1 * _SQRT_HALF)
        lower = 0.5 * math.erfc(-side * (d1 - deviation) * _SQRT_HALF)
        return side * (spot * upper - discounted * lower)


def _check(spot: float, minutes: float) -> None:
    if not spot > 0.0 or not minutes >= 0.0:
        raise ValueError("spot must be positive and minutes must not be negative")


def _smile_unit(level: float, minutes: float) -> float:
    return level * math.sqrt(max(minutes, _SMILE_FLOOR_MINUTES) / MINUTES_PER_YEAR)


def _rush(minutes: float, step: int) -> float:
    opening = max(1.0 - step / _OPEN_RUSH_SECONDS, 0.0)
    closing = max(1.0 - minutes / _CLOSE_RUSH_MINUTES, 0.0)
    return 1.0 + 2.0 * opening + closing


def _fraction_array(bits: npt.NDArray[np.uint64], shift: int) -> FloatArray:
    result: FloatArray = (bits >> np.uint64(shift) & np.uint64(_FIELD)).astype(np.float64) / _FIELD
    return result


def _size_array(bits: npt.NDArray[np.uint64], shift: int) -> IntArray:
    field = (bits >> np.uint64(shift) & np.uint64(_FIELD)).astype(np.int64)
    return SMALLEST_QUOTE_SIZE + field * _SIZE_SPAN // (_FIELD + 1)
