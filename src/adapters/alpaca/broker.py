"""Alpaca as a broker: orders over HTTP, what becomes of them from its stream and from its activities."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from adapters.alpaca import fields
from adapters.alpaca.calls import Calls, Lane
from adapters.alpaca.executions import WireFill, in_order, read_activity
from adapters.alpaca.fields import Raw
from adapters.alpaca.http import AlpacaHttp, Refused
from adapters.alpaca.known_orders import KnownOrders
from adapters.alpaca.orders import FOREIGN, WireOrder, each_order, read_order, written
from adapters.alpaca.records import read_account, read_position
from adapters.alpaca.settlements import KINDS, read_settlements
from tradecore.errors import OutcomeUnknown, Rejected
from tradecore.model.account import AccountSnapshot
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.events import BrokerEvent, Execution, Filled
from tradecore.model.fees import FeeSchedule
from tradecore.model.terms import Effect
from tradecore.ports.broker import Broker, BrokerCapabilities, BrokerOrder, BrokerPosition
from tradecore.ports.clock import Clock

_MOST_ORDERS: Final = 500
_PAGE: Final = 100
_MOST_PAGES: Final = 100
_FIRST: Final = datetime(2015, 1, 1, tzinfo=UTC)
_A_DAY: Final = timedelta(days=1)
_A_SECOND: Final = timedelta(seconds=1)
_SETTLEMENTS_EACH: Final = timedelta(minutes=1)
_SETTLED_WITHIN: Final = timedelta(days=5)


class AlpacaBroker(Broker):
    """
    One account at Alpaca, or at what speaks its protocol.

    Nothing is ever sent twice by itself. `tell` is what the stream of trade updates calls; `shut` ends the events.
    """

    def __init__(
        self, calls: Calls, *, fees: FeeSchedule, clock: Clock, not_found_is_final_after: timedelta | None = None
    ) -> None:
        """
        `fees` are what the account is charged with each execution, which Alpaca does not tell with it.

        Alpaca itself promises no time after which an order can't arrive; who knows better of a simulator says so.
        """
        self._calls = calls
        self._fees = fees
        self._clock = clock
        self._final_after = not_found_is_final_after
        self._told: asyncio.Queue[BrokerEvent | None] = asyncio.Queue()
        self._first_asked = clock.now()
        self._settled_asked: datetime | None = None
        self.known = KnownOrders()

    @property
    def capabilities(self) -> BrokerCapabilities:
        """Ids are unique for ever; stops for shares rest at Alpaca."""
        return BrokerCapabilities(
            name="alpaca", unique_ids_for_ever=True, not_found_is_final_after=self._final_after, resting_stops=True
        )

    async def submit(self, order: ConfirmedOrder) -> None:
        """Send the order once, under its own id."""
        body = written(order)
        lane = Lane.EXIT if order.effect is Effect.CLOSE else Lane.ENTRY
        answer = await self._calls.ask(lane, partial(AlpacaHttp.place, body=body))
        self._learn(fields.mapping(answer, "order"))

    async def cancel(self, client_order_id: str) -> None:
        """Ask for the rest of an order to be cancelled."""
        wire_id = self.known.wire_id(client_order_id)
        if wire_id is None:
            found = await self._look_up(Lane.CANCEL, client_order_id)
            if found is None:
                raise Rejected(f"no order {client_order_id}")
            wire_id = found.id
        await self._calls.ask(Lane.CANCEL, partial(AlpacaHttp.cancel, order_id=wire_id))

    async def order(self, client_order_id: str) -> BrokerOrder | None:
        """One order, its legs with it."""
        found = await self._look_up(Lane.READ, client_order_id)
        return None if found is None else found.report

    async def open_orders(self) -> Sequence[BrokerOrder]:
        """Orders that may still fill, oldest first."""
        listed = await self._list(status="open", direction="asc")
        return [order.report for order in listed if order.report.open]

    async def executions(self, since: datetime) -> Sequence[Execution]:
        """What was executed at or after `since`, and from time to time what expiry made of options."""
        traded = [fill.filled(self._owner(fill), self._fees) for fill in await self.fills(since)]
        return [*traded, *await self._settlements(since)]

    async def positions(self) -> Sequence[BrokerPosition]:
        """Holdings by symbol."""
        answer = await self._calls.ask(Lane.READ, lambda http: http.trading("/positions"))
        held = [read_position(row) for row in fields.rows(answer, "positions")]
        return sorted((one for one in held if one.quantity), key=lambda one: one.instrument.symbol)

    async def account(self) -> AccountSnapshot:
        """Balances now."""
        answer = await self._calls.ask(Lane.READ, lambda http: http.trading("/account"))
        return read_account(fields.mapping(answer, "account"), self._clock.now())

    async def events(self) -> AsyncIterator[BrokerEvent]:
        """What was told, in order, until `shut`."""
        while (event := await self._told.get()) is not None:
            yield event

    def tell(self, event: BrokerEvent) -> None:
        """Pass one event on."""
        self._told.put_nowait(event)

    def shut(self) -> None:
        """End the events."""
        self._told.put_nowait(None)

    async def fills(self, since: datetime) -> list[WireFill]:
        """
        Executions at or after `since` in order; afterwards it is known whose they are.

        Raises:
            Unavailable, Rejected, OutcomeUnknown: The broker did not answer, or not readably.
        """
        since = max(since, _FIRST)
        found = await self._calls.ask(Lane.READ, partial(_activities, after=since - _A_SECOND))
        fills = in_order([fill for fill in map(read_activity, found) if fill.at >= since])
        await self._find_owners(fills)
        for fill in fills:
            self.known.note_fill(fill.order_id, fill.cumulative)
        return fills

    async def _settlements(self, since: datetime) -> list[Filled]:
        """
        Settlements of the last days, once a minute: they are dated by day, told late, and known ones change nothing.

        What was settled before this account was first asked about is not in anybody's books here.
        """
        now = self._clock.now()
        self._first_asked = min(self._first_asked, since)
        if self._settled_asked is not None and now - self._settled_asked < _SETTLEMENTS_EACH:
            return []
        after = max(min(since, now - _SETTLED_WITHIN), _FIRST)
        found = await self._calls.ask(Lane.READ, partial(_activities, after=after, kinds=KINDS))
        self._settled_asked = now
        return [one for one in read_settlements(found) if one.at >= self._first_asked]

    def _owner(self, fill: WireFill) -> str:
        return self.known.owner(fill.order_id) or f"{FOREIGN}{fill.order_id}"

    async def _find_owners(self, fills: list[WireFill]) -> None:
        """A leg's order does not name the order it is of; that one lists it."""
        if all(self.known.owner(fill.order_id) for fill in fills):
            return
        await self._list(status="all", direction="desc", after=_written(fills[0].at - _A_DAY))
        for part_id in {fill.order_id for fill in fills if self.known.owner(fill.order_id) is None}:
            answer = await self._find(Lane.READ, lambda http, one=part_id: http.trading(f"/orders/{one}", nested=True))
            if answer is not None:
                self._learn(answer)

    async def _list(self, **query: Any) -> list[WireOrder]:
        ask = partial(AlpacaHttp.trading, path="/orders", nested=True, limit=_MOST_ORDERS, **query)
        listed = fields.rows(await self._calls.ask(Lane.READ, ask), "orders")
        if len(listed) >= _MOST_ORDERS and query["status"] == "open":
            raise OutcomeUnknown(f"{_MOST_ORDERS} orders are open or more; they can't all be listed")
        return [order for row in listed for order in self._learn(row)]

    async def _look_up(self, lane: Lane, client_order_id: str) -> WireOrder | None:
        if client_order_id.startswith(FOREIGN):
            wire_id = client_order_id.removeprefix(FOREIGN)
            row = await self._find(lane, lambda http: http.trading(f"/orders/{wire_id}", nested=True))
        else:
            path = "/orders:by_client_order_id"
            row = await self._find(lane, lambda http: http.trading(path, client_order_id=client_order_id))
            if row is not None and row.get("order_class") == "mleg" and not row.get("legs"):
                wire_id = fields.text(row, "id")
                row = await self._find(lane, lambda http: http.trading(f"/orders/{wire_id}", nested=True))
        if row is None:
            return None
        order = read_order(row)
        self.known.learn(order)
        return order

    async def _find(self, lane: Lane, ask: Any) -> Raw | None:
        try:
            return fields.mapping(await self._calls.ask(lane, ask), "order")
        except Refused as refusal:
            if refusal.status != HTTPStatus.NOT_FOUND:
                raise
            return None

    def _learn(self, row: Raw) -> list[WireOrder]:
        orders = list(each_order(row))
        for order in orders:
            self.known.learn(order)
        return orders


def _activities(http: AlpacaHttp, after: datetime, kinds: Sequence[str] = ("FILL",)) -> list[Raw]:
    """
    Every activity of these kinds after a time, oldest first.

    Raises:
        OutcomeUnknown: There are more than can be read at once.
    """
    found: list[Raw] = []
    token: str | None = None
    for _ in range(_MOST_PAGES):
        query = {"after": _written(after), "direction": "asc", "page_size": _PAGE, "page_token": token}
        answer = http.trading("/account/activities", activity_types=",".join(kinds), **query)
        page = fields.rows(answer, "activities")
        found += page
        if len(page) < _PAGE:
            return found
        token = fields.text(page[-1], "id")
    raise OutcomeUnknown(f"more than {_MOST_PAGES * _PAGE} executions since {after:%Y-%m-%d %H:%M}")


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
