"""What the adapter remembers of orders: whose an execution is, and how much of it was told."""

from collections import OrderedDict
from decimal import Decimal
from typing import Any, Final

from adapters.alpaca.orders import WireOrder

_MOST: Final = 20_000


class KnownOrders:
    """Alpaca's ids by ours and the other way round, the newest twenty thousand; an older one is looked up again."""

    def __init__(self) -> None:
        """Know nothing."""
        self._owners: OrderedDict[str, str] = OrderedDict()
        self._ids: OrderedDict[str, str] = OrderedDict()
        self._filled: OrderedDict[str, Decimal] = OrderedDict()

    def learn(self, order: WireOrder) -> None:
        """Remember an order and its legs; a leg told by itself says nothing about whose it is."""
        if order.is_leg:
            return
        ours = order.report.client_order_id
        _put(self._ids, ours, order.id)
        for part in (order.id, *order.part_ids):
            _put(self._owners, part, ours)

    def owner(self, part_id: str) -> str | None:
        """Our id of the order that an execution's order id belongs to."""
        return self._owners.get(part_id)

    def wire_id(self, client_order_id: str) -> str | None:
        """Alpaca's id of an order of ours."""
        return self._ids.get(client_order_id)

    def filled(self, part_id: str) -> Decimal:
        """How much of it is known to be filled, by executions and not by what an order claims."""
        return self._filled.get(part_id, Decimal(0))

    def note_fill(self, part_id: str, cumulative: Decimal) -> None:
        """So much of it is filled."""
        _put(self._filled, part_id, max(cumulative, self.filled(part_id)))


def _put(kept: "OrderedDict[str, Any]", key: str, value: Any) -> None:
    kept[key] = value
    if len(kept) > _MOST:
        kept.popitem(last=False)
