"""One recorded trading day of one underlying, as bars."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from tradecore.model.instruments import Equity, OptionContract
from tradecore.model.market import Bar, QuoteBar
from tradecore.model.sessions import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDay:
    """
    Finished bars of the regular session, oldest first, each within it.

    `quote_bars` is empty where only trades were recorded; `options` holds the same-day contracts' quote bars, None
    when none were recorded. `source` says what the bars were read from, `labels` whether the file named bars by their
    start or their end.
    """

    underlying: Equity
    session: Session
    interval: timedelta
    bars: tuple[Bar, ...]
    quote_bars: tuple[QuoteBar, ...]
    options: Mapping[OptionContract, tuple[QuoteBar, ...]] | None
    source: str
    labels: str
