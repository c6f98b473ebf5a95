"""
Same-day option quotes modelled on a recorded underlying, where no option was recorded.

A test of the plumbing and never evidence: the smile, spreads and sizes are the simulated market's own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tradecore.analysis.option_surface import OptionSurface
from tradecore.model.instruments import OptionContract, Right
from tradecore.model.market import Bar, QuoteBar, SidePrices
from tradecore.model.recording import RecordedDay

_STRIKES_EACH_WAY: Final = 15
_HALF_TICK_QUOTE: Final = Decimal("0.005")
_MODELLED_SHARES: Final = Decimal(500)

Cents = NDArray[np.int64]


def with_modelled_quotes(day: RecordedDay) -> RecordedDay:
    """The day with a cent-wide quote around each trade bar, for recordings that hold trades only."""
    if day.quote_bars:
        return day
    return replace(day, quote_bars=tuple(_around(bar) for bar in day.bars))


def with_modelled_chain(day: RecordedDay, *, seed: int) -> RecordedDay:
    """The day with a chain of $1 strikes around its open, priced at each bar's open, high, low and close."""
    middle = round(float(day.bars[0].open))
    strikes = [strike for strike in range(middle - _STRIKES_EACH_WAY, middle + _STRIKES_EACH_WAY + 1) if strike > 0]
    surface = OptionSurface(seed=seed, strikes_dollars=[float(strike) for strike in strikes])
    contracts = [
        OptionContract(day.underlying.symbol, day.session.day, right, Decimal(strike))
        for right in (Right.CALL, Right.PUT)
        for strike in strikes
    ]
    columns: dict[OptionContract, list[QuoteBar]] = {contract: [] for contract in contracts}
    for bar in day.quote_bars:
        if bar.bid is None or bar.ask is None:
            continue
        for contract, quoted in zip(contracts, _quote_bars(day, surface, bar, contracts), strict=True):
            columns[contract].append(quoted)
    options: Mapping[OptionContract, tuple[QuoteBar, ...]] = {c: tuple(bars) for c, bars in columns.items()}
    return replace(day, options=options)


def _around(bar: Bar) -> QuoteBar:
    def side(shift: Decimal) -> SidePrices:
        low, high = bar.low + shift, bar.high + shift
        return SidePrices(bar.open + shift, high, low, bar.close + shift, _MODELLED_SHARES)

    return QuoteBar(bar.instrument, bar.start, bar.end, side(-_HALF_TICK_QUOTE), side(_HALF_TICK_QUOTE))


def _quote_bars(
    day: RecordedDay,
    surface: OptionSurface,
    bar: QuoteBar,
    contracts: list[OptionContract],
) -> Iterator[QuoteBar]:
    """One quote bar a contract; within the bar the extremes of the option are those of the underlying's extremes."""
    if bar.bid is None or bar.ask is None:
        raise ValueError("a modelled option needs a two-sided quote of its underlying")
    seconds = int((bar.start - day.session.opens).total_seconds())
    left = (day.session.closes - bar.start).total_seconds() / 60
    length = day.interval.total_seconds()
    mids = [(a + b) / 2 for a, b in zip(_prices(bar.bid), _prices(bar.ask), strict=True)]
    offsets = (0.0, length / 2, length / 2, length - 1)
    points = [
        surface.quote_arrays(float(mid), max(left - offset / 60, 0.0), seconds + int(offset))
        for mid, offset in zip(mids, offsets, strict=True)
    ]
    last = points[-1]
    bids = _sides(np.stack([p.bid_cents for p in points]), last.bid_size)
    asks = _sides(np.stack([p.ask_cents for p in points]), last.ask_size)
    for contract, bid, ask in zip(contracts, bids, asks, strict=True):
        yield QuoteBar(contract, bar.start, bar.end, bid if bid.low > 0 else None, ask)


def _prices(side: SidePrices) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    return side.open, side.high, side.low, side.close


def _sides(cents: Cents, sizes: Cents) -> list[SidePrices]:
    """One side of each contract from its cents at the bar's open, two extremes and close, a row each."""
    columns = (cents[0], cents.max(axis=0), cents.min(axis=0), cents[-1], sizes)
    return [
        SidePrices(_dollars(opened), _dollars(high), _dollars(low), _dollars(close), Decimal(size))
        for opened, high, low, close, size in zip(*(column.tolist() for column in columns), strict=True)
    ]


def _dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
