"""One underlying's session and its option chains as a pure function of a seed and an instant."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

import numpy as np

from adapters.simulated.price_path import FloatArray, IntArray, seeded_day
from tradecore.analysis.option_surface import ContractQuote, OptionSurface
from tradecore.analysis.pricing import Greeks, greeks
from tradecore.model.instruments import OptionContract, Right
from tradecore.model.sessions import Session, session_on

STRIKES_EACH_WAY: Final = 15
RATE: Final = 0.04
_MS: Final = timedelta(milliseconds=1)
_SECOND: Final = timedelta(seconds=1)
_MINUTE: Final = timedelta(minutes=1)
_QUARTERS: Final = (0, 15, 30, 45)


class Touch(NamedTuple):
    """Best bid and offer: dollars, None where a side is missing; sizes in shares, contracts or coins; `at` in UTC."""

    bid: Decimal | None
    ask: Decimal | None
    bid_size: int
    ask_size: int
    at: datetime


class Trade(NamedTuple):
    """One print: dollars, units, UTC, and its number in the session."""

    price: Decimal
    size: int
    at: datetime
    number: int


class Candle(NamedTuple):
    """Trades of one interval from `at` (UTC): dollars, units, prints, volume-weighted price."""

    at: datetime
    open: float
    high: float
    low: float
    close: float
    volume: int
    trades: int
    average: float


class Ticks(NamedTuple):
    """
    One session tick by tick, arrays of equal length: milliseconds since the open, strictly increasing; cents and sizes.

    A tick is a quote with both sides and a print.
    """

    offset_ms: IntArray
    bid_cents: IntArray
    ask_cents: IntArray
    bid_size: IntArray
    ask_size: IntArray
    volume: IntArray
    trade_cents: IntArray


class Surface(NamedTuple):
    """One expiry at one instant, a row a contract: quotes, volatilities (NaN where none is known) and greeks."""

    contracts: tuple[OptionContract, ...]
    touches: tuple[Touch, ...]
    volatilities: list[float]
    greeks: Greeks


class OptionDay:
    """The finished minutes of one expiry, a row a contract: mid quotes, in dollars, each quarter of a minute."""

    def __init__(self, contracts: int) -> None:
        """Nothing seen yet of so many contracts."""
        self.minutes = 0
        self._volume: IntArray = np.zeros(contracts, dtype=np.int64)
        self._worth: FloatArray = np.zeros(contracts)
        self._open: FloatArray | None = None
        self._high: FloatArray = np.full(contracts, -np.inf)
        self._low: FloatArray = np.full(contracts, np.inf)
        self._close: FloatArray = np.zeros(contracts)

    def add(self, mids: list[FloatArray], volume: IntArray) -> None:
        """Take one more minute: its quotes, of which there may be none, and the contracts traded in it."""
        self.minutes += 1
        if not mids:
            return
        if self._open is None:
            self._open = mids[0]
        self._high = np.maximum.reduce([self._high, *mids])
        self._low = np.minimum.reduce([self._low, *mids])
        self._close = mids[-1]
        self._volume = self._volume + volume
        self._worth = self._worth + volume * (sum(mids) / len(mids))

    def candle(self, row: int, at: datetime) -> Candle | None:
        """One contract's bar with this time; None before the first finished minute with a quote."""
        if self._open is None:
            return None
        volume, close = int(self._volume[row]), float(self._close[row])
        average = round(float(self._worth[row]) / volume, 6) if volume else close
        low, high = float(self._low[row]), float(self._high[row])
        return Candle(at, float(self._open[row]), high, low, close, volume, option_prints(volume), average)


