"""The simulated venue, watched: nothing is received or executed there that the truth does not judge."""

from decimal import Decimal
from typing import Any

from tests.simulation.truth import Truth, owed

from adapters.simulated.order_book import VenueOrder, WorkingOrder
from adapters.simulated.venue import SimulatedVenue
from tradecore.model.events import Execution


class WatchedVenue(SimulatedVenue):
    """Shows each order it takes, each execution, and each owed leg that will not trade."""

    truth: Truth

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._tape._tell = self._told

    def _told(self, execution: Execution) -> None:
        self.truth.executed(execution)
        self._delivery.tell(execution)

    def _take(self, order: VenueOrder) -> WorkingOrder:
        working = super()._take(order)
        self.truth.received(working)
        return working

    def _execute(self, working: WorkingOrder, prices: tuple[Decimal, ...], units: Decimal) -> None:
        super()._execute(working, prices, units)
        self.truth.look()

    def _execute_apart(self, working: WorkingOrder, prices: tuple[Decimal, ...], units: Decimal) -> None:
        super()._execute_apart(working, prices, units)
        self.truth.look()

    def _trade_owed(self, working: WorkingOrder) -> None:
        super()._trade_owed(working)
        self.truth.look()

    def _cancel(self, working: WorkingOrder) -> None:
        self.truth.excuse(owed([working]))
        super()._cancel(working)
