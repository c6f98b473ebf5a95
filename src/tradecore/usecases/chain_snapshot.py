"""A completed chain as JSON: what other processes read."""

from typing import Any, Final

import numpy as np

from tradecore.analysis.completed_chain import IV_REASONS, CompletedChain, Floats

SNAPSHOT_SCHEMA: Final = 1


def chain_snapshot(completed: CompletedChain, number: int) -> dict[str, Any]:
    """
    The chain as columns of equal length, calls before puts, by strike; null where there is nothing.

    `number` counts a desk's snapshots. Prices are dollars a share, times RFC 3339 (`at`, `chain_at`) and microseconds
    since 1970 (`quoted_us`), figures as `CompletedChain` defines them, `iv_reason` a code that `iv_reasons` spells out.
    """
    chain = completed.chain
    bids, asks = chain.bid_cents / 100.0, chain.ask_cents / 100.0
    return {
        "schema": SNAPSHOT_SCHEMA,
        "number": number,
        "underlying": chain.underlying,
        "expiry": chain.expiry.isoformat(),
        "at": completed.at.isoformat(),
        "chain_at": chain.at.isoformat(),
        "source": chain.source,
        "spot": completed.spot,
        "spot_at": None if completed.spot_at is None else completed.spot_at.isoformat(),
        "minutes_to_expiry": completed.minutes,
        "symbol": list(completed.columns.symbols),
        "strike": completed.columns.strikes.tolist(),
        "is_call": completed.columns.calls.tolist(),
        "bid": _column(np.where(chain.bid_cents > 0, bids, np.nan)),
        "ask": _column(np.where(chain.ask_cents > 0, asks, np.nan)),
        "bid_size": chain.bid_size.tolist(),
        "ask_size": chain.ask_size.tolist(),
        "quoted_us": completed.quoted_us.tolist(),
        "iv": _column(completed.iv),
        "iv_low": _column(completed.iv_low),
        "iv_high": _column(completed.iv_high),
        "iv_reason": completed.reason.tolist(),
        "delta": _column(completed.delta),
        "gamma": _column(completed.gamma),
        "theta_per_minute": _column(completed.theta_per_minute),
        "vega_per_point": _column(completed.vega_per_point),
        "iv_reasons": {
            str(code): IV_REASONS[code] for code in np.unique(completed.reason).tolist() if code in IV_REASONS
        },
    }


def _column(values: Floats) -> list[float | None]:
    known = values.astype(object)
    known[np.isnan(values)] = None
    result: list[float | None] = known.tolist()
    return result
