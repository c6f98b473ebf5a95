"""The door of the desk: each order is judged as it leaves, before anything else happens to it."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from tests.simulation.truth import Truth

from tradecore.model.account import AccountSnapshot
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.events import BrokerEvent, Execution
from tradecore.ports.broker import Broker, BrokerCapabilities, BrokerOrder, BrokerPosition


class Witness(Broker):
    """Shows the truth each order on its way out and passes everything on."""

    def __init__(self, wire: Broker, truth: Truth) -> None:
        self._wire = wire
        self._truth = truth

    @property
    def capabilities(self) -> BrokerCapabilities:
        return self._wire.capabilities

    async def submit(self, order: ConfirmedOrder) -> None:
        self._truth.leaves(order)
        await self._wire.submit(order)

    async def cancel(self, client_order_id: str) -> None:
        await self._wire.cancel(client_order_id)

    async def order(self, client_order_id: str) -> BrokerOrder | None:
        return await self._wire.order(client_order_id)

    async def open_orders(self) -> Sequence[BrokerOrder]:
        return await self._wire.open_orders()

    async def executions(self, since: datetime) -> Sequence[Execution]:
        return await self._wire.executions(since)

    async def positions(self) -> Sequence[BrokerPosition]:
        return await self._wire.positions()

    async def account(self) -> AccountSnapshot:
        return await self._wire.account()

    def events(self) -> AsyncIterator[BrokerEvent]:
        return self._wire.events()
