"""A seeded market: SPY's path for one session and its same-day chain, as snapshots, history and stream."""

from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

import numpy as np

from adapters.simulated.price_path import PricePath, seeded_day
from adapters.simulated.regimes import Regime, bent
from tradecore.analysis.option_surface import OptionSurface
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import Equity, Instrument, OptionContract, Right
from tradecore.model.market import Bar, Quote, Trade
from tradecore.model.sessions import Session
from tradecore.ports.clock import Clock
from tradecore.ports.market_data import MarketData, MarketFeed, MarketStep
from tradecore.ports.timers import Timers
from tradecore.ports.trade_tape import TradeTape

SOURCE: Final = "simulated"
_STRIKES_EACH_WAY: Final = 15
_MINUTE: Final = timedelta(minutes=1)
_SECOND: Final = timedelta(seconds=1)
# Ticks come five a second; where none came for so long, trading is halted.
_HALTED_MS: Final = 5_000
_MILLISECOND: Final = timedelta(milliseconds=1)


class SimulatedMarket(MarketData, MarketFeed, TradeTape):
    """
    One session of one underlying from a seed.

    Option quotes are renewed every second from the underlying's newest tick; the path, the chain and every size are
    the same for the same seed, whatever is asked and in whatever order.
    """

    def __init__(
        self,
        *,
        seed: int,
        underlying: Equity,
        session: Session,
        clock: Clock,
        timers: Timers,
        regime: Regime = Regime.USUAL,
    ) -> None:
        """Draw the session."""
        self._underlying = underlying
        self._session = session
        self._clock = clock
        self._timers = timers
        usual = seeded_day(seed=seed, session_minutes=session.minutes)
        self._path: PricePath = bent(usual, regime, seed=seed, session_minutes=session.minutes)
        self._offsets: list[int] = self._path.offset_ms.tolist()
        columns = (self._path.bid_cents, self._path.ask_cents, self._path.bid_size, self._path.ask_size)
        self._ticks: list[tuple[int, int, int, int]] = list(zip(*(c.tolist() for c in columns), strict=True))
        middle = round((int(self._path.bid_cents[0]) + int(self._path.ask_cents[0])) / 200)
        strikes = range(middle - _STRIKES_EACH_WAY, middle + _STRIKES_EACH_WAY + 1)
        self._surface = OptionSurface(seed=seed, strikes_dollars=[float(strike) for strike in strikes])
        self._contracts = _contracts(underlying, session.day, strikes)
        self._rows = {contract: row for row, contract in enumerate(self._contracts)}
        self._bars = _minute_bars(self._path, underlying, session)
        self._newest: dict[Instrument, tuple[int, Quote]] = {}

    async def quote(self, instrument: Instrument) -> Quote | None:
        """The newest quote of the underlying or of a contract of the chain."""
        return self.quote_now(instrument)

    async def bars(self, instrument: Instrument, start: datetime, end: datetime) -> Sequence[Bar]:
        """Finished bars of the underlying that start in [start, end)."""
        if instrument != self._underlying:
            return []
        now = self._clock.now()
        return [bar for bar in self._bars if start <= bar.start < end and bar.end <= now]

    async def trades(self, instrument: Equity, start: datetime, end: datetime, most: int) -> Sequence[Trade]:
        """A print with every tick of the underlying."""
        now = self._clock.now()
        if instrument != self._underlying or most <= 0:
            return []
        first = bisect_left(self._offsets, self._offset(start))
        last = min(bisect_left(self._offsets, self._offset(end)), bisect_right(self._offsets, self._offset(now)))
        return [self._trade(tick) for tick in range(max(first, last - most), last)]

    async def latest_trade(self, instrument: Equity) -> Trade | None:
        """The newest tick's."""
        tick = self._tick(self._clock.now())
        return None if instrument != self._underlying or tick is None else self._trade(tick)

    async def chain(self, underlying: str, expiry: date) -> OptionChain | None:
        """The same-day chain now."""
        tick = self._tick(self._clock.now())
        if underlying != self._underlying.symbol or expiry != self._session.day or tick is None:
            return None
        at, spot, minutes, step = self._option_time(tick)
        quotes = self._surface.quote_arrays(spot, minutes, step)
        return OptionChain(
            underlying=underlying,
            expiry=expiry,
            contracts=self._contracts,
            bid_cents=quotes.bid_cents,
            ask_cents=quotes.ask_cents,
            bid_size=quotes.bid_size,
            ask_size=quotes.ask_size,
            at=at,
            received_at=self._clock.now(),
            source=SOURCE,
            volume=self._surface.volumes(spot, step),
        )

    async def steps(self) -> AsyncIterator[MarketStep]:
        """Every tick of the underlying from now on, and each minute's bar when it is over, at their own times."""
        begins = self._clock.now()
        minute = sum(bar.end < begins for bar in self._bars)
        for index, offset in enumerate(self._offsets):
            at = self._session.opens + timedelta(milliseconds=offset)
            if at < begins:
                continue
            while minute < len(self._bars) and self._bars[minute].end <= at:
                await self._timers.sleep_until(self._bars[minute].end)
                yield MarketStep(at=self._bars[minute].end, bars=(self._bars[minute],))
                minute += 1
            await self._timers.sleep_until(at)
            yield MarketStep(at=at, quotes=(self._underlying_quote(index),))
        await self._timers.sleep_until(self._session.closes)
        yield MarketStep(at=self._session.closes, bars=tuple(self._bars[minute:]))

    def quote_now(self, instrument: Instrument) -> Quote | None:
        """The newest quote, for the venue that matches against this market."""
        tick = self._tick(self._clock.now())
        if tick is None:
            return None
        if instrument == self._underlying:
            return self._underlying_quote(tick)
        row = self._rows.get(instrument) if isinstance(instrument, OptionContract) else None
        return None if row is None else self._option_quote(instrument, row, tick)

    def _option_quote(self, instrument: Instrument, row: int, tick: int) -> Quote:
        at, spot, minutes, step = self._option_time(tick)
        known = self._newest.get(instrument)
        if known is not None and known[0] == step:
            return known[1]
        found = self._surface.quote_one(row, spot, minutes, step)
        quote = Quote(
            instrument=instrument,
            bid=_dollars(found.bid_cents) if found.bid_cents else None,
            ask=_dollars(found.ask_cents),
            bid_size=Decimal(found.bid_size),
            ask_size=Decimal(found.ask_size),
            at=at,
            received_at=at,
            source=SOURCE,
        )
        self._newest[instrument] = (step, quote)
        return quote

    def _trade(self, tick: int) -> Trade:
        price, volume = _dollars(int(self._path.trade_cents[tick])), Decimal(int(self._path.volume[tick]))
        return Trade(self._underlying, price, volume, self._session.opens + self._offsets[tick] * _MILLISECOND)

    def _offset(self, at: datetime) -> float:
        return (at - self._session.opens) / _MILLISECOND

    def _step(self) -> int:
        now = min(self._clock.now(), self._session.closes)
        return int((now - self._session.opens) / _SECOND)

    def _tick(self, now: datetime) -> int | None:
        passed = int((now - self._session.opens) / timedelta(milliseconds=1))
        index = bisect_right(self._offsets, passed) - 1
        return index if index >= 0 else None

    def _option_time(self, tick: int) -> tuple[datetime, float, float, int]:
        # The chain is quoted once a second, from the tick that stood at that second; while trading is halted, not.
        step = self._step()
        if step * 1000 - self._offsets[tick] > _HALTED_MS:
            step = self._offsets[tick] // 1000 + 1
        at = self._session.opens + step * _SECOND
        stood = bisect_right(self._offsets, step * 1000) - 1
        index = stood if stood >= 0 else tick
        spot = (int(self._path.bid_cents[index]) + int(self._path.ask_cents[index])) / 200
        return at, spot, (self._session.closes - at).total_seconds() / 60, step

    def _underlying_quote(self, index: int) -> Quote:
        at = self._session.opens + timedelta(milliseconds=self._offsets[index])
        bid, ask, bid_size, ask_size = self._ticks[index]
        return Quote(
            instrument=self._underlying,
            bid=_dollars(bid),
            ask=_dollars(ask),
            bid_size=Decimal(bid_size),
            ask_size=Decimal(ask_size),
            at=at,
            received_at=at,
            source=SOURCE,
        )


def _contracts(underlying: Equity, expiry: date, strikes: range) -> tuple[OptionContract, ...]:
    return tuple(
        OptionContract(underlying.symbol, expiry, right, Decimal(strike))
        for right in (Right.CALL, Right.PUT)
        for strike in strikes
    )


def _minute_bars(path: PricePath, underlying: Equity, session: Session) -> list[Bar]:
    minutes = path.offset_ms // 60_000
    bars = []
    for minute in range(session.minutes):
        rows = np.flatnonzero(minutes == minute)
        if not rows.size:
            continue
        traded = path.trade_cents[rows]
        start = session.opens + minute * _MINUTE
        prices = (traded[0], traded.max(), traded.min(), traded[-1])
        opened, high, low, close = (_dollars(int(price)) for price in prices)
        volume = Decimal(int(path.volume[rows].sum()))
        bars.append(Bar(underlying, start, start + _MINUTE, opened, high, low, close, volume))
    return bars


def _dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
