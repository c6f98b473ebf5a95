"""The simulated venue: one account, price-time matching, latency, partial fills, fees, collateral; seeded."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

from adapters.simulated.accounts import SimulatedAccount, debit_sign
from adapters.simulated.engine import Latency, MatchingEngine
from adapters.simulated.order_book import ForeignOrder, QuoteOf, VenueOrder, WorkingOrder, held_back, net_touch, report
from adapters.simulated.settlement import settlement_price, settles
from adapters.simulated.venue_record import Told, VenueRecord
from tradecore.errors import DuplicateOrder, Rejected
from tradecore.model.account import AccountSnapshot
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.events import (
    Accepted,
    BrokerEvent,
    Busted,
    Canceled,
    Corrected,
    Execution,
    Expired,
    Filled,
    Settlement,
    Triggered,
)
from tradecore.model.instruments import Instrument, OptionContract, Price
from tradecore.model.sessions import trading_day
from tradecore.model.terms import Effect, Leg, Limit, Market, Side, StopLimit, TimeInForce
from tradecore.ports.broker import Broker, BrokerCapabilities, BrokerOrder, BrokerOrderStatus, BrokerPosition
from tradecore.ports.clock import Clock

__all__ = ["Latency", "SimulatedVenue"]

LONGEST_UNDER_WAY: Final = timedelta(seconds=30)


class SimulatedVenue(MatchingEngine, Broker):
    """
    Matches one account's orders against a market it is shown step by step.

    Everything random comes from `seed`; call `on_step` for each market step before anyone else acts on it. Beside the
    port it does what happens to an account whoever trades on it: `bust`, `restate`, `liquidate`, `place_for_other`.
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
        legging: float = 0.0,
        unique_ids_for_ever: bool = True,
        not_found_is_final_after: timedelta | None = LONGEST_UNDER_WAY,
    ) -> None:
        """
        Open the venue until `closes`.

        `instant` leaves out latency and chance (recorded bars). Without `unique_ids_for_ever` an id may be used again
        once its order has ended.
        """
        super().__init__(
            account=account,
            clock=clock,
            quote_of=quote_of,
            seed=seed,
            latency=latency or Latency(),
            instant=instant,
            legging=legging,
        )
        self._closes = closes
        self._foreign = 0
        self._capabilities = BrokerCapabilities(
            name="simulated",
            unique_ids_for_ever=unique_ids_for_ever,
            not_found_is_final_after=not_found_is_final_after,
            resting_stops=True,
        )

    @property
    def capabilities(self) -> BrokerCapabilities:
        """As the venue was opened; by default ids are unique for ever and nothing stays under way for long."""
        return self._capabilities

    async def submit(self, order: ConfirmedOrder) -> None:
        """Receive an order after the latency of one message; refuse what it can't take."""
        await self._travel()
        known = self._orders.get(order.client_order_id)
        if known is not None and (known.is_open or self._capabilities.unique_ids_for_ever):
            raise DuplicateOrder(f"client_order_id {order.client_order_id} must be unique")
        closed = self._clock.now() >= self._closes
        if closed and not settles(order, self._closes):
            raise Rejected("the market is closed")
        reason = None if closed else self._cannot_pay(order)
        if reason:
            raise Rejected(reason)
        working = self._take(order)
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
        """What was executed, taken back or restated at or after `since`."""
        return self._tape.since(since)

    async def positions(self) -> Sequence[BrokerPosition]:
        """Holdings by symbol."""
        held = sorted(self._account.holdings.items(), key=lambda item: item[0].symbol)
        return [BrokerPosition(instrument=instrument, quantity=quantity) for instrument, quantity in held]

    async def account(self) -> AccountSnapshot:
        """Balances now, marked at mid."""
        return self._account.snapshot(self._clock.now(), self._mark, held_back(self._open))

    def events(self) -> AsyncIterator[BrokerEvent]:
        """Events in the venue's order until `shut`."""
        return self._delivery.events()

    def shut(self) -> None:
        """End the event stream once everything under way was delivered."""
        self._delivery.tell(None)

    def open_session(self, closes: datetime) -> None:
        """Trade again, until `closes`."""
        self._closes = closes

    def end_session(self) -> None:
        """Settle expiring options at their value then, on the order that would close them; other orders expire."""
        for working in tuple(self._open):
            if settles(working.order, self._closes):
                self._settle(working)
            else:
                self._close(working, BrokerOrderStatus.EXPIRED)
                self._delivery.tell(Expired(working.order.client_order_id, self._clock.now()))
        for instrument, held in tuple(self._account.holdings.items()):
            if isinstance(instrument, OptionContract) and instrument.expiry <= trading_day(self._closes):
                self._settle_holding(instrument, held)

    def _settle_holding(self, contract: OptionContract, held: Decimal) -> None:
        price = settlement_price(contract, self._mark)
        if price is None:
            return
        leg = Leg(contract, Side.SELL if held > 0 else Side.BUY)
        working = self._take(self._foreign_order((leg,), abs(held), None, Effect.CLOSE))
        working.taken = abs(held)
        self._tape.fill(working, leg, abs(held), price, self._clock.now(), Settlement.EXPIRED)
        self._close(working, BrokerOrderStatus.FILLED)

    def keep_record(self, record: VenueRecord) -> None:
        """Become what an earlier life of this venue left in its record, and go on writing it."""
        for told in record.read():
            self._remember(told)
        self._delivery.listener = partial(self._write, record)

    def _remember(self, told: Told) -> None:
        event = told.event
        if told.order is not None:
            working = WorkingOrder(told.order, told.order.terms, event.at, self._arrivals)
            self._arrivals += 1
            self._orders[event.client_order_id] = working
            self._open.append(working)
            self._foreign += event.client_order_id.startswith("ext-")
            return
        working = self._orders[event.client_order_id]
        if isinstance(event, Filled | Busted | Corrected):
            self._tape.remember(working, event)
            working.taken = max(working.taken, working.filled)
            if working.leaves == 0 and working.is_open:
                self._close(working, BrokerOrderStatus.FILLED)
        elif isinstance(event, Triggered):
            working.terms = Limit(working.terms.price) if isinstance(working.terms, StopLimit) else Market()
        elif isinstance(event, Canceled | Expired):
            if working.is_open:
                self._close(working, BrokerOrderStatus.CANCELED)
            working.status = BrokerOrderStatus.EXPIRED if isinstance(event, Expired) else BrokerOrderStatus.CANCELED

    def _write(self, record: VenueRecord, event: BrokerEvent) -> None:
        order = None
        if isinstance(event, Accepted):
            sent = self._orders[event.client_order_id].order
            order = ForeignOrder(
                client_order_id=sent.client_order_id,
                effect=sent.effect,
                legs=sent.legs,
                quantity=sent.quantity,
                terms=sent.terms,
                time_in_force=sent.time_in_force,
            )
        record.write(event, order)

    @property
    def confirmed_orders(self) -> Sequence[str]:
        """Ids of the orders that came from a desk, oldest first."""
        return [order_id for order_id, one in self._orders.items() if isinstance(one.order, ConfirmedOrder)]

    @property
    def standing_fills(self) -> Sequence[Filled]:
        """Executions that were not taken back, as restated, oldest first."""
        return self._tape.standing

    def bust(self, exec_id: str) -> None:
        """
        Take an execution back, its cash and holdings with it; a filled order is canceled with what is left of it.

        Raises:
            KeyError: No standing execution has this id.
        """
        self._fall_short(self._tape.bust(exec_id, self._clock.now()))

    def restate(self, exec_id: str, quantity: Decimal, price: Decimal) -> None:
        """
        Restate an execution; its fee stays.

        Raises:
            KeyError: No standing execution has this id.
        """
        self._fall_short(self._tape.restate(exec_id, quantity, price, self._clock.now()))

    def liquidate(self, instrument: Instrument) -> str | None:
        """Close a holding at the touch by an order of the broker's own; its id, None without a holding or a price."""
        held = self._account.holdings.get(instrument)
        leg = None if held is None else Leg(instrument, Side.SELL if held > 0 else Side.BUY)
        quote = self._quote_of(instrument)
        if held is None or leg is None or quote is None:
            return None
        price = quote.bid if leg.side is Side.SELL else quote.ask
        if price is None:
            return None
        working = self._take(self._foreign_order((leg,), abs(held), None, Effect.CLOSE))
        self._execute(working, (price,), abs(held))
        return working.order.client_order_id

    def place_for_other(self, legs: tuple[Leg, ...], quantity: Decimal, limit: Price | None) -> str | None:
        """Somebody else on the account enters an order, at market without `limit`; its id, None where it is refused."""
        order = self._foreign_order(legs, quantity, limit, Effect.OPEN)
        if self._clock.now() >= self._closes or self._cannot_pay(order):
            return None
        working = self._take(order)
        self._match_now(working)
        return order.client_order_id

    def _foreign_order(
        self, legs: tuple[Leg, ...], quantity: Decimal, limit: Price | None, effect: Effect
    ) -> ForeignOrder:
        self._foreign += 1
        return ForeignOrder(
            client_order_id=f"ext-{self._foreign}",
            effect=effect,
            legs=legs,
            quantity=quantity,
            terms=Market() if limit is None else Limit(limit),
        )

    def _fall_short(self, working: WorkingOrder) -> None:
        if working.status is BrokerOrderStatus.FILLED and working.filled < working.order.quantity:
            working.status = BrokerOrderStatus.CANCELED
            self._delivery.tell(Canceled(working.order.client_order_id, self._clock.now()))

    def _cannot_pay(self, order: VenueOrder) -> str | None:
        price = order.terms.price if isinstance(order.terms, Limit | StopLimit) else net_touch(order, self._quote_of)
        if price is None:
            return "no market to price the order"
        return self._account.shortfall(
            order.legs, order.quantity, debit_sign(order.legs) * price, held_back(self._open)
        )

    def _travel(self) -> Coroutine[Any, Any, None]:
        return asyncio.sleep(self._delay())
