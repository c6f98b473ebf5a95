"""A chain with what its quotes say of volatility: implied volatility with its interval, and greeks, column by column.

Clock: calendar minutes to the close of the contracts' last session, half days included. Rate: none, since the interest
of one session is below a hundredth of a cent. Every contract is computed here, also where a feed brings figures of its
own: those count days, and a same-day option has none left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tradecore.analysis.contract_greeks import SAME_DAY_RATE, minutes_to_expiry
from tradecore.analysis.implied_volatility import Identified, identified, implied_volatility
from tradecore.analysis.option_calculator import WHY_NOT_IDENTIFIED
from tradecore.analysis.pricing import greeks
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import OptionContract, Right
from tradecore.model.market import Quote

Floats = NDArray[np.float64]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class QuoteGap(IntEnum):
    """Why a row's quote has no mid; the numbers go on where those of `Identified` end."""

    NO_QUOTE = 10
    NO_BID = 11
    NO_ASK = 12
    CROSSED = 13
    NO_SPOT = 14
    NO_SESSION = 15


IV_REASONS: Final[Mapping[int, str]] = {int(code): text for code, text in WHY_NOT_IDENTIFIED.items()} | {
    QuoteGap.NO_QUOTE: "there is no quote",
    QuoteGap.NO_BID: "there is no bid",
    QuoteGap.NO_ASK: "there is no ask",
    QuoteGap.CROSSED: "the quote is crossed",
    QuoteGap.NO_SPOT: "the underlying has no two-sided quote",
    QuoteGap.NO_SESSION: "the exchange does not trade on the day of expiry",
}
"""What a reader is told of a contract without implied volatility, by the code of its row."""


@dataclass(frozen=True, slots=True, eq=False)
class ContractColumns:
    """Contracts as columns of n rows: strikes in dollars, whether each is a call, symbols, and the row of a symbol."""

    contracts: tuple[OptionContract, ...]
    symbols: tuple[str, ...]
    strikes: Floats
    calls: NDArray[np.bool_]
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompletedChain:
    """
    A chain and its figures, every column of n rows aligned with `chain`.

    `spot` is the underlying's mid in dollars at `spot_at`, None without one; `minutes` calendar minutes to expiry at
    `at` (UTC). `iv`, `iv_low` and `iv_high` (of mid, bid and ask) are fractions per root calendar year, NaN where not
    identified; `reason` is then the code in `IV_REASONS`, else 0. Delta, gamma (per dollar), theta (dollars a calendar
    minute) and vega (dollars a volatility point) are per share and NaN without `iv`. `quoted_us` is when each row's
    quote is known to have stood, in microseconds since 1970.
    """

    chain: OptionChain
    columns: ContractColumns
    spot: float | None
    spot_at: datetime | None
    minutes: float | None
    at: datetime
    iv: Floats
    iv_low: Floats
    iv_high: Floats
    reason: NDArray[np.int8]
    delta: Floats
    gamma: Floats
    theta_per_minute: Floats
    vega_per_point: Floats
    quoted_us: NDArray[np.int64]

    def __len__(self) -> int:
        """Number of contracts."""
        return len(self.chain)

    def ages_s(self, now: datetime) -> Floats:
        """Seconds since each row's quote stood."""
        result: Floats = (microseconds(now) - self.quoted_us) / 1e6
        return result

    def age_s(self, now: datetime) -> float:
        """Seconds since the whole chain is known to have stood."""
        return (now - self.chain.at).total_seconds()

    def reason_of(self, row: int) -> str | None:
        """Why a row has no implied volatility; None when it has one."""
        return IV_REASONS.get(int(self.reason[row]))


