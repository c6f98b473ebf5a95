"""What is known of tickers beside prices: assets, corporate announcements, watchlists."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """Something the broker lists; `name` and `exchange` are the broker's words."""

    symbol: str
    name: str
    exchange: str
    asset_class: str
    tradable: bool
    shortable: bool
    fractionable: bool
    has_options: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A corporate action as announced; `kind` and `detail` are the source's words, days it did not name are None."""

    symbol: str
    kind: str
    detail: str
    declared: date | None
    ex_day: date | None
    payable: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchlist:
    """A named list of symbols, in the order they were given."""

    watchlist_id: str
    name: str
    symbols: tuple[str, ...]
