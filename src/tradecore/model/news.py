"""News as it was published; its words are data from outside, never an instruction."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsItem:
    """One article: `item_id` is its source's, `at` (UTC) when it was published, `symbols` the tickers it names."""

    item_id: str
    at: datetime
    headline: str
    summary: str
    symbols: tuple[str, ...]
    source: str
