"""The simulated venue: one account, price-time matching, latency, partial fills, fees, collateral; seeded."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import numpy as np

from adapters.simulated.accounts import SimulatedAccount, debit_sign
from adapters.simulated.matching import (
    Match,
    against_bar,
    against_quote,
    bar_touches,
    inside_the_spread,
    is_triggered,
    trigger_of,
)
from adapters.simulated.order_book import QuoteOf, WorkingOrder, by_priority, held_back, net_touch, report
from adapters.simulated.settlement import settlement_prices, settles
from tradecore.errors import DuplicateOrder, Rejected
from tradecore.model.account import AccountSnapshot
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.events import Accepted, BrokerEvent, Canceled, Execution, Expired, Filled, Triggered
from tradecore.model.instruments import Instrument
from tradecore.model.market import Quote, QuoteBar
from tradecore.model.terms import Limit, Market, Side, StopLimit, TimeInForce
from tradecore.ports.broker import Broker, BrokerCapabilities, BrokerOrder, BrokerOrderStatus, BrokerPosition
from tradecore.ports.clock import Clock
from tradecore.ports.market_data import MarketStep

_MEETING_CHANCE: Final = 0.08
_PARTIAL_CHANCE: Final = 0.15
_LONGEST_UNDER_WAY: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Milliseconds a message takes each way: uniform between the two."""

    least_ms: float = 8.0
    most_ms: float = 45.0


