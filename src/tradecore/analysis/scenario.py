"""What holdings gain or lose if the underlying moves, time passes and volatility changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from tradecore.analysis.contract_greeks import SAME_DAY_RATE, minutes_to_expiry
from tradecore.analysis.pricing import black_scholes_price, greeks
from tradecore.model.instruments import Instrument, OptionContract, Right
from tradecore.model.market import ContractGreeks

Floats = NDArray[np.float64]
Holding = tuple[Instrument, Decimal]
_POINT = 0.01


@dataclass(frozen=True, slots=True)
class Later:
    """How much later, in calendar minutes, and how many volatility points (0.01) higher for every contract."""

    minutes: float = 0.0
    iv_points: float = 0.0


AT_ONCE = Later()


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalGreeks:
    """Sensitivities of holdings together: delta and gamma in share-equivalents, theta and vega in dollars."""

    delta: float
    gamma: float
    theta_per_minute: float
    vega_per_point: float


def changes_in_value(
    holdings: Sequence[Holding],
    moves: Sequence[float],
    spot: float,
    known: Mapping[str, ContractGreeks],
    now: datetime,
    later: Later = AT_ONCE,
) -> Floats | None:
    """
    Dollars gained if the underlying moves by each fraction of `moves` from `spot`; None where a volatility is unknown.

    Options are revalued by Black-Scholes at their own implied volatility (changed by `later`), at their expiry and
    after it at intrinsic value; shares move with the underlying. The comparison is with their value now.
    """
    spots = spot * (1 + np.array(moves))
    total = np.zeros(len(moves))
    for instrument, quantity in holdings:
        if not isinstance(instrument, OptionContract):
            total += float(quantity) * instrument.multiplier * (spots - spot)
            continue
        terms = _terms(instrument, known, now)
        if terms is None:
            return None
        before = black_scholes_price(spot, *terms)
        after = black_scholes_price(spots, *_changed(terms, later))
        total += float(quantity) * instrument.multiplier * (after - before)
    return total


def total_greeks(
    holdings: Sequence[Holding],
    spot: float,
    known: Mapping[str, ContractGreeks],
    now: datetime,
    later: Later = AT_ONCE,
) -> TotalGreeks | None:
    """Greeks of holdings of one underlying at a price of it; None where a volatility is unknown."""
    sums = np.zeros(4)
    for instrument, quantity in holdings:
        size = float(quantity) * instrument.multiplier
        if not isinstance(instrument, OptionContract):
            sums[0] += size
            continue
        terms = _terms(instrument, known, now)
        if terms is None:
            return None
        found = greeks(spot, *_changed(terms, later))
        sums += size * np.array([found.delta, found.gamma, found.theta_per_minute, found.vega_per_point], dtype=float)
    delta, gamma, theta, vega = sums.tolist()
    return TotalGreeks(delta=delta, gamma=gamma, theta_per_minute=theta, vega_per_point=vega)


_Terms = tuple[float, float, float, float, bool]


def _terms(contract: OptionContract, known: Mapping[str, ContractGreeks], now: datetime) -> _Terms | None:
    """Strike, minutes left, rate, volatility and right, as the pricing functions take them."""
    found = known.get(contract.symbol)
    minutes = minutes_to_expiry(contract, now)
    if found is None or found.iv is None or not minutes:
        return None
    return float(contract.strike), minutes, SAME_DAY_RATE, found.iv, contract.right is Right.CALL


def _changed(terms: _Terms, later: Later) -> _Terms:
    strike, minutes, rate, iv, call = terms
    return strike, max(minutes - later.minutes, 0.0), rate, max(iv + later.iv_points * _POINT, 0.0), call
