"""What is listed at the simulated brokerage and what it costs at an instant."""

import uuid
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from adapters.simulated.brokerage.tape import Candle, SessionTape, Touch, drawn_ticks, merged
from tradecore.errors import DataMissing, UnknownInstrument
from tradecore.model.instruments import CryptoPair, Instrument, OptionContract, parse_instrument
from tradecore.model.sessions import Session, next_session, previous_session, session_on, trading_day

EXPIRIES: Final = 3
_MOST_TAPES: Final = 24
_MOST_DAYS: Final = 4_096
_FAMILY: Final = uuid.UUID("6f1d2c3a-5f4e-4a7b-9c8d-0e1f2a3b4c5d")
_DAY_MINUTES: Final = timedelta(minutes=1440)
_MOMENT: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Listing:
    """One tradable equity or pair: name, where it is listed, the price (dollars) at which each simulated day opens."""

    symbol: str
    name: str
    exchange: str
    open_price: float
    is_crypto: bool = False


LISTED: Final = {
    one.symbol: one
    for one in (
        Listing("SPY", "SPDR S&P 500 ETF Trust", "ARCA", 598.0),
        Listing("QQQ", "Invesco QQQ Trust, Series 1", "NASDAQ", 520.0),
        Listing("IWM", "iShares Russell 2000 ETF", "ARCA", 232.0),
        Listing("AAPL", "Apple Inc. Common Stock", "NASDAQ", 229.0),
        Listing("MSFT", "Microsoft Corporation Common Stock", "NASDAQ", 418.0),
        Listing("NVDA", "NVIDIA Corporation Common Stock", "NASDAQ", 141.0),
        Listing("TSLA", "Tesla, Inc. Common Stock", "NASDAQ", 342.0),
        Listing("AMZN", "Amazon.com, Inc. Common Stock", "NASDAQ", 202.0),
        Listing("BTC/USD", "Bitcoin / US Dollar", "CRYPTO", 96_000.0, is_crypto=True),
        Listing("ETH/USD", "Ethereum / US Dollar", "CRYPTO", 3_300.0, is_crypto=True),
    )
}


@lru_cache(maxsize=8_192)
def asset_id(symbol: str) -> str:
    """The id of an asset or contract: the same in every simulation."""
    return str(uuid.uuid5(_FAMILY, symbol))


