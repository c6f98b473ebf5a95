"""A simulated market that never ends: one seeded session after the other."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime

import numpy as np

from adapters.simulated.market import SimulatedMarket
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import Equity, Instrument
from tradecore.model.market import Bar, Quote, Trade
from tradecore.model.sessions import Session, next_session
from tradecore.ports.clock import Clock
from tradecore.ports.market_data import MarketData, MarketFeed, MarketStep
from tradecore.ports.timers import Timers
from tradecore.ports.trade_tape import TradeTape


class RollingMarket(MarketData, MarketFeed, TradeTape):
    """
    Shows the session it stands in; every day's path comes from the seed and the date.

    `steps` ends with the day; `roll` moves on to the next full session. Early closes are left out: no desk with the
    shipped limits opens anything on them.
    """

    def __init__(self, *, seed: int, underlying: Equity, session: Session, clock: Clock, timers: Timers) -> None:
        """Begin with `session`."""
        self._seed = seed
        self._underlying = underlying
        self._clock = clock
        self._timers = timers
        self.session = session
        self._today = self._market_of(session)

    def roll(self) -> Session:
        """Move on to the next full session, and return it."""
        self.session = next_full_session(self.session.day)
        self._today = self._market_of(self.session)
        return self.session

    async def quote(self, instrument: Instrument) -> Quote | None:
        """The newest quote."""
        return self._today.quote_now(instrument)

    async def bars(self, instrument: Instrument, start: datetime, end: datetime) -> Sequence[Bar]:
        """Finished bars of the session it stands in."""
        return await self._today.bars(instrument, start, end)

    async def chain(self, underlying: str, expiry: date) -> OptionChain | None:
        """The same-day chain now."""
        return await self._today.chain(underlying, expiry)

    async def trades(self, instrument: Equity, start: datetime, end: datetime, most: int) -> Sequence[Trade]:
        """Trades of the session it stands in."""
        return await self._today.trades(instrument, start, end, most)

    async def latest_trade(self, instrument: Equity) -> Trade | None:
        """The newest trade."""
        return await self._today.latest_trade(instrument)

    def steps(self) -> AsyncIterator[MarketStep]:
        """Steps of the session it stands in, from now to its close."""
        return self._today.steps()

    def quote_now(self, instrument: Instrument) -> Quote | None:
        """The newest quote, for the venue that matches against this market."""
        return self._today.quote_now(instrument)

    def _market_of(self, session: Session) -> SimulatedMarket:
        mixed = np.random.SeedSequence([self._seed, session.day.toordinal()]).generate_state(1)
        return SimulatedMarket(
            seed=int(mixed[0]),
            underlying=self._underlying,
            session=session,
            clock=self._clock,
            timers=self._timers,
        )


def next_full_session(after: date) -> Session:
    """The first session on a later day that does not close early."""
    session = next_session(after)
    while session.is_half_day:
        session = next_session(session.day)
    return session