class SimulatedVenue(Broker):
    """
    Matches one account's orders against a market it is shown step by step.

    Everything random comes from `seed`; call `on_step` for each market step before anyone else acts on it.
    """

    def __init__(
        self,
        *,
        account: SimulatedAccount,
        clock: Clock,
        quote_of: QuoteOf,
        seed: int,
        closes: datetime,
        latency: Latency | None = None,
        instant: bool = False,
    ) -> None:
        """Open the venue until `closes`; `instant` leaves out latency and chance (recorded bars)."""
        self._account = account
        self._clock = clock
        self._quote_of = quote_of
        self._random = np.random.default_rng([seed, 0x56454E])
        self._latency = latency or Latency()
        self._closes = closes
        self._instant = instant
        self._orders: dict[str, WorkingOrder] = {}
        self._open: list[WorkingOrder] = []
        self._events: asyncio.Queue[BrokerEvent | None] = asyncio.Queue()
        self._executions: list[Filled] = []
        self._last_delivery = 0.0

    @property
    def capabilities(self) -> BrokerCapabilities:
        """Ids are unique for ever, nothing stays under way for long, stops rest at the venue."""
        return BrokerCapabilities(
            name="simulated",
            unique_ids_for_ever=True,
            not_found_is_final_after=_LONGEST_UNDER_WAY,
            resting_stops=True,
        )

    async def submit(self, order: ConfirmedOrder) -> None:
        """Receive an order after the latency of one message; refuse what it can't take."""
        await self._travel()
        if order.client_order_id in self._orders:
            raise DuplicateOrder(f"client_order_id {order.client_order_id} must be unique")
        closed = self._clock.now() >= self._closes
        if closed and not settles(order, self._closes):
            raise Rejected("the market is closed")
        reason = None if closed else self._cannot_pay(order)
        if reason:
            raise Rejected(reason)
        working = WorkingOrder(order, order.terms, self._clock.now(), len(self._orders))
        self._orders[order.client_order_id] = working
        self._open.append(working)
        self._emit(Accepted(order.client_order_id, self._clock.now()))
        if closed:
            self._settle(working)
        elif not self._instant:
            self._match_now(working)
        if order.time_in_force is TimeInForce.IMMEDIATE_OR_CANCEL and working.is_open:
            self._cancel(working)

    async def cancel(self, client_order_id: str) -> None:
        """Cancel the rest of an order."""
        await self._travel()
        working = self._orders.get(client_order_id)
        if working is None:
            raise Rejected(f"no order {client_order_id}")
        if not working.is_open:
            raise Rejected(f"order {client_order_id} is not cancelable: it has ended")
        self._cancel(working)

    async def order(self, client_order_id: str) -> BrokerOrder | None:
        """One order."""
        working = self._orders.get(client_order_id)
        return None if working is None else report(working)

    async def open_orders(self) -> Sequence[BrokerOrder]:
        """Orders that may still fill, oldest first."""
        return [report(working) for working in self._open]

    async def executions(self, since: datetime) -> Sequence[Execution]:
        """Fills at or after `since`."""
        return [fill for fill in self._executions if fill.at >= since]

    async def positions(self) -> Sequence[BrokerPosition]:
        """Holdings by symbol."""
        held = sorted(self._account.holdings.items(), key=lambda item: item[0].symbol)
        return [BrokerPosition(instrument=instrument, quantity=quantity) for instrument, quantity in held]

    async def account(self) -> AccountSnapshot:
        """Balances now, marked at mid."""
        return self._account.snapshot(self._clock.now(), self._mark, held_back(self._open))

    async def events(self) -> AsyncIterator[BrokerEvent]:
        """Events in the venue's order until `shut`."""
        while (event := await self._events.get()) is not None:
            yield event

    def shut(self) -> None:
        """End the event stream once everything under way was delivered."""
        self._deliver_later(None)

    def open_session(self, closes: datetime) -> None:
        """Trade again, until `closes`."""
        self._closes = closes

    def end_session(self) -> None:
        """Settle what would still close expiring options at their value then; every other order expires."""
        for working in tuple(self._open):
            if settles(working.order, self._closes):
                self._settle(working)
            else:
                self._close(working, BrokerOrderStatus.EXPIRED)
                self._emit(Expired(working.order.client_order_id, self._clock.now()))

    def _settle(self, working: WorkingOrder) -> None:
        prices = settlement_prices(working.order, self._mark)
        if prices is not None:
            self._execute(working, prices, working.leaves)

    def on_step(self, step: MarketStep) -> None:
        """Match every open order against what just became known."""
        if not self._open:
            return
        bars = {bar.instrument: bar for bar in step.quote_bars}
        for working in by_priority(self._open):
            if not working.is_open:
                continue
            if self._instant:
                self._match_bar(working, bars)
            else:
                self._match_now(working)

    def _match_now(self, working: WorkingOrder) -> None:
        legs = working.order.legs
        if len(legs) > 1:
            self._match_combo(working)
            return
        quote = self._quote_of(legs[0].instrument)
        if quote is None or not self._is_live_after_stop(working, quote):
            return
        match = against_quote(legs[0].side, working.terms, quote)
        if match is None:
            match = self._meeting(working, quote)
        if match is not None:
            self._execute(working, (match.price,), self._size(working, match))

    def _match_combo(self, working: WorkingOrder) -> None:
        prices, sizes = [], []
        for leg in working.order.legs:
            quote = self._quote_of(leg.instrument)
            match = None if quote is None else against_quote(leg.side, Market(), quote)
            if match is None:
                return
            prices.append(match.price)
            sizes.append(match.size // leg.ratio)
        net = sum((leg.side.sign * leg.ratio * price for leg, price in zip(working.order.legs, prices, strict=True)))
        terms = working.terms
        if isinstance(terms, Limit) and net > terms.price:
            return
        self._execute(working, tuple(prices), min([working.leaves, *sizes]))

    def _match_bar(self, working: WorkingOrder, bars: dict[Instrument, QuoteBar]) -> None:
        first = working.bars_seen == 0
        if len(working.order.legs) > 1:
            self._match_combo_bar(working, bars, first=first)
            return
        leg = working.order.legs[0]
        bar = bars.get(leg.instrument)
        if bar is None:
            return
        working.bars_seen += 1
        trigger = trigger_of(working.terms, leg, working.best)
        if trigger is not None:
            if bar_touches(leg.side, trigger, bar):
                self._trigger(working)
            return
        match = against_bar(
            leg.side, working.terms, bar, leg.instrument.tick(bar.ask.open if bar.ask else Decimal(1)), first=first
        )
        if match is not None:
            self._execute(working, (match.price,), min(working.leaves, match.size))

    def _match_combo_bar(self, working: WorkingOrder, bars: dict[Instrument, QuoteBar], *, first: bool) -> None:
        # Highs and lows of different legs need not have met, so several legs trade at their opens only.
        order = working.order
        matches = []
        for leg in order.legs:
            bar = bars.get(leg.instrument)
            match = None if bar is None else against_bar(leg.side, Market(), bar, Decimal(0), first=True)
            if match is None:
                return
            matches.append(match)
        working.bars_seen += 1
        prices = tuple(match.price for match in matches)
        pairs = zip(order.legs, prices, strict=True)
        net = sum((leg.side.sign * leg.ratio * price for leg, price in pairs), Decimal(0))
        tick = Decimal(0) if first else min(leg.instrument.tick(abs(net)) for leg in order.legs)
        if isinstance(working.terms, Limit) and net > working.terms.price - tick:
            return
        sizes = [match.size // leg.ratio for leg, match in zip(order.legs, matches, strict=True)]
        self._execute(working, prices, min([working.leaves, *sizes]))

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
        self._emit(Triggered(working.order.client_order_id, self._clock.now()))

    def _meeting(self, working: WorkingOrder, quote: Quote) -> Match | None:
        # Somebody who wants to trade now meets a limit inside the spread the likelier the further it reaches.
        share = inside_the_spread(working.order.legs[0].side, working.terms, quote)
        if share is None or not isinstance(working.terms, Limit):
            return None
        if self._random.random() >= _MEETING_CHANCE * float(share):
            return None
        return Match(working.terms.price, working.leaves)

    def _size(self, working: WorkingOrder, match: Match) -> Decimal:
        size = min(working.leaves, match.size)
        if size > 1 and self._random.random() < _PARTIAL_CHANCE:
            return Decimal(int(self._random.integers(1, int(size))))
        return size

    def _execute(self, working: WorkingOrder, prices: tuple[Decimal, ...], units: Decimal) -> None:
        if units <= 0:
            return
        working.filled += units
        for leg, price in zip(working.order.legs, prices, strict=True):
            quantity = units * leg.ratio
            fee = self._account.fill(leg, quantity, price)
            fill = Filled(
                client_order_id=working.order.client_order_id,
                at=self._clock.now(),
                exec_id=f"x{len(self._executions) + 1}",
                instrument=leg.instrument,
                side=leg.side,
                quantity=quantity,
                price=price,
                fee=fee,
            )
            self._executions.append(fill)
            self._emit(fill)
        if working.leaves == 0:
            self._close(working, BrokerOrderStatus.FILLED)

    def _cancel(self, working: WorkingOrder) -> None:
        self._close(working, BrokerOrderStatus.CANCELED)
        self._emit(Canceled(working.order.client_order_id, self._clock.now()))

    def _close(self, working: WorkingOrder, status: BrokerOrderStatus) -> None:
        working.status = status
        self._open.remove(working)

    def _cannot_pay(self, order: ConfirmedOrder) -> str | None:
        price = order.terms.price if isinstance(order.terms, Limit | StopLimit) else net_touch(order, self._quote_of)
        if price is None:
            return "no market to price the order"
        return self._account.shortfall(
            order.legs, order.quantity, debit_sign(order.legs) * price, held_back(self._open)
        )

    def _mark(self, instrument: Instrument) -> Decimal | None:
        quote = self._quote_of(instrument)
        if quote is None:
            return None
        return quote.mid if quote.mid is not None else quote.bid

    def _travel(self) -> Coroutine[Any, Any, None]:
        return asyncio.sleep(0 if self._instant else self._delay())

    def _delay(self) -> float:
        return float(self._random.uniform(self._latency.least_ms, self._latency.most_ms)) / 1000

    def _emit(self, event: BrokerEvent) -> None:
        self._deliver_later(event)

    def _deliver_later(self, event: BrokerEvent | None) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + (0 if self._instant else self._delay())
        # One connection delivers in order, so a message never overtakes the one before it.
        self._last_delivery = max(self._last_delivery + 1e-6, due)
        loop.call_at(self._last_delivery, self._events.put_nowait, event)
