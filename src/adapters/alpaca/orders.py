"""Orders on Alpaca's wire: how ours are written, how every order it reports is read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import gcd
from typing import Any, Final

from adapters.alpaca import fields
from adapters.alpaca.fields import Raw, UnreadableAnswer
from tradecore.errors import InvalidRequest, OffTick, Rejected
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.instruments import Instrument, OptionContract
from tradecore.model.terms import Effect, Leg, Limit, Market, Side, Stop, StopLimit, TimeInForce, TrailingStop
from tradecore.ports.broker import BrokerOrder, BrokerOrderStatus

OURS: Final = "tc-"
FOREIGN: Final = "ext-"
_MOST_LEGS: Final = 4
_WORKING: Final = BrokerOrderStatus.WORKING
_STATUS: Final[Mapping[str, BrokerOrderStatus]] = {
    "new": _WORKING,
    "accepted": _WORKING,
    "pending_new": _WORKING,
    "accepted_for_bidding": _WORKING,
    "pending_review": _WORKING,
    "partially_filled": _WORKING,
    "pending_cancel": _WORKING,
    "pending_replace": _WORKING,
    "held": _WORKING,
    "stopped": _WORKING,
    "suspended": _WORKING,
    "calculated": _WORKING,
    "done_for_day": _WORKING,
    "filled": BrokerOrderStatus.FILLED,
    "canceled": BrokerOrderStatus.CANCELED,
    "replaced": BrokerOrderStatus.CANCELED,
    "expired": BrokerOrderStatus.EXPIRED,
    "rejected": BrokerOrderStatus.REJECTED,
}
_ENDED_AT: Final = ("filled_at", "canceled_at", "expired_at", "failed_at", "replaced_at")


@dataclass(frozen=True, slots=True)
class WireOrder:
    """
    One order as Alpaca reports it.

    `id` is Alpaca's own; `part_ids` are the ids under which its executions are told, each with its leg: the order's own
    id, or one a leg of a multi-leg order.
    """

    id: str
    report: BrokerOrder
    part_ids: Mapping[str, Leg]
    is_leg: bool = False

    @property
    def is_multi_leg(self) -> bool:
        """Its executions are told under the ids of its legs."""
        return self.id not in self.part_ids


def written(order: ConfirmedOrder) -> dict[str, Any]:
    """
    The body that asks Alpaca for an order; every number is exact text.

    Raises:
        Rejected: Alpaca has no such order.
        OffTick, InvalidRequest: A price or quantity it would not take.
    """
    body: dict[str, Any] = {
        "client_order_id": order.client_order_id,
        "qty": _number(order.quantity),
        "time_in_force": str(order.time_in_force),
        **(_multi_leg(order) if len(order.legs) > 1 else _single(order)),
    }
    return body


def _single(order: ConfirmedOrder) -> dict[str, Any]:
    (leg,) = order.legs
    if leg.ratio != 1:
        raise Rejected("an order of one leg takes one unit of it")
    body = {"symbol": leg.instrument.symbol, "side": str(leg.side), **_terms(order, leg.instrument)}
    if isinstance(leg.instrument, OptionContract):
        _check_option(order)
        body["position_intent"] = _intent(leg, order.effect)
    return body


def _multi_leg(order: ConfirmedOrder) -> dict[str, Any]:
    options = [leg.instrument for leg in order.legs if isinstance(leg.instrument, OptionContract)]
    if len(options) != len(order.legs) or len(order.legs) > _MOST_LEGS:
        raise Rejected(f"several legs are taken of options only, and at most {_MOST_LEGS}")
    if gcd(*(leg.ratio for leg in order.legs)) != 1:
        raise Rejected("the legs' ratios have a common factor; put it into the quantity")
    if not isinstance(order.terms, Market | Limit):
        raise Rejected("several legs are taken at market or with a limit only")
    _check_option(order)
    legs = [
        {
            "symbol": leg.instrument.symbol,
            "ratio_qty": str(leg.ratio),
            "side": str(leg.side),
            "position_intent": _intent(leg, order.effect),
        }
        for leg in order.legs
    ]
    return {"order_class": "mleg", "legs": legs, **_terms(order, options[0])}


def _check_option(order: ConfirmedOrder) -> None:
    if order.time_in_force is not TimeInForce.DAY:
        raise Rejected("orders in options are taken for the day only")
    if isinstance(order.terms, TrailingStop):
        raise Rejected("options take no trailing stop")


def _intent(leg: Leg, effect: Effect) -> str:
    return f"{leg.side}_to_{effect}"


def _terms(order: ConfirmedOrder, instrument: Instrument) -> dict[str, Any]:
    terms = order.terms
    if isinstance(terms, Market):
        return {"type": "market"}
    if isinstance(terms, Limit):
        return {"type": "limit", "limit_price": _price(instrument, terms.price)}
    if isinstance(terms, Stop):
        return {"type": "stop", "stop_price": _price(instrument, terms.trigger)}
    if isinstance(terms, StopLimit):
        trigger, price = _price(instrument, terms.trigger), _price(instrument, terms.price)
        return {"type": "stop_limit", "stop_price": trigger, "limit_price": price}
    return {"type": "trailing_stop", "trail_price": _price(instrument, terms.distance)}


def _price(instrument: Instrument, price: Decimal) -> str:
    # A net price of several legs moves in cents, whatever the grid of each leg.
    tick = Decimal("0.01") if isinstance(instrument, OptionContract) else instrument.tick(price)
    if not price.is_finite() or price % tick:
        raise OffTick(f"{price} is off the {tick} grid of {instrument.symbol}")
    return _number(price)


def _number(value: Decimal) -> str:
    if not value.is_finite():
        raise InvalidRequest(f"{value} is no number that can be sent")
    return f"{value.normalize():f}"


def read_order(raw: Raw) -> WireOrder:
    """
    One order, its legs with it.

    Raises:
        UnreadableAnswer: A field is missing or unknown; it is named.
    """
    legs = fields.rows(raw.get("legs"), "legs")
    if raw.get("order_class") == "mleg" and legs:
        return _read_multi_leg(raw, legs)
    leg = Leg(fields.instrument(raw), read_side(raw))
    quantity = fields.decimal(raw, "qty")
    filled = fields.optional_decimal(raw, "filled_qty") or Decimal(0)
    return _wire_order(raw, {fields.text(raw, "id"): leg}, quantity, (filled,))


def _read_multi_leg(raw: Raw, rows: list[Raw]) -> WireOrder:
    quantity = fields.decimal(raw, "qty")
    parts: dict[str, Leg] = {}
    for row in rows:
        ratio = fields.optional_decimal(row, "ratio_qty") or fields.decimal(row, "qty") / quantity
        if ratio != int(ratio) or ratio <= 0:
            raise UnreadableAnswer(f"ratio_qty: {ratio} is no whole number")
        parts[fields.text(row, "id")] = Leg(fields.instrument(row), read_side(row), int(ratio))
    filled = tuple(fields.optional_decimal(row, "filled_qty") or Decimal(0) for row in rows)
    return _wire_order(raw, parts, quantity, filled)


def _wire_order(raw: Raw, parts: Mapping[str, Leg], quantity: Decimal, filled: tuple[Decimal, ...]) -> WireOrder:
    order_id = fields.text(raw, "id")
    report = BrokerOrder(
        client_order_id=our_name(raw),
        status=_read_status(raw),
        legs=tuple(parts.values()),
        quantity=quantity,
        filled_legs=filled,
        limit_price=fields.optional_decimal(raw, "limit_price"),
    )
    return WireOrder(order_id, report, parts, is_leg=raw.get("order_class") == "mleg" and order_id in parts)


def our_name(raw: Raw) -> str:
    """An order's id here: the client's where we gave it, else Alpaca's with the prefix of somebody else's orders."""
    given = fields.optional_text(raw, "client_order_id")
    if given is not None and given.startswith(OURS):
        return given
    return f"{FOREIGN}{fields.text(raw, 'id')}"


def read_side(raw: Raw) -> Side:
    """
    The direction of an order or an execution; a short sale is a sale.

    Raises:
        UnreadableAnswer: It is neither a purchase nor a sale.
    """
    side = fields.text(raw, "side")
    if side not in ("buy", "sell", "sell_short", "buy_to_cover"):
        raise UnreadableAnswer(f"side: {fields.shown(side)} is neither buy nor sell")
    return Side.BUY if side.startswith("buy") else Side.SELL


def _read_status(raw: Raw) -> BrokerOrderStatus:
    """A status nobody knows yet is work in progress as long as no field says that the order has ended."""
    status = fields.text(raw, "status")
    known = _STATUS.get(status)
    if known is not None:
        return known
    ended = [name for name in _ENDED_AT if raw.get(name)]
    if ended:
        raise UnreadableAnswer(f"status: {fields.shown(status)} is unknown, and {ended[0]} says that the order ended")
    return BrokerOrderStatus.WORKING


def each_order(raw: Raw) -> Iterator[WireOrder]:
    """
    An order and those nested under it: a bracket's children are orders of their own.

    Of somebody else's order that this desk can't read, nothing; of ours, an error.

    Raises:
        UnreadableAnswer: One of ours can't be read.
    """
    try:
        order = read_order(raw)
    except UnreadableAnswer:
        if (fields.optional_text(raw, "client_order_id") or "").startswith(OURS):
            raise
    else:
        yield order
        if order.is_multi_leg:
            return
    for row in fields.rows(raw.get("legs"), "legs"):
        yield from each_order(row)
