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
    bids, asks = np.stack([p.bid_cents for p in points]), np.stack([p.ask_cents for p in points])
    last = points[-1]
    for row, contract in enumerate(contracts):
        bid = _side(bids[:, row], int(last.bid_size[row])) if int(bids[:, row].min()) > 0 else None
        yield QuoteBar(contract, bar.start, bar.end, bid, _side(asks[:, row], int(last.ask_size[row])))


def _prices(side: SidePrices) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    return side.open, side.high, side.low, side.close


def _side(cents: Cents, size: int) -> SidePrices:
    opened, close = int(cents[0]), int(cents[-1])
    values = (opened, int(cents.max()), int(cents.min()), close)
    prices = [Decimal(value).scaleb(-2) for value in values]
    return SidePrices(prices[0], prices[1], prices[2], prices[3], Decimal(size))
