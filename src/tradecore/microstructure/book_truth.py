"""Whether a rebuilt book shows what the venue itself said the best bid and ask were."""

from collections import deque

from tradecore.microstructure.events import BestQuote
from tradecore.microstructure.market_state import MarketState


class BookTruth:
    """
    Compares a book, each time the venue tells its best quote, with the newest one that the book should know of.

    That is the quote with the highest update id that is not above the book's. A book that is out of step is not
    compared.
    """

    __slots__ = ("_known", "_waiting", "comparisons", "mismatches")

    def __init__(self) -> None:
        """Nothing was compared."""
        self.comparisons = 0
        self.mismatches = 0
        self._known: BestQuote | None = None
        self._waiting: deque[BestQuote] = deque(maxlen=100_000)

    def compare(self, state: MarketState, quote: BestQuote) -> None:
        """Take what the venue told, and compare."""
        self._waiting.append(quote)
        at = state.sequence.last_id
        if at is None:
            return
        while self._waiting and self._waiting[0].update_id <= at:
            self._known = self._waiting.popleft()
        if self._known is not None:
            self.comparisons += 1
            self.mismatches += self._known[1:] != _best(state)


def _best(state: MarketState) -> tuple[int, ...]:
    """Bid, its quantity, ask, its quantity, in units of 1e-8; zeros where there is none."""
    found: list[int] = []
    for side in (state.book.bids, state.book.asks):
        best = side.best
        found += [0, 0] if best is None else [side.sign * best * state.grid.tick, side.quantity(best)]
    return tuple(found)
