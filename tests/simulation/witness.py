"""The door of the desk: each order is judged as it leaves, before anything else happens to it."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

from tests.simulation.overheard import Overheard
from tests.simulation.truth import Broken, Truth

from tradecore.model.account import AccountSnapshot
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.events import BrokerEvent, Execution
from tradecore.model.terms import Effect
from tradecore.ports.broker import Broker, BrokerCapabilities, BrokerOrder, BrokerPosition


class Witness(Broker):
    """Shows the truth each order on its way out and passes everything on."""

    def __init__(self, wire: Broker, truth: Truth, overheard: Overheard, on_leaving: Callable[[], None]) -> None:
        self._wire = wire
        self._truth = truth
        self._overheard = overheard
        self._on_leaving = on_leaving
        self._unasked: set[str] = set()

    def see_recovery(self) -> None:
        """A desk lives again: it has to hear all that the venue knows before it takes risk."""
        self._unasked = {"open orders", "executions", "positions", "account"}

    @property
    def capabilities(self) -> BrokerCapabilities:
        return self._wire.capabilities

    async def submit(self, order: ConfirmedOrder) -> None:
        self._truth.leaves(order)
        if order.effect is Effect.OPEN and self._unasked:
            text = f"{order.client_order_id} left before a new life had asked for {', '.join(sorted(self._unasked))}"
            self._truth.note(Broken.UNCONFIRMED, text)
        self._on_leaving()
        with self._overheard.answer_to(order.client_order_id):
            await self._wire.submit(order)

    async def cancel(self, client_order_id: str) -> None:
        await self._wire.cancel(client_order_id)

    async def order(self, client_order_id: str) -> BrokerOrder | None:
        return await self._wire.order(client_order_id)

    async def open_orders(self) -> Sequence[BrokerOrder]:
        found = await self._wire.open_orders()
        self._unasked.discard("open orders")
        return found

    async def executions(self, since: datetime) -> Sequence[Execution]:
        found = await self._wire.executions(since)
        self._unasked.discard("executions")
        return found

    async def positions(self) -> Sequence[BrokerPosition]:
        found = await self._wire.positions()
        self._unasked.discard("positions")
        return found

    async def account(self) -> AccountSnapshot:
        found = await self._wire.account()
        self._unasked.discard("account")
        return found

    def events(self) -> AsyncIterator[BrokerEvent]:
        return self._wire.events()