class SessionTape:
    """The ticks of one underlying's session and the chains listed on it."""

    def __init__(self, *, seed: int, symbol: str, session: Session, ticks: Ticks) -> None:
        """Play these ticks, of which there may be none; `seed` is that of this underlying's day, for its chains."""
        self.symbol = symbol
        self.session = session
        self._seed = seed
        self._path = ticks
        self.strikes = _strikes(ticks)
        self._surfaces: dict[date, OptionSurface] = {}
        self._candles: list[Candle] | None = None
        self._newest: dict[OptionContract, tuple[int, Touch]] = {}
        self._quoted: dict[date, int] = {}
        self._days: dict[date, OptionDay] = {}
        self._listed: dict[date, tuple[OptionContract, ...]] = {}
        self._standing: tuple[int, Touch] | None = None
        self._looked: tuple[datetime | None, int] = (None, -1)

    def touch(self, at: datetime) -> Touch | None:
        """The quote standing at an instant; None before the first."""
        index = self._index(at)
        if index < 0:
            return None
        if self._standing is None or self._standing[0] != index:
            self._standing = (index, self._touch_of(index))
        return self._standing[1]

    def touches(self, start: datetime, end: datetime, part: slice) -> list[Touch]:
        """Part of the quotes in [start, end], which are oldest first before `part` chooses."""
        return [self._touch_of(index) for index in self._between(start, end)[part]]

    def trade(self, at: datetime) -> Trade | None:
        """The newest print at an instant."""
        index = self._index(at)
        return self._trade_of(index) if index >= 0 else None

    def trades(self, start: datetime, end: datetime, part: slice) -> list[Trade]:
        """Part of the prints in [start, end], which are oldest first before `part` chooses."""
        return [self._trade_of(index) for index in self._between(start, end)[part]]

    def candles(self, until: datetime) -> list[Candle]:
        """Minute bars that are over at `until`."""
        if self._candles is None:
            self._candles = _minutes(self._path, self.session)
        finished = int((until - self.session.opens) / _MINUTE)
        return self._candles[: max(finished, 0)]

    def option_touch(self, contract: OptionContract, at: datetime) -> Touch | None:
        """The quote of one contract, renewed every second from the underlying's tick that stood then."""
        step = self._step(at)
        known = self._newest.get(contract)
        if known is not None and known[0] == step:
            return known[1]
        row = self._row(contract)
        stood = self._index(self.session.opens + step * _SECOND)
        minutes = self._minutes_left(contract.expiry, step)
        if row is None or stood < 0 or minutes is None:
            return None
        found = self._surface(contract.expiry).quote_one(row, self._spot(stood), minutes, step)
        touch = _option_touch(found, self.session.opens + step * _SECOND)
        self._newest[contract] = (step, touch)
        return touch

    def quote_all(self, expiry: date, at: datetime) -> None:
        """Quote every contract of an expiry, so that `option_touch` has them at hand."""
        step = self._step(at)
        stood, minutes = self._index(self.session.opens + step * _SECOND), self._minutes_left(expiry, step)
        if stood < 0 or minutes is None or self._quoted.get(expiry) == step:
            return
        self._quoted[expiry] = step
        for contract, touch in zip(self.contracts(expiry), self._touches(expiry, stood, minutes, step), strict=True):
            self._newest[contract] = (step, touch)

    def chain(self, expiry: date, at: datetime) -> Surface | None:
        """Every contract of one expiry at an instant; None before the first tick or for an expiry without a session."""
        step = self._step(at)
        stood, minutes = self._index(self.session.opens + step * _SECOND), self._minutes_left(expiry, step)
        if stood < 0 or minutes is None:
            return None
        spot, surface = self._spot(stood), self._surface(expiry)
        touches = self._touches(expiry, stood, minutes, step)
        volatilities = surface.volatilities(spot, minutes, step)
        sensitivities = greeks(spot, surface.strikes_dollars, minutes, RATE, volatilities, surface.is_call)
        return Surface(self.contracts(expiry), touches, volatilities.tolist(), sensitivities)

    def option_day(self, expiry: date, at: datetime) -> OptionDay:
        """The day so far of every contract of an expiry, rows as in `contracts`: the minutes that are over at `at`."""
        finished = self._step(at) // 60
        day = self._days.get(expiry)
        if day is None or day.minutes > finished:
            day = self._days[expiry] = OptionDay(len(self.contracts(expiry)))
        while day.minutes < finished:
            day.add(self._mids(expiry, day.minutes), self._volumes(expiry, day.minutes))
        return day

    def option_volume(self, contract: OptionContract, at: datetime) -> int:
        """Contracts traded in the minute from `at`; 0 for one that is not listed."""
        row = self._row(contract)
        return 0 if row is None else int(self._volumes(contract.expiry, self._step(at) // 60)[row])

    def contracts(self, expiry: date) -> tuple[OptionContract, ...]:
        """The contracts of an expiry: calls, then puts, by strike."""
        found = self._listed.get(expiry)
        if found is None:
            rights = (Right.CALL, Right.PUT)
            found = self._listed[expiry] = tuple(
                OptionContract(self.symbol, expiry, right, Decimal(strike))
                for right in rights
                for strike in self.strikes
            )
        return found

    def lists(self, contract: OptionContract) -> bool:
        """Whether a contract's strike is listed."""
        return contract.strike in self.strikes

    def _touches(self, expiry: date, stood: int, minutes: float, step: int) -> tuple[Touch, ...]:
        quotes = self._surface(expiry).quote_arrays(self._spot(stood), minutes, step)
        columns, quoted = [column.tolist() for column in quotes], self.session.opens + step * _SECOND
        return tuple(_option_touch(ContractQuote(*row), quoted) for row in zip(*columns, strict=True))

    def _mids(self, expiry: date, minute: int) -> list[FloatArray]:
        found = []
        for step in (60 * minute + quarter for quarter in _QUARTERS):
            stood, minutes = self._index(self.session.opens + step * _SECOND), self._minutes_left(expiry, step)
            if stood >= 0 and minutes is not None:
                quotes = self._surface(expiry).quote_arrays(self._spot(stood), minutes, step)
                bid = np.where(quotes.bid_cents > 0, quotes.bid_cents, quotes.ask_cents)
                found.append((bid + quotes.ask_cents) / 200.0)
        return found

    def _volumes(self, expiry: date, minute: int) -> IntArray:
        if not self._path.offset_ms.size:
            return np.zeros(len(self.contracts(expiry)), dtype=np.int64)
        surface, spot = self._surface(expiry), self._spot(0)
        return surface.volumes(spot, 60 * minute + 60) - surface.volumes(spot, 60 * minute)

    def _row(self, contract: OptionContract) -> int | None:
        if contract.root != self.symbol or contract.strike not in self.strikes:
            return None
        row = int(contract.strike) - self.strikes[0]
        return row if contract.right is Right.CALL else row + len(self.strikes)

    def _surface(self, expiry: date) -> OptionSurface:
        found = self._surfaces.get(expiry)
        if found is None:
            later = (expiry - self.session.day).days
            strikes = [float(strike) for strike in self.strikes]
            found = self._surfaces[expiry] = OptionSurface(seed=self._seed + later, strikes_dollars=strikes, rate=RATE)
        return found

    def _minutes_left(self, expiry: date, step: int) -> float | None:
        last = session_on(expiry)
        if last is None or expiry < self.session.day:
            return None
        return max((last.closes - self.session.opens - step * _SECOND).total_seconds() / 60, 0.0)

    def _step(self, at: datetime) -> int:
        return int((min(at, self.session.closes) - self.session.opens) / _SECOND)

    def _index(self, at: datetime) -> int:
        if self._looked[0] == at:
            return self._looked[1]
        passed = (at - self.session.opens) / _MS
        found = int(np.searchsorted(self._path.offset_ms, int(passed), side="right")) - 1 if passed >= 0 else -1
        self._looked = (at, found)
        return found

    def _between(self, start: datetime, end: datetime) -> range:
        return range(self._index(start - _MS) + 1, self._index(end) + 1)

    def _spot(self, index: int) -> float:
        return (int(self._path.bid_cents[index]) + int(self._path.ask_cents[index])) / 200

    def _touch_of(self, index: int) -> Touch:
        path = self._path
        return Touch(
            _dollars(int(path.bid_cents[index])),
            _dollars(int(path.ask_cents[index])),
            int(path.bid_size[index]),
            int(path.ask_size[index]),
            self.session.opens + int(path.offset_ms[index]) * _MS,
        )

    def _trade_of(self, index: int) -> Trade:
        path = self._path
        at = self.session.opens + int(path.offset_ms[index]) * _MS
        return Trade(_dollars(int(path.trade_cents[index])), int(path.volume[index]), at, index + 1)


def drawn_ticks(*, seed: int, session: Session, open_price: float) -> Ticks:
    """The ticks of the simulated session that belongs to a seed."""
    path = seeded_day(seed=seed, session_minutes=session.minutes, open_price=open_price)
    return Ticks(*(getattr(path, name) for name in Ticks._fields))


def option_prints(volume: int) -> int:
    """The prints that make up a contract's volume: about three contracts each."""
    return -(-volume // 3)


def merged(candles: list[Candle]) -> Candle:
    """One candle over several, oldest first."""
    volume = sum(one.volume for one in candles)
    worth = sum(one.average * one.volume for one in candles)
    return Candle(
        candles[0].at,
        candles[0].open,
        max(one.high for one in candles),
        min(one.low for one in candles),
        candles[-1].close,
        volume,
        sum(one.trades for one in candles),
        round(worth / volume, 6) if volume else candles[-1].close,
    )


def _strikes(ticks: Ticks) -> range:
    if not ticks.offset_ms.size:
        return range(0)
    middle = round((int(ticks.bid_cents[0]) + int(ticks.ask_cents[0])) / 200)
    return range(max(middle - STRIKES_EACH_WAY, 1), middle + STRIKES_EACH_WAY + 1)


def _minutes(path: Ticks, session: Session) -> list[Candle]:
    bounds = np.searchsorted(path.offset_ms, np.arange(session.minutes + 1) * 60_000)
    found: list[Candle] = []
    if not path.offset_ms.size:
        return found
    for minute in range(session.minutes):
        rows = slice(int(bounds[minute]), int(bounds[minute + 1]))
        prices, volumes = path.trade_cents[rows], path.volume[rows]
        start = session.opens + minute * _MINUTE
        if not prices.size:
            last = found[-1].close if found else int(path.trade_cents[0]) / 100
            found.append(Candle(start, last, last, last, last, 0, 0, last))
            continue
        volume = int(volumes.sum())
        average = float((prices * volumes).sum()) / volume / 100 if volume else int(prices[-1]) / 100
        shape = (int(prices[0]), int(prices.max()), int(prices.min()), int(prices[-1]))
        opened, high, low, close = (cents / 100 for cents in shape)
        found.append(Candle(start, opened, high, low, close, volume, int(prices.size), round(average, 6)))
    return found


def _option_touch(found: ContractQuote, at: datetime) -> Touch:
    bid = _dollars(found.bid_cents) if found.bid_cents else None
    return Touch(bid, _dollars(found.ask_cents), found.bid_size, found.ask_size, at)


def _dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
