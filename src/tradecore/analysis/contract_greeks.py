"""Implied volatility and greeks of quoted contracts near expiry, on the minutes clock."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tradecore.analysis.implied_volatility import implied_volatility
from tradecore.analysis.pricing import greeks
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import OptionContract, Right
from tradecore.model.market import ContractGreeks, Quote
from tradecore.model.sessions import session_on

Floats = NDArray[np.float64]

# Interest over the minutes of one session moves a same-day option by less than a hundredth of a cent.
SAME_DAY_RATE: Final = 0.0
_MOVE: Final = 0.01


@dataclass(frozen=True, slots=True)
class ChainDeltas:
    """Implied volatility (fraction per year) and delta of each row of a chain; NaN where the quote identifies none."""

    iv: Floats
    delta: Floats


def minutes_to_expiry(contract: OptionContract, now: datetime) -> float | None:
    """Minutes of calendar time until the close of the contract's last session; None when that day has no session."""
    session = session_on(contract.expiry)
    return None if session is None else max((session.closes - now).total_seconds() / 60, 0.0)


def chain_deltas(chain: OptionChain, spot: Decimal, now: datetime) -> ChainDeltas:
    """Volatility and delta of every contract from its mid; a one-sided or crossed row has none."""
    minutes = minutes_to_expiry(chain.contracts[0], now) if len(chain) else None
    if minutes is None:
        empty = np.full(len(chain), np.nan)
        return ChainDeltas(iv=empty, delta=empty)
    strikes = np.array([float(c.strike) for c in chain.contracts])
    calls = np.array([c.right is Right.CALL for c in chain.contracts])
    usable = (chain.bid_cents > 0) & (chain.ask_cents >= chain.bid_cents)
    mid = np.where(usable, (chain.bid_cents + chain.ask_cents) / 200.0, np.nan)
    iv = implied_volatility(mid, float(spot), strikes, minutes, SAME_DAY_RATE, calls)
    known = np.isfinite(iv)
    column = greeks(float(spot), strikes, minutes, SAME_DAY_RATE, np.where(known, iv, 1.0), calls)
    return ChainDeltas(iv=iv, delta=np.where(known, column.delta, np.nan))


def contract_greeks(quote: Quote, underlying: Quote | None, now: datetime) -> ContractGreeks:
    """Greeks of one quoted option per share; all None with the reason where the quotes do not identify them."""
    contract = quote.instrument
    if not isinstance(contract, OptionContract):
        return ContractGreeks(contract, None, None, None, None, None, iv_reason="not an option")
    reason, spot, mid, minutes = _inputs(quote, underlying, contract, now)
    if reason:
        return ContractGreeks(contract, None, None, None, None, None, iv_reason=reason)
    call = contract.right is Right.CALL
    strike = float(contract.strike)
    iv = float(implied_volatility(mid, spot, strike, minutes, SAME_DAY_RATE, call))
    if not np.isfinite(iv):
        why = "the price is intrinsic value only: no volatility can be read from it"
        return ContractGreeks(contract, None, None, None, None, None, iv_reason=why)
    spots = np.array([spot, spot * (1 + _MOVE), spot * (1 - _MOVE)])
    column = greeks(spots, strike, minutes, SAME_DAY_RATE, iv, call)
    return ContractGreeks(
        instrument=contract,
        iv=iv,
        delta=float(column.delta[0]),
        gamma=float(column.gamma[0]),
        theta_per_minute=float(column.theta_per_minute[0]),
        vega_per_point=float(column.vega_per_point[0]),
        delta_after_rise=float(column.delta[1]),
        delta_after_fall=float(column.delta[2]),
    )


def _inputs(
    quote: Quote,
    underlying: Quote | None,
    contract: OptionContract,
    now: datetime,
) -> tuple[str | None, float, float, float]:
    spot = underlying.mid if underlying else None
    minutes = minutes_to_expiry(contract, now)
    if quote.mid is None or quote.is_crossed:
        return "no two-sided quote", 0.0, 0.0, 0.0
    if spot is None:
        return f"no two-sided quote of {contract.root}", 0.0, 0.0, 0.0
    if minutes is None or minutes <= 0:
        return "the contract has no time left", 0.0, 0.0, 0.0
    return None, float(spot), float(quote.mid), minutes
