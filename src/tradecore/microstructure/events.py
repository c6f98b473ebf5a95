"""
What a venue tells about one symbol.

Prices are whole ticks where a `Grid` has been applied and otherwise, like quantities, whole units of 1e-8. Times are
milliseconds since 1970-01-01 UTC by the venue's clock.
"""

from typing import Final, NamedTuple

from tradecore.errors import DataMalformed

UNITS: Final = 10**8
MOST: Final = 1 << 62
"""Prices and quantities are kept in 64 bits."""
_DECIMALS: Final = 8
MOST_VOLUME: Final = 1 << 100
"""What a day may turn over in all, which is kept as a number of any size."""
_LONGEST: Final = 60

Levels = tuple[tuple[int, int], ...]
"""Price and quantity of each level, in no particular order; a quantity of zero takes the level away."""


class Trade(NamedTuple):
    """One execution; `is_buy` says that the buyer was the aggressor."""

    at: int
    trade_id: int
    price: int
    quantity: int
    is_buy: bool


class DepthDiff(NamedTuple):
    """Levels that changed in updates `first_id` to `last_id`; `previous_id` ended the message before, if told."""

    at: int
    first_id: int
    last_id: int
    bids: Levels
    asks: Levels
    previous_id: int | None = None


class DepthSnapshot(NamedTuple):
    """The book as of an update; `at` is zero where the venue does not say when that was."""

    at: int
    last_id: int
    bids: Levels
    asks: Levels


class DayTicker(NamedTuple):
    """The last 24 hours; prices and the volume, in units of the base, are units of 1e-8; `change` is a share of one."""

    at: int
    last: int
    change: float
    high: int
    low: int
    volume: int


class BestQuote(NamedTuple):
    """Best bid and ask as of an update: not part of the book's own messages, and what a rebuilt book is checked by."""

    update_id: int
    bid: int
    bid_quantity: int
    ask: int
    ask_quantity: int


MarketEvent = Trade | DepthDiff | DepthSnapshot | DayTicker


def units(text: str, most: int = MOST) -> int:
    """
    A decimal number as whole units of 1e-8.

    Raises:
        DataMalformed: It is no plain decimal number, is negative, finer than 1e-8, or not below `most`.
    """
    whole, _, part = text.partition(".")
    digits = whole + part
    rest = part[_DECIMALS:]
    if not digits.isascii() or not digits.isdigit() or rest.strip("0"):
        raise DataMalformed(f"{text[:40]!r} is no price or quantity in steps of 0.00000001")
    if len(digits) > _LONGEST or (found := int(whole + part[:_DECIMALS].ljust(_DECIMALS, "0"))) >= most:
        raise DataMalformed(f"{text[:40]!r} is too large a price or quantity")
    return found
