"""What holdings gain or lose at once if the underlying moves, volatility and time standing still."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from tradecore.analysis.contract_greeks import SAME_DAY_RATE, minutes_to_expiry
from tradecore.analysis.pricing import black_scholes_price
from tradecore.model.instruments import Instrument, OptionContract, Right
from tradecore.model.market import ContractGreeks

Holding = tuple[Instrument, Decimal]


def change_in_value(
    holdings: Sequence[Holding],
    move: float,
    spot: float,
    greeks: Mapping[str, ContractGreeks],
    now: datetime,
) -> float | None:
    """
    Dollars gained if the underlying moves by the fraction `move` from `spot`; None where a volatility is not known.

    Options are revalued by Black-Scholes at their own implied volatility, shares move with the underlying.
    """
    total = 0.0
    for instrument, quantity in holdings:
        per_unit = _per_unit(instrument, move, spot, greeks, now)
        if per_unit is None:
            return None
        total += float(quantity) * instrument.multiplier * per_unit
    return total


def _per_unit(
    instrument: Instrument, move: float, spot: float, greeks: Mapping[str, ContractGreeks], now: datetime
) -> float | None:
    if not isinstance(instrument, OptionContract):
        return spot * move
    known = greeks.get(instrument.symbol)
    minutes = minutes_to_expiry(instrument, now)
    if known is None or known.iv is None or not minutes:
        return None
    call, strike = instrument.right is Right.CALL, float(instrument.strike)
    moved = black_scholes_price(spot * (1 + move), strike, minutes, SAME_DAY_RATE, known.iv, call)
    still = black_scholes_price(spot, strike, minutes, SAME_DAY_RATE, known.iv, call)
    return float(moved) - float(still)
