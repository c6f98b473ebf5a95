"""What holdings gain or lose at once if the underlying moves, volatility and time standing still."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from tradecore.analysis.contract_greeks import SAME_DAY_RATE, minutes_to_expiry
from tradecore.analysis.pricing import black_scholes_price
from tradecore.model.instruments import Instrument, OptionContract, Right
from tradecore.model.market import ContractGreeks

Floats = NDArray[np.float64]
Holding = tuple[Instrument, Decimal]


def changes_in_value(
    holdings: Sequence[Holding],
    moves: Sequence[float],
    spot: float,
    greeks: Mapping[str, ContractGreeks],
    now: datetime,
) -> Floats | None:
    """
    Dollars gained if the underlying moves by each fraction of `moves` from `spot`; None where a volatility is unknown.

    Options are revalued by Black-Scholes at their own implied volatility, shares move with the underlying.
    """
    spots = spot * (1 + np.array([0.0, *moves]))
    total = np.zeros(len(moves))
    for instrument, quantity in holdings:
        values = _values(instrument, spots, greeks, now)
        if values is None:
            return None
        total += float(quantity) * instrument.multiplier * (values[1:] - values[0])
    return total


def _values(
    instrument: Instrument, spots: Floats, greeks: Mapping[str, ContractGreeks], now: datetime
) -> Floats | None:
    if not isinstance(instrument, OptionContract):
        return spots
    known = greeks.get(instrument.symbol)
    minutes = minutes_to_expiry(instrument, now)
    if known is None or known.iv is None or not minutes:
        return None
    call = instrument.right is Right.CALL
    return black_scholes_price(spots, float(instrument.strike), minutes, SAME_DAY_RATE, known.iv, call)
