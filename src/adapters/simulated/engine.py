"""The venue's matching engine: one account's orders against a market it is shown step by step."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from adapters.simulated.accounts import SimulatedAccount
from adapters.simulated.delivery import Delivery
from adapters.simulated.executions import ExecutionTape
from adapters.simulated.matching import (
    Match,
    against_bar,
    against_quote,
    all_legs,
    all_legs_at_open,
    bar_touches,
    inside_the_spread,
    is_triggered,
    met_inside,
    trigger_of,
)
from adapters.simulated.order_book import QuoteOf, VenueOrder, WorkingOrder, by_priority
from adapters.simulated.settlement import settlement_prices
from tradecore.model.events import Accepted, Canceled, Triggered
from tradecore.model.instruments import Instrument
from tradecore.model.market import Quote, QuoteBar
from tradecore.model.terms import Limit, Market, Side, StopLimit
from tradecore.ports.broker import BrokerOrderStatus
from tradecore.ports.clock import Clock
from tradecore.ports.market_data import MarketStep

_MEETING_CHANCE: Final = 0.08
_COMBINED_CHANCE: Final = 0.5
_PARTIAL_CHANCE: Final = 0.15
_SECOND_LEG_FAILS: Final = 0.3
_SECOND_LEG_WAITS_S: Final = (0.2, 8.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Milliseconds a message takes each way: uniform between the two."""

    least_ms: float = 8.0
    most_ms: float = 45.0


