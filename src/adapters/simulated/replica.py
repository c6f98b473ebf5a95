"""What a venue would have answered some seconds ago: a reader that lags behind its writer."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from tradecore.model.account import AccountSnapshot
from tradecore.model.events import Execution
from tradecore.ports.broker import Broker, BrokerOrder, BrokerPosition

_KEPT: Final = timedelta(seconds=60)
_EVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Everything a venue tells when asked, as it stood at one instant."""

    at: datetime
    orders: Mapping[str, BrokerOrder]
    executions: Sequence[Execution]
    positions: Sequence[BrokerPosition]
    account: AccountSnapshot

    @property
    def open_orders(self) -> Sequence[BrokerOrder]:
        """Orders that may still fill, oldest first."""
        return [order for order in self.orders.values() if order.open]

    def executions_since(self, since: datetime) -> Sequence[Execution]:
        """What was executed at or after `since`."""
        return [execution for execution in self.executions if execution.at >= since]


class Replica:
    """Keeps readings of one venue; each is taken when something has changed there."""

    def __init__(self, venue: Broker) -> None:
        """Start without any."""
        self._venue = venue
        self._readings: deque[Reading] = deque()
        self._orders: dict[str, BrokerOrder] = {}

    async def read(self, now: datetime, changed: str | None) -> None:
        """Take a reading; `changed` is the order something happened to."""
        stale = [order.client_order_id for order in self._orders.values() if order.open]
        for order_id in [*stale, *([] if changed is None else [changed])]:
            found = await self._venue.order(order_id)
            if found is not None:
                self._orders[order_id] = found
        reading = Reading(
            at=now,
            orders=dict(self._orders),
            executions=await self._venue.executions(_EVER),
            positions=await self._venue.positions(),
            account=await self._venue.account(),
        )
        self._readings.append(reading)
        while len(self._readings) > 1 and self._readings[1].at < now - _KEPT:
            self._readings.popleft()

    def as_of(self, at: datetime) -> Reading | None:
        """The newest reading not after `at`; None before the first."""
        known = [reading for reading in self._readings if reading.at <= at]
        return known[-1] if known else None