def microseconds(at: datetime) -> int:
    """An aware instant as microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def cents(price: Decimal | None, rounding: str) -> int:
    """Whole cents of a price in dollars; 0 where there is none."""
    return 0 if price is None else int((price * 100).to_integral_value(rounding))


def contract_columns(contracts: Sequence[OptionContract]) -> ContractColumns:
    """The columns of some contracts; worth keeping while the contracts are the same."""
    symbols = tuple(contract.symbol for contract in contracts)
    return ContractColumns(
        contracts=tuple(contracts),
        symbols=symbols,
        strikes=np.array([float(contract.strike) for contract in contracts]),
        calls=np.array([contract.right is Right.CALL for contract in contracts], dtype=np.bool_),
        rows={symbol: row for row, symbol in enumerate(symbols)},
    )


def chain_of(quotes: Sequence[Quote], contracts: Sequence[OptionContract]) -> OptionChain:
    """A chain of these quotes, at least one, of contracts of one expiry; prices off the cent widen the quote."""
    times = tuple(quote.at for quote in quotes)
    return OptionChain(
        underlying=contracts[0].underlying,
        expiry=contracts[0].expiry,
        contracts=tuple(contracts),
        bid_cents=np.array([cents(quote.bid, ROUND_FLOOR) for quote in quotes], dtype=np.int64),
        ask_cents=np.array([cents(quote.ask, ROUND_CEILING) for quote in quotes], dtype=np.int64),
        bid_size=np.array([int(quote.bid_size) for quote in quotes], dtype=np.int64),
        ask_size=np.array([int(quote.ask_size) for quote in quotes], dtype=np.int64),
        at=max(times),
        received_at=max(quote.received_at for quote in quotes),
        source=quotes[0].source,
        row_at=times,
    )


def complete(
    chain: OptionChain,
    underlying: Quote | None,
    now: datetime,
    *,
    columns: ContractColumns | None = None,
    quoted_us: NDArray[np.int64] | None = None,
) -> CompletedChain:
    """
    The chain with every figure its quotes allow.

    Args:
        chain: Any chain of one expiry, also an empty one.
        underlying: The underlying's quote; without both its sides nothing can be identified.
        now: The present, UTC.
        columns: Columns of exactly the chain's contracts, where the caller keeps them.
        quoted_us: Times of the rows in microseconds since 1970, where the caller keeps them.
    """
    columns = columns or contract_columns(chain.contracts)
    spot = _spot(underlying)
    minutes = minutes_to_expiry(chain.contracts[0], now) if len(chain) else None
    gaps, prices = _gaps(chain, spot, minutes), _prices(chain)
    count = len(chain)
    terms = (
        np.nan if spot is None else spot,
        np.tile(columns.strikes, 3),
        np.nan if minutes is None else minutes,
        SAME_DAY_RATE,
        np.tile(columns.calls, 3),
    )
    iv, low, high = implied_volatility(prices, *terms).reshape(3, count)
    mid_terms = (terms[0], columns.strikes, terms[2], SAME_DAY_RATE, columns.calls)
    reason = np.where(gaps != 0, gaps, identified(prices[:count], *mid_terms)).astype(np.int8)
    known = reason == Identified.YES
    figures = _greeks(columns, spot, minutes, iv, known)
    return CompletedChain(
        chain=chain,
        columns=columns,
        spot=spot,
        spot_at=underlying.at if underlying is not None and spot is not None else None,
        minutes=minutes,
        at=now,
        iv=np.where(known, iv, np.nan),
        iv_low=low,
        iv_high=high,
        reason=reason,
        delta=figures[0],
        gamma=figures[1],
        theta_per_minute=figures[2],
        vega_per_point=figures[3],
        quoted_us=_quoted(chain) if quoted_us is None else quoted_us,
    )


def _spot(underlying: Quote | None) -> float | None:
    if underlying is None or underlying.problem is not None or underlying.mid is None:
        return None
    return float(underlying.mid)


def _prices(chain: OptionChain) -> Floats:
    """Mid, bid and ask in dollars one after the other, shape (3 n,); NaN where there is none to read."""
    bid, ask = chain.bid_cents / 100.0, chain.ask_cents / 100.0
    has_bid, has_ask = chain.bid_cents > 0, chain.ask_cents > 0
    sane = ~(has_bid & has_ask & (chain.bid_cents > chain.ask_cents))
    mid = np.where(has_bid & has_ask & sane, (chain.bid_cents + chain.ask_cents) / 200.0, np.nan)
    return np.concatenate((mid, np.where(has_bid & sane, bid, np.nan), np.where(has_ask & sane, ask, np.nan)))


def _gaps(chain: OptionChain, spot: float | None, minutes: float | None) -> NDArray[np.int8]:
    no_bid, no_ask = chain.bid_cents <= 0, chain.ask_cents <= 0
    found = np.select(
        (no_bid & no_ask, no_bid, no_ask, chain.bid_cents > chain.ask_cents),
        (QuoteGap.NO_QUOTE, QuoteGap.NO_BID, QuoteGap.NO_ASK, QuoteGap.CROSSED),
        default=0,
    )
    if minutes is None:
        found = np.full(len(chain), QuoteGap.NO_SESSION)
    elif spot is None:
        found = np.where(found == 0, QuoteGap.NO_SPOT, found)
    return found.astype(np.int8)


def _greeks(
    columns: ContractColumns, spot: float | None, minutes: float | None, iv: Floats, known: NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats, Floats]:
    result = np.full((4, len(columns.contracts)), np.nan)
    if spot is not None and minutes is not None and known.any():
        found = greeks(spot, columns.strikes[known], minutes, SAME_DAY_RATE, iv[known], columns.calls[known])
        for row, column in enumerate((found.delta, found.gamma, found.theta_per_minute, found.vega_per_point)):
            result[row, known] = column
    return result[0], result[1], result[2], result[3]


def _quoted(chain: OptionChain) -> NDArray[np.int64]:
    if chain.row_at is None:
        return np.full(len(chain), microseconds(chain.at), dtype=np.int64)
    return np.array([microseconds(at) for at in chain.row_at], dtype=np.int64)
