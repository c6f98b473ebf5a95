"""One expiry's option chain as columns: integer cents and sizes, one row a contract."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from tradecore.model.instruments import OptionContract
from tradecore.model.market import Quote

Column = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class OptionChain:
    """
    Quotes of every contract of one underlying and expiry, aligned by row.

    `bid_cents` and `ask_cents` are cents per share, 0 where that side is missing; sizes are contracts; `at` (UTC) is
    the time the whole chain is known to stand, `row_at` the time of each row where rows differ. `volume` is
    contracts traded today, below zero where a row's is not known; None where the feed gives none at all.
    """

    underlying: str
    expiry: date
    contracts: tuple[OptionContract, ...]
    bid_cents: Column
    ask_cents: Column
    bid_size: Column
    ask_size: Column
    at: datetime
    received_at: datetime
    source: str
    row_at: tuple[datetime, ...] | None = None
    volume: Column | None = None

    def __len__(self) -> int:
        """Number of contracts."""
        return len(self.contracts)

    def volume_of(self, row: int) -> int | None:
        """Contracts traded today in one row; None where that is not known."""
        volume = -1 if self.volume is None else int(self.volume[row])
        return None if volume < 0 else volume

    def quote(self, row: int) -> Quote:
        """The quote of one row."""
        bid, ask = int(self.bid_cents[row]), int(self.ask_cents[row])
        return Quote(
            instrument=self.contracts[row],
            bid=_price(bid),
            ask=_price(ask),
            bid_size=Decimal(int(self.bid_size[row])),
            ask_size=Decimal(int(self.ask_size[row])),
            at=self.row_at[row] if self.row_at else self.at,
            received_at=self.received_at,
            source=self.source,
        )


def _price(cents: int) -> Decimal | None:
    return Decimal(cents).scaleb(-2) if cents else None
