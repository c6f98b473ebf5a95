"""
How likely a plan wins if it is held to expiry, and what it makes at each price of its underlying, now and then.

Probabilities are risk-neutral: the underlying ends lognormally distributed around today's price without drift, on the
calendar's minutes to the close, with the volatility that the chain's own quotes imply at each break-even.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tradecore.analysis.contract_greeks import SAME_DAY_RATE, chain_deltas, minutes_to_expiry
from tradecore.analysis.normal import norm_cdf
from tradecore.analysis.pricing import MINUTES_PER_YEAR, black_scholes_price
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import OptionContract, Right
from tradecore.model.market import ContractGreeks
from tradecore.model.payoff import at_expiry, profit_at_expiry

Floats = NDArray[np.float64]
Units = Sequence[tuple[OptionContract, Decimal]]
Smile = Callable[[float], float]
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Rung:
    """Dollars a plan has made with its underlying at `spot`: at once (None: a volatility is unknown) and at expiry."""

    spot: Decimal
    now: Decimal | None
    expiry: Decimal


def smile_of(chain: OptionChain, spot: Decimal, now: datetime) -> Smile | None:
    """
    Volatility (fraction per year) at any price, from a chain's out-of-the-money quotes; None where none identifies one.

    Linear between strikes, flat beyond the outermost known ones.
    """
    volatility = chain_deltas(chain, spot, now).iv
    known: dict[float, float] = {}
    for row, contract in enumerate(chain.contracts):
        outside = contract.strike >= spot if contract.right is Right.CALL else contract.strike < spot
        if outside and np.isfinite(volatility[row]):
            known[float(contract.strike)] = float(volatility[row])
    if not known:
        return None
    strikes = sorted(known)
    values = [known[strike] for strike in strikes]
    return lambda price: float(np.interp(price, strikes, values))


def chance_below(price: float, spot: float, minutes: float, volatility: float) -> float:
    """Risk-neutral probability that the underlying ends below `price`."""
    if price <= 0:
        return 0.0
    deviation = volatility * math.sqrt(minutes / MINUTES_PER_YEAR)
    if deviation <= 0:
        return float(spot < price)
    return float(norm_cdf(math.log(price / spot) / deviation + deviation / 2))


def probability_of_profit(units: Units, cost: Decimal, spot: Decimal, now: datetime, smile: Smile) -> float | None:
    """
    Probability in [0, 1] that holdings which expire together end above their `cost` (dollars, fees in it).

    None once their last session has closed.
    """
    minutes = minutes_to_expiry(units[0][0], now)
    if not minutes:
        return None
    edges = list(at_expiry(units, cost).break_evens)
    below = [chance_below(float(edge), float(spot), minutes, smile(float(edge))) for edge in edges]
    bounds = [0.0, *below, 1.0]
    total = 0.0
    for index in range(len(bounds) - 1):
        if profit_at_expiry(units, cost, _inside(edges, index)) > 0:
            total += max(bounds[index + 1] - bounds[index], 0.0)
    return min(total, 1.0)


def _inside(edges: Sequence[Decimal], index: int) -> Decimal:
    """A price within the index-th stretch between break-evens."""
    if not edges:
        return Decimal(1)
    if index == 0:
        return edges[0] / 2
    return edges[-1] * 2 if index == len(edges) else (edges[index - 1] + edges[index]) / 2


def profit_ladder(
    units: Units, cost: Decimal, spots: Sequence[Decimal], greeks: Mapping[str, ContractGreeks], now: datetime
) -> tuple[Rung, ...]:
    """What holdings bought for `cost` dollars have made at each price: by Black-Scholes at once, exactly at expiry."""
    at_once = _values_now(units, spots, greeks, now)
    return tuple(
        Rung(
            spot=spot,
            now=None if at_once is None else _cents(Decimal(repr(float(at_once[row]))) - cost),
            expiry=_cents(profit_at_expiry(units, cost, spot)),
        )
        for row, spot in enumerate(spots)
    )


def _values_now(
    units: Units, spots: Sequence[Decimal], greeks: Mapping[str, ContractGreeks], now: datetime
) -> Floats | None:
    prices = np.array([float(spot) for spot in spots])
    total = np.zeros(len(spots))
    for contract, quantity in units:
        known, minutes = greeks.get(contract.symbol), minutes_to_expiry(contract, now)
        if known is None or known.iv is None or not minutes:
            return None
        call = contract.right is Right.CALL
        value = black_scholes_price(prices, float(contract.strike), minutes, SAME_DAY_RATE, known.iv, call)
        total += float(quantity) * contract.multiplier * value
    return total


def _cents(value: Decimal) -> Decimal:
    # Adding zero turns a negative one into zero itself.
    return value.quantize(_CENT) + 0