class Listings:
    """
    Prices of everything listed; the same seed and instant give the same price, whatever was asked before.

    `listed` is what there is, by symbol.
    """

    def __init__(self, seed: int, listed: Mapping[str, Listing] = LISTED) -> None:
        """Draw markets from `seed`."""
        self.seed = seed
        self.listed = listed
        self._tapes: OrderedDict[tuple[str, date], SessionTape] = OrderedDict()
        self._asked: tuple[str, datetime] | None = None
        self._answer: SessionTape
        self._days: dict[tuple[str, date], Candle | None] = {}
        self._known: dict[str, Instrument | None] = {}
        self._shown: Session | None = None

    def find(self, symbol: str) -> Instrument | None:
        """The instrument of a symbol that is or was listed here, with BTCUSD for BTC/USD too; None of any other."""
        if symbol not in self._known:
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[symbol] = self._read(symbol)
        return self._known[symbol]

    def touch(self, instrument: Instrument, at: datetime) -> Touch | None:
        """The quote standing at an instant; outside a session the last one before it."""
        if isinstance(instrument, CryptoPair):
            return self._pair_tape(instrument.symbol, at).touch(at)
        tape = self.tape(instrument.underlying, at)
        if isinstance(instrument, OptionContract):
            return tape.option_touch(instrument, at) if instrument.expiry >= tape.session.day else None
        return tape.touch(at)

    def closed_at(self, instrument: Instrument, at: datetime) -> Touch | None:
        """The quote with which the session before the one that shows ended; None where there is none."""
        shown = self.tape(instrument.underlying, at).session
        if isinstance(instrument, CryptoPair):
            return self._pair_tape(instrument.symbol, shown.opens - _DAY_MINUTES).touch(shown.opens - _MOMENT)
        before = previous_session(shown.day)
        tape = self.tape_of(instrument.underlying, before)
        if isinstance(instrument, OptionContract):
            return tape.option_touch(instrument, before.closes)
        return tape.touch(before.closes)

    def tape(self, symbol: str, at: datetime) -> SessionTape:
        """The session that shows at an instant: the one it is in, else the last one before it."""
        if self._asked == (symbol, at):
            return self._answer
        if self.listed[symbol].is_crypto:
            found = self._pair_tape(symbol, at)
        else:
            found = self.tape_of(symbol, self._session(at))
        self._asked, self._answer = (symbol, at), found
        return found

    def tape_of(self, symbol: str, session: Session) -> SessionTape:
        """The tape of one session."""
        return self._kept(symbol, session)

    @property
    def told(self) -> str:
        """What market this is, in a few words."""
        return f"seed {self.seed}"

    def shares(self) -> list[str]:
        """The symbols that are no pairs; each has options."""
        return [one.symbol for one in self.listed.values() if not one.is_crypto]

    def expiries(self, symbol: str, at: datetime) -> list[date]:
        """The days on which listed contracts of an underlying expire, the nearest first; a pair has none."""
        if self.listed[symbol].is_crypto:
            return []
        session = session_now_or_next(at)
        found = [session.day]
        while len(found) < EXPIRIES:
            found.append(next_session(found[-1]).day)
        return found

    def is_listed(self, contract: OptionContract, at: datetime) -> bool:
        """Whether a contract can be traded at an instant."""
        tape = self.tape(contract.root, at)
        return contract.expiry in self.expiries(contract.root, at) and tape.lists(contract)

    def _session(self, at: datetime) -> Session:
        shown = self._shown
        if shown is None or not shown.opens <= at < shown.closes:
            shown = self._shown = shown_session(at)
        return shown

    def day(self, symbol: str, session: Session) -> Candle | None:
        """The whole of a session that is over, kept once it was drawn; None where nothing was traded."""
        key = (symbol, session.day)
        if key not in self._days:
            if len(self._days) >= _MOST_DAYS:
                self._days.clear()
            candles = self._kept(symbol, session).candles(session.closes)
            self._days[key] = merged(candles) if candles else None
        return self._days[key]

    def is_drawn(self, symbol: str, session: Session, *, day_only: bool = False) -> bool:
        """Whether a session, or the one bar of it, is known without drawing it."""
        key = (symbol, session.day)
        return key in self._tapes or (day_only and key in self._days)

    def pair_session(self, at: datetime) -> Session:
        """The day of a pair: from midnight to midnight, UTC."""
        opens = datetime.combine(at.astimezone(UTC).date(), time(0), UTC)
        return Session(opens.date(), opens, opens + _DAY_MINUTES)

    def _read(self, symbol: str) -> Instrument | None:
        if symbol in ("BTCUSD", "ETHUSD"):
            symbol = f"{symbol[:3]}/USD"
        try:
            found = parse_instrument(symbol)
        except UnknownInstrument:
            return None
        if isinstance(found, OptionContract):
            listing = self.listed.get(found.root)
            return found if listing and not listing.is_crypto else None
        return found if found.symbol in self.listed else None

    def _pair_tape(self, symbol: str, at: datetime) -> SessionTape:
        return self._kept(symbol, self.pair_session(at))

    def _kept(self, symbol: str, session: Session) -> SessionTape:
        key = (symbol, session.day)
        tape = self._tapes.get(key)
        if tape is None:
            # SPY has the seed of the desk's own rolling market, so that both show the same day.
            words = [] if symbol == "SPY" else list(symbol.encode())
            mixed = np.random.SeedSequence([self.seed, session.day.toordinal(), *words]).generate_state(1)
            tape = self._tape(symbol, session, int(mixed[0]))
            self._tapes[key] = tape
            if len(self._tapes) > _MOST_TAPES:
                self._tapes.popitem(last=False)
        else:
            self._tapes.move_to_end(key)
        return tape

    def _tape(self, symbol: str, session: Session, seed: int) -> SessionTape:
        ticks = drawn_ticks(seed=seed, session=session, open_price=self.listed[symbol].open_price)
        return SessionTape(seed=seed, symbol=symbol, session=session, ticks=ticks)


def shown_session(at: datetime) -> Session:
    """The session an instant is in, else the last one before it."""
    session = session_on(trading_day(at))
    if session is None:
        raise DataMissing(f"{trading_day(at)} is no trading day")
    return session if at >= session.opens else previous_session(session.day)


def session_now_or_next(at: datetime) -> Session:
    """The session an instant is in or before, on its own day; once that is over, the next one."""
    day = trading_day(at)
    session = session_on(day)
    return session if session is not None and at < session.closes else next_session(day)