class MatchingEngine:
    """
    Works orders; what they trade goes to the tape, what becomes of them to the delivery.

    `legging` is the chance that the legs of a combination trade apart: purchases first, the rest later or never;
    `torn` counts how often they did.
    """

    def __init__(
        self,
        *,
        account: SimulatedAccount,
        clock: Clock,
        quote_of: QuoteOf,
        seed: int,
        latency: Latency,
        instant: bool,
        legging: float,
    ) -> None:
        """Open an empty book; everything random comes from `seed`."""
        self._account = account
        self._clock = clock
        self._quote_of = quote_of
        self._random = np.random.default_rng([seed, 0x56454E])
        self._latency = latency
        self._instant = instant
        self.legging = legging
        self.torn = 0
        self._orders: dict[str, WorkingOrder] = {}
        self._open: list[WorkingOrder] = []
        self._arrivals = 0
        self._delivery = Delivery(self._delay)
        self._tape = ExecutionTape(account, self._delivery.tell)

    def on_step(self, step: MarketStep) -> None:
        """Match every open order against what just became known."""
        if not self._open:
            return
        bars = {bar.instrument: bar for bar in step.quote_bars}
        for working in by_priority(self._open):
            if not working.is_open or working.owed:
                continue
            if self._instant:
                self._match_bar(working, bars)
            else:
                self._match_now(working)

    def _take(self, order: VenueOrder) -> WorkingOrder:
        working = WorkingOrder(order, order.terms, self._clock.now(), self._arrivals)
        self._arrivals += 1
        self._orders[order.client_order_id] = working
        self._open.append(working)
        self._delivery.tell(Accepted(order.client_order_id, self._clock.now()))
        return working

    def _match_now(self, working: WorkingOrder) -> None:
        legs = working.order.legs
        if len(legs) > 1:
            quotes = [self._quote_of(leg.instrument) for leg in legs]
            matches = all_legs(legs, working.terms, quotes) or self._combined_meeting(working, quotes)
            if matches is not None:
                self._execute_all(working, matches)
            return
        quote = self._quote_of(legs[0].instrument)
        if quote is None or not self._is_live_after_stop(working, quote):
            return
        match = against_quote(legs[0].side, working.terms, quote)
        if match is None:
            match = self._meeting(working, quote)
        if match is not None:
            self._execute(working, (match.price,), self._size(working, match))

    def _match_bar(self, working: WorkingOrder, bars: dict[Instrument, QuoteBar]) -> None:
        first = working.bars_seen == 0
        legs = working.order.legs
        if len(legs) > 1:
            quoted = [bars.get(leg.instrument) for leg in legs]
            working.bars_seen += all(bar is not None and bar.bid and bar.ask for bar in quoted)
            matches = all_legs_at_open(legs, working.terms, quoted, first=first)
            if matches is not None:
                self._execute_all(working, matches)
            return
        leg = legs[0]
        bar = bars.get(leg.instrument)
        if bar is None:
            return
        working.bars_seen += 1
        trigger = trigger_of(working.terms, leg, working.best)
        if trigger is not None:
            if bar_touches(leg.side, trigger, bar):
                self._trigger(working)
            return
        tick = leg.instrument.tick(bar.ask.open if bar.ask else Decimal(1))
        match = against_bar(leg.side, working.terms, bar, tick, first=first)
        if match is not None:
            self._execute(working, (match.price,), min(working.leaves, match.size))

    def _is_live_after_stop(self, working: WorkingOrder, quote: Quote) -> bool:
        leg = working.order.legs[0]
        favourable = quote.bid if leg.side is Side.SELL else quote.ask
        if favourable is not None:
            better = max if leg.side is Side.SELL else min
            working.best = favourable if working.best is None else better(working.best, favourable)
        trigger = trigger_of(working.terms, leg, working.best)
        if trigger is None:
            return True
        if not is_triggered(leg.side, trigger, quote):
            return False
        self._trigger(working)
        return True

    def _trigger(self, working: WorkingOrder) -> None:
        terms = working.terms
        working.terms = Limit(terms.price) if isinstance(terms, StopLimit) else Market()
        self._delivery.tell(Triggered(working.order.client_order_id, self._clock.now()))

    def _meeting(self, working: WorkingOrder, quote: Quote) -> Match | None:
        # Somebody who wants to trade now meets a limit inside the spread the likelier the further it reaches.
        share = inside_the_spread(working.order.legs[0].side, working.terms, quote)
        if share is None or not isinstance(working.terms, Limit):
            return None
        if self._random.random() >= _MEETING_CHANCE * float(share):
            return None
        return Match(working.terms.price, working.leaves)

    def _combined_meeting(self, working: WorkingOrder, quotes: Sequence[Quote | None]) -> tuple[Match, ...] | None:
        # Market makers price a combination as one: nearer its mid than the sum of its legs' touches.
        met = met_inside(working.order.legs, working.terms, quotes)
        if met is None or self._random.random() >= _COMBINED_CHANCE * float(met[0]):
            return None
        return met[1]

    def _size(self, working: WorkingOrder, match: Match) -> Decimal:
        size = min(working.leaves, match.size)
        if size > 1 and self._random.random() < _PARTIAL_CHANCE:
            return Decimal(int(self._random.integers(1, int(size))))
        return size

    def _settle(self, working: WorkingOrder) -> None:
        prices = settlement_prices(working.order, self._mark)
        if prices is not None:
            self._execute(working, prices, working.leaves)

    def _execute_all(self, working: WorkingOrder, matches: tuple[Match, ...]) -> None:
        prices = tuple(match.price for match in matches)
        units = min([working.leaves, *(match.size for match in matches)])
        apart = self.legging > 0 and units > 0 and self._random.random() < self.legging
        if apart and any(leg.side is Side.SELL for leg in working.order.legs):
            self._execute_apart(working, prices, units)
        else:
            self._execute(working, prices, units)

    def _execute(self, working: WorkingOrder, prices: tuple[Decimal, ...], units: Decimal) -> None:
        if units <= 0:
            return
        working.taken += units
        for leg, price in zip(working.order.legs, prices, strict=True):
            self._tape.fill(working, leg, units * leg.ratio, price, self._clock.now())
        if working.leaves == 0:
            self._end(working, BrokerOrderStatus.FILLED)

    def _execute_apart(self, working: WorkingOrder, prices: tuple[Decimal, ...], units: Decimal) -> None:
        self.torn += 1
        # Purchases trade first: what is held meanwhile can lose no more than was paid for it.
        working.taken += units
        for leg, price in zip(working.order.legs, prices, strict=True):
            if leg.side is Side.BUY:
                self._tape.fill(working, leg, units * leg.ratio, price, self._clock.now())
            else:
                working.owed.append((leg, units * leg.ratio, price))
        fails = self._random.random() < _SECOND_LEG_FAILS
        wait = float(self._random.uniform(*_SECOND_LEG_WAITS_S))
        asyncio.get_running_loop().call_later(wait, self._drop_owed if fails else self._trade_owed, working)

    def _trade_owed(self, working: WorkingOrder) -> None:
        if not working.is_open:
            return
        owed, working.owed = working.owed, []
        for leg, quantity, price in owed:
            self._tape.fill(working, leg, quantity, price, self._clock.now())
        if working.leaves == 0:
            self._end(working, BrokerOrderStatus.FILLED)

    def _drop_owed(self, working: WorkingOrder) -> None:
        if working.is_open:
            self._cancel(working)

    def _cancel(self, working: WorkingOrder) -> None:
        working.owed.clear()
        self._close(working, BrokerOrderStatus.CANCELED)
        self._delivery.tell(Canceled(working.order.client_order_id, self._clock.now()))

    def _end(self, working: WorkingOrder, status: BrokerOrderStatus) -> None:
        """Close an order with nothing left to trade; with a part of it taken back it is canceled, not filled."""
        if working.filled < working.order.quantity:
            self._cancel(working)
        else:
            self._close(working, status)

    def _close(self, working: WorkingOrder, status: BrokerOrderStatus) -> None:
        working.status = status
        self._open.remove(working)

    def _mark(self, instrument: Instrument) -> Decimal | None:
        quote = self._quote_of(instrument)
        if quote is None:
            return None
        return quote.mid if quote.mid is not None else quote.bid

    def _delay(self) -> float:
        if self._instant:
            return 0.0
        return float(self._random.uniform(self._latency.least_ms, self._latency.most_ms)) / 1000
