"""
Executions on Alpaca's wire: fills of the account's activities, and the messages of `trade_updates`.

The two name an execution by different ids; what both say is the order (of several legs, the leg) and how much of it was
filled with this execution. That pair is our id of it.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from adapters.alpaca import fields
from adapters.alpaca.fields import Raw
from adapters.alpaca.orders import WireOrder, read_order, read_side
from tradecore.model.events import Filled
from tradecore.model.fees import FeeSchedule
from tradecore.model.instruments import Instrument
from tradecore.model.terms import Side


@dataclass(frozen=True, slots=True)
class WireFill:
    """One execution; `order_id` is Alpaca's, `cumulative` what was filled of that order with this execution."""

    order_id: str
    instrument: Instrument
    side: Side
    quantity: Decimal
    price: Decimal
    cumulative: Decimal
    at: datetime

    @property
    def exec_id(self) -> str:
        """The same for the same execution, wherever it is told."""
        return f"{self.order_id}:{self.cumulative.normalize():f}"

    def filled(self, client_order_id: str, fees: FeeSchedule) -> Filled:
        """As the desk takes it; Alpaca tells no fee with an execution, so it comes from the schedule."""
        return Filled(
            client_order_id=client_order_id,
            at=self.at,
            exec_id=self.exec_id,
            instrument=self.instrument,
            side=self.side,
            quantity=self.quantity,
            price=self.price,
            fee=fees.fee(self.instrument, self.side, self.quantity),
        )


@dataclass(frozen=True, slots=True)
class TradeUpdate:
    """One message of `trade_updates`; `fill` is None where it tells no execution of a single-leg order."""

    event: str
    at: datetime
    order: WireOrder
    fill: WireFill | None
    reason: str

    @property
    def tells_execution(self) -> bool:
        """Something was executed, whether or not the message says what."""
        return self.event in ("fill", "partial_fill")


def read_activity(raw: Raw) -> WireFill:
    """
    One activity of type FILL.

    Raises:
        UnreadableAnswer: A field is missing or unknown; it is named.
    """
    return WireFill(
        order_id=fields.text(raw, "order_id"),
        instrument=fields.instrument(raw),
        side=read_side(raw),
        quantity=fields.decimal(raw, "qty"),
        price=fields.decimal(raw, "price"),
        cumulative=fields.decimal(raw, "cum_qty"),
        at=fields.moment(raw, "transaction_time"),
    )


def in_order(fills: list[WireFill]) -> list[WireFill]:
    """By time; executions of one order within the same instant are listed in any order, but add up in one only."""
    return sorted(fills, key=lambda fill: (fill.at, fill.cumulative))


def read_trade_update(raw: Raw) -> TradeUpdate:
    """
    The `data` of one message of `trade_updates`.

    Raises:
        UnreadableAnswer: A field is missing or unknown; it is named.
    """
    event = fields.text(raw, "event")
    row = fields.mapping(raw.get("order"), "order")
    order = read_order(row)
    at = fields.moment(raw, "timestamp")
    told = event in ("fill", "partial_fill") and not order.is_multi_leg and raw.get("qty") is not None
    return TradeUpdate(event, at, order, _fill(raw, row, order, at) if told else None, _reason(raw, row))


def _fill(raw: Raw, row: Raw, order: WireOrder, at: datetime) -> WireFill:
    leg = order.report.legs[0]
    return WireFill(
        order_id=order.id,
        instrument=leg.instrument,
        side=leg.side,
        quantity=fields.decimal(raw, "qty"),
        price=fields.decimal(raw, "price"),
        cumulative=fields.decimal(row, "filled_qty"),
        at=at,
    )


def _reason(raw: Raw, row: Raw) -> str:
    for place in (raw, row):
        for name in ("reason", "reject_reason", "message"):
            found = fields.optional_text(place, name)
            if found:
                return fields.shown(found).strip("'")
    return "the broker gave no reason"
