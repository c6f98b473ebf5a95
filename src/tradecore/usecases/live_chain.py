"""One expiry's chain between two polls: polled whole, renewed row by row by streamed quotes."""

from dataclasses import replace
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR

import numpy as np

from tradecore.analysis.completed_chain import CompletedChain, cents, complete, contract_columns, microseconds
from tradecore.model.chain import OptionChain
from tradecore.model.market import Quote


class LiveChain:
    """
    The newest row of every contract of the last poll, whoever brought it.

    `streamed` counts quotes that came between polls, `vanished` contracts that a later poll did not have any more.
    """

    def __init__(self, chain: OptionChain) -> None:
        """Begin with a polled chain."""
        self.streamed = 0
        self.vanished = 0
        self._columns = contract_columns(chain.contracts)
        self._take(chain)

    def __len__(self) -> int:
        """Number of contracts."""
        return len(self._chain)

    def __contains__(self, symbol: str) -> bool:
        """Whether a contract of this symbol is in the chain."""
        return symbol in self._columns.rows

    def poll(self, chain: OptionChain) -> None:
        """Take over a later poll; rows that a stream renewed since stay as they are."""
        before, rows = self._chain, self._columns.rows
        times, instants = self._quoted_us, self._row_at
        if chain.contracts != self._columns.contracts:
            self.vanished += len(rows.keys() - {contract.symbol for contract in chain.contracts})
            self._columns = contract_columns(chain.contracts)
        self._take(chain)
        old_rows = np.array([rows.get(symbol, -1) for symbol in self._columns.symbols], dtype=np.int64)
        newer = np.flatnonzero((old_rows >= 0) & (times[old_rows] > self._quoted_us))
        if newer.size:
            kept = old_rows[newer]
            for name in ("bid_cents", "ask_cents", "bid_size", "ask_size"):
                getattr(self._chain, name)[newer] = getattr(before, name)[kept]
            self._quoted_us[newer] = times[kept]
            for new, old in zip(newer.tolist(), kept.tolist(), strict=True):
                self._row_at[new] = instants[old]

    def put(self, quote: Quote) -> bool:
        """Renew the row of one contract; False when it has none here, or a newer one."""
        row = self._columns.rows.get(quote.instrument.symbol)
        if row is None:
            return False
        at = microseconds(quote.at)
        if at <= self._quoted_us[row]:
            return False
        chain = self._chain
        chain.bid_cents[row] = cents(quote.bid, ROUND_FLOOR)
        chain.ask_cents[row] = cents(quote.ask, ROUND_CEILING)
        chain.bid_size[row], chain.ask_size[row] = int(quote.bid_size), int(quote.ask_size)
        self._quoted_us[row] = at
        self._row_at[row] = quote.at
        self.streamed += 1
        return True

    def completed(self, underlying: Quote | None, now: datetime) -> CompletedChain:
        """The chain as it stands with all its figures; later quotes do not change it."""
        chain = _copied(self._chain, tuple(self._row_at))
        return complete(chain, underlying, now, columns=self._columns, quoted_us=self._quoted_us.copy())

    def _take(self, chain: OptionChain) -> None:
        # Our own copies: rows change in place, and what was given out must not.
        self._chain = _copied(chain, chain.row_at)
        self._row_at = list(chain.row_at or (chain.at,) * len(chain))
        self._quoted_us = np.array([microseconds(at) for at in self._row_at], dtype=np.int64)


def _copied(chain: OptionChain, row_at: tuple[datetime, ...] | None) -> OptionChain:
    return replace(
        chain,
        bid_cents=chain.bid_cents.copy(),
        ask_cents=chain.ask_cents.copy(),
        bid_size=chain.bid_size.copy(),
        ask_size=chain.ask_size.copy(),
        row_at=row_at,
    )
