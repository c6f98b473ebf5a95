"""A recorded day as a market: bars become known when they are over, quotes are those at a bar's end."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby

import numpy as np

from tradecore.model.chain import Column, OptionChain
from tradecore.model.instruments import Instrument, OptionContract
from tradecore.model.market import Bar, Quote, QuoteBar, SidePrices
from tradecore.model.recording import RecordedDay
from tradecore.ports.clock import Clock
from tradecore.ports.market_data import MarketData, MarketFeed, MarketStep
from tradecore.ports.timers import Timers

_CENTS = Decimal(100)


class RecordedMarket(MarketData, MarketFeed):
    """
    Plays a recorded day.

    A bar's last quote is known to have stood during the bar, not at which second, so its time is the bar's start: its
    age is never understated. A side that was not quoted is None.
    """

    def __init__(self, day: RecordedDay, *, clock: Clock, timers: Timers) -> None:
        """Show `day` as `clock` reaches it; `day.options` must hold the chain, recorded or modelled."""
        self._day = day
        self._clock = clock
        self._timers = timers
        self._newest: dict[str, QuoteBar] = {}
        self._contracts = _by_strike(day)

    async def quote(self, instrument: Instrument) -> Quote | None:
        """The quote at the end of the newest finished bar."""
        return self.quote_now(instrument)

    def quote_now(self, instrument: Instrument) -> Quote | None:
        """The same, for the venue that matches against this recording."""
        bar = self._newest.get(instrument.symbol)
        return None if bar is None else _closing_quote(bar, self._day.source)

    async def bars(self, instrument: Instrument, start: datetime, end: datetime) -> Sequence[Bar]:
        """Finished bars of the underlying that start in [start, end)."""
        if instrument != self._day.underlying:
            return []
        now = self._clock.now()
        return [bar for bar in self._day.bars if start <= bar.start < end and bar.end <= now]

    async def chain(self, underlying: str, expiry: date) -> OptionChain | None:
        """The same-day chain as of the newest finished bars; contracts not quoted yet have neither side."""
        bars = [self._newest.get(contract.symbol) for contract in self._contracts]
        known = [bar.start for bar in bars if bar is not None]
        if underlying != self._day.underlying.symbol or expiry != self._day.session.day or not known:
            return None
        bids = [bar.bid if bar else None for bar in bars]
        asks = [bar.ask if bar else None for bar in bars]
        return OptionChain(
            underlying=underlying,
            expiry=expiry,
            contracts=self._contracts,
            bid_cents=_column(_cents(_close(side)) for side in bids),
            ask_cents=_column(_cents(_close(side)) for side in asks),
            bid_size=_column(int(side.size) if side else 0 for side in bids),
            ask_size=_column(int(side.size) if side else 0 for side in asks),
            at=max(known),
            received_at=self._clock.now(),
            source=self._day.source,
            row_at=tuple(bar.start if bar else self._day.session.opens for bar in bars),
        )

    async def steps(self) -> AsyncIterator[MarketStep]:
        """One step for each instant at which bars end, oldest first."""
        for end, trades, quotes in _by_end(self._day):
            await self._timers.sleep_until(end)
            for bar in quotes:
                self._newest[bar.instrument.symbol] = bar
            own = (bar for bar in quotes if bar.instrument.symbol == self._day.underlying.symbol)
            shown = tuple(_closing_quote(bar, self._day.source) for bar in own)
            yield MarketStep(at=end, quotes=shown, bars=trades, quote_bars=quotes)


def _by_strike(day: RecordedDay) -> tuple[OptionContract, ...]:
    contracts = day.options or {}
    return tuple(sorted(contracts, key=lambda c: (c.right, c.strike)))


def _by_end(day: RecordedDay) -> list[tuple[datetime, tuple[Bar, ...], tuple[QuoteBar, ...]]]:
    options = day.options or {}
    quote_bars = [*day.quote_bars, *(bar for bars in options.values() for bar in bars)]
    by_end: dict[datetime, tuple[list[Bar], list[QuoteBar]]] = {}
    for trade in day.bars:
        by_end.setdefault(trade.end, ([], []))[0].append(trade)
    # Sorted first, so that bars of one instant stand in a fixed order: by symbol.
    for end, group in groupby(sorted(quote_bars, key=lambda b: (b.end, b.instrument.symbol)), key=lambda b: b.end):
        by_end.setdefault(end, ([], []))[1].extend(group)
    return [(end, tuple(by_end[end][0]), tuple(by_end[end][1])) for end in sorted(by_end)]


def _closing_quote(bar: QuoteBar, source: str) -> Quote:
    return Quote(
        instrument=bar.instrument,
        bid=_close(bar.bid),
        ask=_close(bar.ask),
        bid_size=bar.bid.size if bar.bid else Decimal(0),
        ask_size=bar.ask.size if bar.ask else Decimal(0),
        at=bar.start,
        received_at=bar.end,
        source=source,
    )


def _close(side: SidePrices | None) -> Decimal | None:
    return None if side is None else side.close


def _column(values: Iterable[int]) -> Column:
    return np.array(list(values), dtype=np.int64)


def _cents(price: Decimal | None) -> int:
    return 0 if price is None else int(price * _CENTS)
