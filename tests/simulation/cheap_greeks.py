"""
Greeks of the light market by its own formula, in place of the solver that reads a volatility out of a quote.

The solver is half of a session's time and no part of what these sessions prove; its figures have tests of their own.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from unittest.mock import patch

import numpy as np
from tests.simulation.light_market import VOLATILITY, deviation, normal

from tradecore.analysis.contract_greeks import ChainDeltas
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import OptionContract, Right
from tradecore.model.market import ContractGreeks, Quote
from tradecore.model.sessions import session_on


@contextmanager
def cheap_greeks() -> Iterator[None]:
    """Let the views of the market take their greeks from here."""
    with (
        patch("tradecore.usecases.views.contract_greeks", _contract_greeks),
        patch("tradecore.usecases.views.chain_deltas", _chain_deltas),
    ):
        yield


def _contract_greeks(quote: Quote, underlying: Quote | None, now: datetime) -> ContractGreeks:
    contract = quote.instrument
    spot = underlying.mid if underlying is not None else None
    session = session_on(contract.expiry) if isinstance(contract, OptionContract) else None
    if not isinstance(contract, OptionContract) or quote.problem or spot is None or session is None:
        return ContractGreeks(contract, None, None, None, None, None, iv_reason="no two-sided quote")
    minutes = (session.closes - now).total_seconds() / 60
    middle, rise, fall = (_delta(contract, float(spot) * factor, minutes) for factor in (1.0, 1.01, 0.99))
    return ContractGreeks(contract, VOLATILITY, middle, 0.05, -0.002, 0.1, delta_after_rise=rise, delta_after_fall=fall)


def _chain_deltas(chain: OptionChain, _spot: Decimal, _now: datetime) -> ChainDeltas:
    # The strategies of these sessions name their strikes and look at no delta.
    unknown = np.full(len(chain), np.nan)
    return ChainDeltas(iv=unknown, delta=unknown)


def _delta(contract: OptionContract, spot: float, minutes: float) -> float:
    spread = deviation(minutes)
    call = normal(math.log(spot / float(contract.strike)) / spread + spread / 2)
    return call if contract.right is Right.CALL else call - 1
