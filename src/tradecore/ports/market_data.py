"""Prices from outside."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from tradecore.model.chain import OptionChain
from tradecore.model.instruments import Instrument
from tradecore.model.market import Bar, Quote, QuoteBar


class MarketData(Protocol):
    """Snapshots and history of one source."""

    @abstractmethod
    async def quote(self, instrument: Instrument) -> Quote | None:
        """The newest quote, or None when the source has none; never one from after the present."""

    @abstractmethod
    async def bars(self, instrument: Instrument, start: datetime, end: datetime) -> Sequence[Bar]:
        """Finished one-minute bars that start in [start, end), oldest first; minutes without a trade are absent."""

    @abstractmethod
    async def chain(self, underlying: str, expiry: date) -> OptionChain | None:
        """Every contract of one expiry by strike, calls before puts; None when the source has no such chain."""


@dataclass(frozen=True, slots=True)
class MarketStep:
    """What became known at one instant; either part may be empty."""

    at: datetime
    quotes: tuple[Quote, ...] = ()
    bars: tuple[Bar, ...] = ()
    quote_bars: tuple[QuoteBar, ...] = ()


class MarketFeed(Protocol):
    """The same market as a stream."""

    @abstractmethod
    def steps(self) -> AsyncIterator[MarketStep]:
        """Steps in time order, each delivered no earlier than its own time; ends with the market's day."""
