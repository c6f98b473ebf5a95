"""
A recorded day as the brokerage's market.

Only minutes are recorded. Each is played as four ticks: its open when it begins, its extremes after 20 and 40 s (the
low first in a minute that rose), its close in its last millisecond. The prices are recorded, the seconds are not.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

import numpy as np

from adapters.simulated.brokerage.listings import LISTED, Listing, Listings
from adapters.simulated.brokerage.tape import RATE, Candle, SessionTape, Surface, Ticks, Touch, Trade
from tradecore.analysis.implied_volatility import implied_volatility
from tradecore.analysis.modelled_chain import with_modelled_quotes
from tradecore.analysis.pricing import greeks
from tradecore.model.instruments import OptionContract, Right
from tradecore.model.market import Bar, QuoteBar, SidePrices
from tradecore.model.recording import RecordedDay
from tradecore.model.sessions import Session

_WITHIN_MS: Final = (0, 20_000, 40_000, 59_999)
_MS: Final = timedelta(milliseconds=1)
_CENT: Final = Decimal("0.01")
_UNNAMED_EXCHANGE: Final = "NYSE"


class RecordedListings(Listings):
    """The underlyings of one recorded day; on other days, and of anything else, there is no price."""

    def __init__(self, seed: int, days: Iterable[RecordedDay]) -> None:
        """List what was recorded, all of it on one day; where no options were, chains are modelled from `seed`."""
        self.days: Mapping[str, RecordedDay] = {one.underlying.symbol: one for one in days}
        super().__init__(seed, {symbol: _listing(symbol) for symbol in self.days})

    @property
    def told(self) -> str:
        """Which day of what, and where its option quotes are from."""
        day = next(iter(self.days.values()))
        chain = "modelled" if day.options is None else "recorded"
        return f"{', '.join(self.days)} as recorded on {day.session.day}, chains {chain}"

    def tape(self, symbol: str, at: datetime) -> SessionTape:
        """The recorded session; before it opens too, without a price, so that its contracts are known."""
        recorded = self.days[symbol].session
        return self.tape_of(symbol, recorded if at < recorded.closes else self._session(at))

    def expiries(self, symbol: str, at: datetime) -> list[date]:
        """The recorded day alone where its options were recorded."""
        day = self.days[symbol]
        return super().expiries(symbol, at) if day.options is None else [day.session.day]

    def _tape(self, symbol: str, session: Session, seed: int) -> SessionTape:
        day = self.days[symbol]
        if session.day != day.session.day:
            return SessionTape(seed=seed, symbol=symbol, session=session, ticks=_ticks((), session))
        return RecordedTape(seed=seed, day=day)


class RecordedTape(SessionTape):
    """One recorded session; bars are the recorded ones."""

    def __init__(self, *, seed: int, day: RecordedDay) -> None:
        """Play a day; `seed` is that of its modelled chains."""
        day = with_modelled_quotes(day)
        super().__init__(
            seed=seed, symbol=day.underlying.symbol, session=day.session, ticks=_ticks(day.quote_bars, day.session)
        )
        self._bars = day.bars
        self._recorded = day.options
        self._prints = [one for bar in day.bars for one in _prints(bar)]
        self._printed = [one.at for one in self._prints]
        self._quotes: dict[OptionContract, tuple[list[datetime], list[Touch]]] = {}

    def trade(self, at: datetime) -> Trade | None:
        """The newest print at an instant."""
        index = bisect_right(self._printed, at) - 1
        return self._prints[index]._replace(number=index + 1) if index >= 0 else None

    def trades(self, start: datetime, end: datetime, part: slice) -> list[Trade]:
        """Part of the prints in [start, end], which are oldest first before `part` chooses."""
        chosen = range(bisect_left(self._printed, start), bisect_right(self._printed, end))[part]
        return [self._prints[index]._replace(number=index + 1) for index in chosen]

    def candles(self, until: datetime) -> list[Candle]:
        """Recorded bars that are over at `until`; the average is that of high, low and close."""
        return [_candle(bar) for bar in self._bars if bar.end <= until]

    def lists(self, contract: OptionContract) -> bool:
        """Whether a contract was recorded; where none was, whether its strike is modelled."""
        return super().lists(contract) if self._recorded is None else contract in self._recorded

    def contracts(self, expiry: date) -> tuple[OptionContract, ...]:
        """The contracts of an expiry: calls, then puts, by strike."""
        if self._recorded is None:
            return super().contracts(expiry)
        found = (one for one in self._recorded if one.expiry == expiry)
        return tuple(sorted(found, key=lambda one: (one.right is not Right.CALL, one.strike)))

    def option_touch(self, contract: OptionContract, at: datetime) -> Touch | None:
        """The quote of one contract."""
        if self._recorded is None:
            return super().option_touch(contract, at)
        bars = self._recorded.get(contract)
        if bars is None:
            return None
        if contract not in self._quotes:
            touches = [touch for bar in bars for touch in _touches(bar)]
            self._quotes[contract] = [one.at for one in touches], touches
        times, touches = self._quotes[contract]
        index = bisect_right(times, at) - 1
        return touches[index] if index >= 0 else None

    def quote_all(self, expiry: date, at: datetime) -> None:
        """Recorded quotes are at hand; modelled ones are quoted together."""
        if self._recorded is None:
            super().quote_all(expiry, at)

    def chain(self, expiry: date, at: datetime) -> Surface | None:
        """Every contract of an expiry that is quoted by then, with the volatility of its mid."""
        if self._recorded is None:
            return super().chain(expiry, at)
        under, minutes = self.touch(at), self._minutes_left(expiry, self._step(at))
        rows = [(one, touch) for one in self.contracts(expiry) if (touch := self.option_touch(one, at)) is not None]
        if under is None or under.bid is None or under.ask is None or minutes is None or not rows:
            return None
        spot = float(under.bid + under.ask) / 2
        strikes = np.array([float(one.strike) for one, _ in rows])
        calls = np.array([one.right is Right.CALL for one, _ in rows])
        mids = np.array([float((touch.bid or 0) + (touch.ask or 0)) / 2 for _, touch in rows])
        volatilities = implied_volatility(mids, spot, strikes, minutes, RATE, calls)
        sensitivities = greeks(spot, strikes, minutes, RATE, volatilities, calls)
        contracts, touches = zip(*rows, strict=True)
        return Surface(contracts, touches, volatilities.tolist(), sensitivities)


def _listing(symbol: str) -> Listing:
    return LISTED.get(symbol) or Listing(symbol, symbol, _UNNAMED_EXCHANGE, 0.0)


def _ticks(bars: Iterable[QuoteBar], session: Session) -> Ticks:
    """The two-sided quotes; prints are kept apart."""
    rows = [
        (int((one.at - session.opens) / _MS), _cents(one.bid), _cents(one.ask), one.bid_size, one.ask_size)
        for bar in bars
        for one in _touches(bar)
        if one.bid is not None and one.ask is not None
    ]
    offsets, bids, asks, bid_sizes, ask_sizes = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    return Ticks(offsets, bids, asks, bid_sizes, ask_sizes, np.zeros_like(offsets), bids)


def _touches(bar: QuoteBar) -> list[Touch]:
    moved = sum((side.close - side.open for side in (bar.bid, bar.ask) if side is not None), Decimal(0))
    bids, asks = (_played(side, rises=moved >= 0) for side in (bar.bid, bar.ask))
    found = []
    for after, bid, ask in zip(_WITHIN_MS, bids, asks, strict=True):
        # Outward, so that half-cents never make a quote better than it was.
        low = None if bid is None else bid.quantize(_CENT, ROUND_FLOOR)
        high = None if ask is None else ask.quantize(_CENT, ROUND_CEILING)
        sizes = [0 if side is None else int(side.size) for side in (bar.bid, bar.ask)]
        # A crossed moment is the sides' extremes met at different times.
        if low is None or high is None or low <= high:
            found.append(Touch(low, high, sizes[0], sizes[1], bar.start + after * _MS))
    return found


def _played(side: SidePrices | None, *, rises: bool) -> tuple[Decimal | None, ...]:
    if side is None:
        return (None,) * len(_WITHIN_MS)
    extremes = (side.low, side.high) if rises else (side.high, side.low)
    return (side.open, *extremes, side.close)


def _prints(bar: Bar) -> list[Trade]:
    if bar.volume <= 0:
        return []
    extremes = (bar.low, bar.high) if bar.close >= bar.open else (bar.high, bar.low)
    prices = (bar.open, *extremes, bar.close)
    part, rest = divmod(int(bar.volume), len(prices))
    sizes = (part, part, part, part + rest)
    return [
        Trade(price, size, bar.start + after * _MS, 0)
        for price, size, after in zip(prices, sizes, _WITHIN_MS, strict=True)
        if size
    ]


def _candle(bar: Bar) -> Candle:
    opened, high, low, close = (float(price) for price in (bar.open, bar.high, bar.low, bar.close))
    prints = len(_WITHIN_MS) if bar.volume > 0 else 0
    return Candle(bar.start, opened, high, low, close, int(bar.volume), prints, round((high + low + close) / 3, 6))


def _cents(price: Decimal) -> int:
    return int(price.scaleb(2))
