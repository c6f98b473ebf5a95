"""A same-day chain drawn by hand: SPY at 670, strikes 660 to 680, prices that fall with distance."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np

from tradecore.model.chain import OptionChain
from tradecore.model.instruments import Right
from tradecore.model.sessions import session_on
from tradecore.strategies.strategy import StrategyFacts
from tradecore.testing.builders import SPY, TODAY, a_contract, a_quote, at

STRIKES = tuple(range(660, 681))


def worth(distance: int) -> int:
    """Cents bid for an option so many dollars out of the money: 150, 118, 92, 70, 52, 38, 28, 20, 14, 9, 6."""
    return (150, 118, 92, 70, 52, 38, 28, 20, 14, 9, 6)[max(distance, 0)] + 100 * max(-distance, 0)


def delta(distance: int) -> float:
    """0.50 at the money, 0.08 less a dollar out: 0.42, 0.34, 0.26, 0.18 …"""
    return max(0.50 - 0.08 * distance, 0.01)


def a_day_chain(volume: int | None = 500, bids: Mapping[tuple[Right, int], int] | None = None) -> OptionChain:
    """Calls, then puts; two cents between bid and ask; `bids` replace single bids (0: nobody bids)."""
    rows = [(Right.CALL, strike, strike - 670) for strike in STRIKES]
    rows += [(Right.PUT, strike, 670 - strike) for strike in STRIKES]
    cents = [(bids or {}).get((right, strike), worth(away)) for right, strike, away in rows]
    bid = np.array(cents, dtype=np.int64)
    sizes = np.full(len(rows), 50, dtype=np.int64)
    return OptionChain(
        underlying="SPY",
        expiry=TODAY,
        contracts=tuple(a_contract(str(strike), right) for right, strike, _ in rows),
        bid_cents=bid,
        ask_cents=np.array([worth(away) + 2 for _, _, away in rows], dtype=np.int64),
        bid_size=sizes,
        ask_size=sizes,
        at=at("10:30"),
        received_at=at("10:30"),
        source="test",
        volume=None if volume is None else np.full(len(rows), volume, dtype=np.int64),
    )


def day_facts(now: datetime | None = None, **changes: Any) -> StrategyFacts:
    """Half past ten with that chain."""
    now = now or at("10:30")
    session = session_on(TODAY)
    assert session is not None
    away = [strike - 670 for strike in STRIKES]
    deltas = [delta(one) for one in away] + [-delta(-one) for one in away]
    calm = StrategyFacts(
        now=now,
        session=session,
        underlying="SPY",
        quote=a_quote(SPY, "669.99", "670.01", now=now),
        bars=(),
        chain=a_day_chain(),
        deltas=np.array(deltas),
    )
    return replace(calm, **changes)
