"""A broker without a world: fills at once against the quotes it is told, or rests."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from tradecore.errors import DuplicateOrder, Rejected
from tradecore.model.account import AccountSnapshot
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.events import Accepted, BrokerEvent, Canceled, Execution, Filled
from tradecore.model.fees import FeeSchedule
from tradecore.model.instruments import Instrument
from tradecore.model.market import Quote
from tradecore.model.money import Money, usd
from tradecore.model.terms import Limit, Market, Side
from tradecore.ports.broker import Broker, BrokerCapabilities, BrokerOrder, BrokerOrderStatus, BrokerPosition
from tradecore.ports.clock import Clock


@dataclass(slots=True)
class _Held:
    order: ConfirmedOrder
    filled: Decimal = Decimal(0)
    open: bool = True
    canceled: bool = False


class MemoryBroker(Broker):
    """Single-leg market and limit orders, long only; the smallest broker that keeps the port's promises."""

    def __init__(self, clock: Clock, *, account: str, cash: Money, fees: FeeSchedule) -> None:
        """An account with this much cash."""
        self._clock = clock
        self._name = account
        self._cash = cash
        self._fees = fees
        self._orders: dict[str, _Held] = {}
        self._quotes: dict[Instrument, Quote] = {}
        self._holdings: dict[Instrument, Decimal] = {}
        self._events: asyncio.Queue[BrokerEvent | None] = asyncio.Queue()
        self._executions: list[Filled] = []

    @property
    def capabilities(self) -> BrokerCapabilities:
        """Ids are unique for ever; nothing is ever under way; no stops."""
        return BrokerCapabilities(
            name="memory", unique_ids_for_ever=True, not_found_is_final_after=timedelta(0), resting_stops=False
        )

    def show(self, quote: Quote) -> None:
        """Make this the instrument's market and fill what it crosses, oldest order first."""
        self._quotes[quote.instrument] = quote
        for held in self._orders.values():
            if held.open and held.order.legs[0].instrument == quote.instrument:
                self._match(held)

    async def submit(self, order: ConfirmedOrder) -> None:
        """Take an order that can be paid for."""
        if order.client_order_id in self._orders:
            raise DuplicateOrder(f"client_order_id {order.client_order_id} must be unique")
        reason = self._refusal(order)
        if reason:
            raise Rejected(reason)
        held = self._orders[order.client_order_id] = _Held(order)
        self._events.put_nowait(Accepted(order.client_order_id, self._clock.now()))
        self._match(held)

    async def cancel(self, client_order_id: str) -> None:
        """Cancel the rest of an order."""
        held = self._orders.get(client_order_id)
        if held is None or not held.open:
            raise Rejected(f"order {client_order_id} is not there or has ended")
        held.open, held.canceled = False, True
        self._events.put_nowait(Canceled(client_order_id, self._clock.now()))

    async def order(self, client_order_id: str) -> BrokerOrder | None:
        """One order."""
        held = self._orders.get(client_order_id)
        return None if held is None else _report(held)

    async def open_orders(self) -> Sequence[BrokerOrder]:
        """Orders that may still fill, oldest first."""
        return [_report(held) for held in self._orders.values() if held.open]

    async def executions(self, since: datetime) -> Sequence[Execution]:
        """Fills at or after `since`."""
        return [fill for fill in self._executions if fill.at >= since]

    async def positions(self) -> Sequence[BrokerPosition]:
        """Holdings by symbol."""
        held = sorted(self._holdings.items(), key=lambda item: item[0].symbol)
        return [BrokerPosition(instrument=i, quantity=quantity) for i, quantity in held if quantity]

    async def account(self) -> AccountSnapshot:
        """Balances, marked at mid."""
        value = Decimal(0)
        for instrument, quantity in self._holdings.items():
            quote = self._quotes.get(instrument)
            mark = quote.mid if quote is not None else None
            value += quantity * instrument.multiplier * (mark or 0)
        return AccountSnapshot(
            account=self._name,
            at=self._clock.now(),
            cash=self._cash,
            equity=self._cash + usd(value),
            buying_power=self._cash,
            options_buying_power=self._cash,
        )

    async def events(self) -> AsyncIterator[BrokerEvent]:
        """Events in order until `shut`."""
        while (event := await self._events.get()) is not None:
            yield event

    def shut(self) -> None:
        """End the event stream."""
        self._events.put_nowait(None)

    def _refusal(self, order: ConfirmedOrder) -> str | None:
        leg = order.legs[0]
        if len(order.legs) > 1 or not isinstance(order.terms, Market | Limit):
            return "only single-leg market and limit orders are taken"
        if leg.side is Side.SELL:
            short = self._holdings.get(leg.instrument, Decimal(0)) < order.quantity
            return "uncovered sales are not taken" if short else None
        quote = self._quotes.get(leg.instrument)
        price = order.terms.price if isinstance(order.terms, Limit) else (quote.ask if quote else None)
        if price is None:
            return "no market to price the order"
        cost = usd(price * order.quantity * leg.instrument.multiplier)
        return "insufficient buying power" if self._cash < cost else None

    def _match(self, held: _Held) -> None:
        leg, terms = held.order.legs[0], held.order.terms
        quote = self._quotes.get(leg.instrument)
        if quote is None or quote.bid is None or quote.ask is None:
            return
        price, size = (quote.ask, quote.ask_size) if leg.side is Side.BUY else (quote.bid, quote.bid_size)
        if isinstance(terms, Limit) and (price > terms.price if leg.side is Side.BUY else price < terms.price):
            return
        quantity = min(held.order.quantity - held.filled, size)
        held.filled += quantity
        held.open = held.filled < held.order.quantity
        fee = self._fees.fee(leg.instrument, leg.side, quantity)
        signed = leg.side.sign * quantity
        self._holdings[leg.instrument] = self._holdings.get(leg.instrument, Decimal(0)) + signed
        self._cash = self._cash - usd(signed * price * leg.instrument.multiplier) - fee
        order_id = held.order.client_order_id
        exec_id = f"{order_id}/{held.filled}"
        now = self._clock.now()
        fill = Filled(order_id, now, exec_id, leg.instrument, leg.side, quantity, price, fee)
        self._executions.append(fill)
        self._events.put_nowait(fill)


def _report(held: _Held) -> BrokerOrder:
    order = held.order
    ended = BrokerOrderStatus.CANCELED if held.canceled else BrokerOrderStatus.FILLED
    return BrokerOrder(
        client_order_id=order.client_order_id,
        status=BrokerOrderStatus.WORKING if held.open else ended,
        legs=order.legs,
        quantity=order.quantity,
        filled_legs=(held.filled,),
        limit_price=order.terms.price if isinstance(order.terms, Limit) else None,
    )
