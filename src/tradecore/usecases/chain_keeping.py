"""Keeping the same-day chain: polled whole, renewed by the stream, completed, shown on the board and published."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import numpy as np

from tradecore.analysis.completed_chain import CompletedChain
from tradecore.errors import PortError
from tradecore.market_board import MarketBoard
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import Equity, OptionContract
from tradecore.model.market import Quote
from tradecore.model.sessions import session_on, trading_day
from tradecore.ports.chain_store import ChainStore
from tradecore.ports.clock import Clock
from tradecore.ports.market_data import MarketData
from tradecore.ports.quote_wishes import NO_WISHES, QuoteWishes
from tradecore.ports.timers import Timers
from tradecore.usecases.chain_publishing import ChainPublisher
from tradecore.usecases.chain_status import ChainStatus, next_begin, window_at
from tradecore.usecases.live_chain import LiveChain

STREAMED_MOST: Final = 60
_COMPLETED_EVERY: Final = timedelta(milliseconds=250)
_LOOKS_EVERY: Final = timedelta(seconds=1)
_LONGEST_PAUSE: Final = timedelta(seconds=15)
_ANSWERS_WITHIN_S: Final = 10.0
_STREAM_IS_DEAD_AFTER_S: Final = 5.0
_TAKEN_ALL_THE_SAME: Final = 3


class ChainKeeper:
    """
    Keeps one underlying's same-day chain; `works` are what has to run beside each other for that.

    It begins before each open by itself, also after it was stopped on an earlier day. Nothing here sends an order or
    feeds what guards a position: those ask for their own quotes, whether this runs or not.
    """

    def __init__(
        self,
        *,
        underlying: Equity,
        market: MarketData,
        board: MarketBoard,
        clock: Clock,
        timers: Timers,
        every: timedelta = timedelta(seconds=1),
        expires_at: time = time(16, 15),
        pace: float = 1.0,
        wishes: QuoteWishes = NO_WISHES,
        store: ChainStore | None = None,
    ) -> None:
        """`pace` is how many seconds of `clock` pass in one of the machine's, in which `every` is counted."""
        self._underlying = underlying
        self._market = market
        self._board = board
        self._clock = clock
        self._timers = timers
        self._every = every
        self._expires_at = expires_at
        self._pace = pace
        self._wishes = wishes
        self._publisher = ChainPublisher(board, underlying.symbol, store, clock, timers)
        self._news = timers.bell()
        self._live: LiveChain | None = None
        self._unread: dict[str, Quote] = {}
        self._stopped_on: date | None = None
        self._failed_in_a_row = 0
        self._halves_in_a_row = 0
        self._heard_at = float("-inf")
        self._dirty = False
        self._problem: str | None = None
        self.polls = self.failed_polls = self.completions = 0
        board.listen(self._hear)

    @property
    def works(self) -> Sequence[Callable[[], Any]]:
        """What to run side by side for as long as the desk stands; each goes on for ever."""
        return (self._poll_again_and_again, self._complete_again_and_again, self._publisher.publish_again_and_again)

    @property
    def every(self) -> timedelta:
        """Time between two polls, of the machine."""
        return self._every

    def start(self) -> None:
        """Keep the chain, if it was stopped."""
        self._stopped_on = None

    def stop(self) -> None:
        """Keep it no longer today; it begins anew before the next open, and what is held is quoted all the same."""
        self._stopped_on = trading_day(self._clock.now())
        self._forget()

    def status(self) -> ChainStatus:
        """How it stands now."""
        now = self._clock.now()
        window = window_at(now, self._expires_at)
        known = self._board.completed(self._underlying.symbol) if self._live is not None else None
        return ChainStatus(
            state=self._state(now),
            underlying=self._underlying.symbol,
            expiry=None if known is None else known.chain.expiry,
            every_s=self._every.total_seconds(),
            contracts=0 if known is None else len(known),
            identified=0 if known is None else int(np.count_nonzero(known.reason == 0)),
            chain_age_s=None if known is None else known.age_s(now),
            oldest_quote_s=None if known is None or not len(known) else float(known.ages_s(now).max()),
            minutes_to_expiry=None if known is None else known.minutes,
            polls=self.polls,
            failed_polls=self.failed_polls,
            problem=self._problem,
            streamed=0 if self._live is None else self._live.streamed,
            vanished=0 if self._live is None else self._live.vanished,
            completions=self.completions,
            published=self._publisher.published,
            store=self._publisher.state,
            ends_at=window[1] if window else None,
            begins_at=None if window else next_begin(now),
        )

    async def poll(self) -> None:
        """Ask once for spot and chain, and take in what comes; what fails is told by `status`."""
        symbol, day = self._underlying.symbol, trading_day(self._clock.now())
        self.polls += 1
        try:
            spot = await self._timers.within(_ANSWERS_WITHIN_S, self._quote())
            chain = await self._timers.within(_ANSWERS_WITHIN_S, self._chain(symbol, day))
        except (PortError, TimeoutError) as problem:
            self._fail(str(problem) or f"no answer within {_ANSWERS_WITHIN_S:g} s")
            return
        if spot is not None:
            self._board.put_quote(spot)
        # It may have been stopped, or the day be over, while the answer was on its way.
        if self._is_due(self._clock.now()):
            self._take(chain)

    def complete(self) -> CompletedChain | None:
        """Make the figures of what stands now and show them on the board."""
        if self._live is None:
            return None
        self._dirty = False
        unread, self._unread = self._unread, {}
        for quote in unread.values():
            self._live.put(quote)
        now = self._clock.now()
        completed = self._live.completed(self._board.quote(self._underlying), now)
        self._board.put_completed(completed)
        self.completions += 1
        self._publisher.offer(completed)
        return completed

    async def _poll_again_and_again(self) -> None:
        while True:
            now = self._clock.now()
            if self._is_due(now):
                await self.poll()
                await self._pause(self._until_next(now))
            else:
                self._forget()
                await self._pause(_LOOKS_EVERY)

    def _until_next(self, began: datetime) -> timedelta:
        """Polls begin an interval apart, however long one takes; a slow source and others who ask get a breath."""
        lasting = self._backed_off()
        took = (self._clock.now() - began) / self._pace
        return max(lasting - took, lasting / 4)

    async def _complete_again_and_again(self) -> None:
        while True:
            if not self._dirty:
                await self._news.wait(self._clock.now() + timedelta(minutes=1))
            if self._dirty:
                self.complete()
            await self._pause(_COMPLETED_EVERY)

    async def _pause(self, lasting: timedelta) -> None:
        await self._timers.sleep_until(self._clock.now() + lasting * self._pace)

    async def _quote(self) -> Quote | None:
        return await self._market.quote(self._underlying)

    async def _chain(self, symbol: str, day: date) -> OptionChain | None:
        return await self._market.chain(symbol, day)

    def _take(self, chain: OptionChain | None) -> None:
        if chain is None or not len(chain):
            self._fail("there is no chain of today")
            return
        if self._live is not None and 2 * len(chain) < len(self._live):
            self._halves_in_a_row += 1
            if self._halves_in_a_row < _TAKEN_ALL_THE_SAME:
                self._fail(f"only {len(chain)} of {len(self._live)} contracts came")
                return
        self._halves_in_a_row = self._failed_in_a_row = 0
        self._problem = None
        if self._live is None:
            self._live = LiveChain(chain)
        else:
            self._live.poll(chain)
        self._wishes.want_quotes(self._nearest(chain))
        self._changed()

    def _fail(self, why: str) -> None:
        self.failed_polls += 1
        self._failed_in_a_row += 1
        self._problem = why[:200]

    def _hear(self, quote: Quote) -> None:
        if self._live is None:
            return
        if quote.instrument == self._underlying:
            self._changed()
        elif quote.instrument.symbol in self._live:
            # Taken in by the loop that completes: a fault there must not reach whoever brought the quote.
            self._unread[quote.instrument.symbol] = quote
            self._heard_at = self._clock.machine_seconds()
            self._changed()

    def _changed(self) -> None:
        self._dirty = True
        self._news.ring()

    def _nearest(self, chain: OptionChain) -> list[OptionContract]:
        """Contracts with the strikes nearest to the spot, as many as are worth streaming, the nearest last."""
        spot = self._board.quote(self._underlying)
        if spot is None or spot.mid is None:
            return []
        middle = spot.mid
        ordered = sorted(chain.contracts, key=lambda contract: abs(contract.strike - middle))
        return ordered[:STREAMED_MOST][::-1]

    def _forget(self) -> None:
        if self._live is None:
            return
        self._live = None
        self._unread = {}
        self._problem = None
        self._failed_in_a_row = self._halves_in_a_row = 0
        self._board.drop_chain(self._underlying.symbol)
        self._publisher.take_back()

    def _backed_off(self) -> timedelta:
        doubled: timedelta = self._every * 2 ** min(self._failed_in_a_row, 10)
        return min(doubled, max(_LONGEST_PAUSE, self._every))

    def _is_due(self, now: datetime) -> bool:
        return window_at(now, self._expires_at) is not None and self._stopped_on != trading_day(now)

    def _state(self, now: datetime) -> str:
        if self._stopped_on == trading_day(now):
            return "stopped"
        if window_at(now, self._expires_at) is None:
            return "closed"
        if self._live is None and self._is_before_the_open(now):
            return "waiting"
        if self._failed_in_a_row:
            return "failing"
        alive = self._clock.machine_seconds() - self._heard_at < _STREAM_IS_DEAD_AFTER_S
        return "streaming" if alive else "polling"

    def _is_before_the_open(self, now: datetime) -> bool:
        session = session_on(trading_day(now))
        return session is not None and now < session.opens
