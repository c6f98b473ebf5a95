"""Matching open orders against the quotes: price, then time, and never more than a quote shows."""

from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal
from typing import Final

from adapters.simulated.brokerage.books import Books
from adapters.simulated.brokerage.exits import after_end, after_fill, is_watched, set_off
from adapters.simulated.brokerage.orders import WORKING, ZERO, Order, Status
from adapters.simulated.brokerage.tape import Touch
from tradecore.model.instruments import Instrument

_HUNDRED: Final = Decimal(100)
_CENT: Final = Decimal("0.01")
_MOST_TAKEN: Final = 4_096
_COMBINED_CHANCE: Final = 0.5


def activate(books: Books) -> None:
    """Put the orders that came in to work, the oldest first."""
    while books.arriving:
        order = books.arriving.pop(0)
        if order.status is Status.PENDING_NEW:
            _begin(books, order)


def wake(books: Books, instants: tuple[str, ...]) -> None:
    """Put orders to work that waited for the session to open (`opg`) or to close (`cls`)."""
    waiting = sorted((one for one in books.open.values() if one.status is Status.ACCEPTED), key=lambda one: one.arrival)
    for order in waiting:
        if order.status is Status.ACCEPTED and order.parent is None and order.time_in_force in instants:
            _begin(books, order)


def match(books: Books) -> None:
    """Fill what can be filled at the quotes now."""
    if len(books.taken) > _MOST_TAKEN:
        books.taken.clear()
    for order in sorted(books.open.values(), key=_priority):
        if order.status is Status.HELD:
            _watch(books, order)
        if order.status in WORKING and books_trade(books, order):
            _try(books, order)


def books_trade(books: Books, order: Order) -> bool:
    """Whether the market of an order trades now."""
    if order.parent is not None and order.parent.is_multileg:
        return False
    return books.is_open(order.instrument) or (order.extended_hours and books.in_extended_hours())


def triggered(order: Order, touch: Touch) -> bool:
    """Whether a stop's price is reached by the side of the quote it would trade at; a trailing one moves first."""
    seen = touch.ask if order.side == "buy" else touch.bid
    if seen is None:
        return False
    if order.type == "trailing_stop":
        _trail(order, seen)
    stop = order.prices.stop
    return stop is not None and (seen >= stop if order.side == "buy" else seen <= stop)


def fill(books: Books, order: Order, qty: Decimal, price: Decimal) -> None:
    """Book an execution of an order for one instrument, and tell it."""
    instrument = order.instrument
    if instrument is None:
        return
    account = books.accounts[order.account]
    _execute(books, order, instrument, qty, price)
    event = "fill" if order.leaves == 0 else "partial_fill"
    books.tell(event, order, price=price, qty=qty, position_qty=account.held(instrument.symbol))
    books.drop_if_done(order)
    _shrink_hold(order)
    after_fill(books, order)


def fill_now(books: Books, order: Order) -> bool:
    """Fill all of an order at its limit, or at the touch, whatever size is shown; False without a price."""
    if order.is_multileg:
        found = _leg_prices(books, order)
        if found is None:
            return False
        _fill_legs(books, order, found, order.leaves)
        return True
    touch = books.touch(order.instrument) if order.instrument is not None else None
    price = order.prices.limit
    if price is None and touch is not None:
        price = touch.ask if order.side == "buy" else touch.bid
    if price is None:
        return False
    fill(books, order, order.leaves, price)
    return True


def _begin(books: Books, order: Order) -> None:
    wants = order.time_in_force
    if not books_trade(books, order) or (wants == "cls" and not books.always_open and books.in_session()):
        order.status = Status.ACCEPTED
        return
    _set_status(order, Status.NEW, books)
    books.tell("new", order)
    if order.type == "trailing_stop" and order.instrument is not None:
        touch = books.touch(order.instrument)
        if touch is not None:
            triggered(order, touch)
    if wants != "fok" or _whole(books, order):
        _try(books, order)
    if wants in ("ioc", "fok", "opg", "cls") and order.is_open:
        books.end(order, Status.CANCELED)
        books.tell("canceled", order)
        after_end(books, order)


def _set_status(order: Order, status: Status, books: Books) -> None:
    order.status = status
    order.updated_at = books.now
    if order.is_multileg:
        for leg in order.legs:
            leg.status, leg.updated_at = status, books.now


def _watch(books: Books, order: Order) -> None:
    if order.instrument is None or not is_watched(order) or not books.is_open(order.instrument):
        return
    touch = books.touch(order.instrument)
    if touch is not None and triggered(order, touch):
        order.triggered = True
        set_off(books, order)


def _try(books: Books, order: Order) -> None:
    if order.is_multileg:
        _try_legs(books, order)
        return
    instrument = order.instrument
    touch = books.touch(instrument) if instrument is not None else None
    if instrument is None or touch is None:
        return
    if order.type in ("stop", "stop_limit", "trailing_stop") and not order.triggered:
        if not triggered(order, touch):
            return
        order.triggered = True
    price = _reachable(order, touch)
    qty = min(order.leaves, _shown(books, instrument, order.side, touch))
    if price is not None and qty > 0:
        _take(books, instrument, order.side, touch, qty)
        fill(books, order, qty, price)


def _reachable(order: Order, touch: Touch) -> Decimal | None:
    price = touch.ask if order.side == "buy" else touch.bid
    limit = order.prices.limit
    if price is None or limit is None:
        return price
    return price if (price <= limit if order.side == "buy" else price >= limit) else None


_LegPrice = tuple[Order, Instrument, Touch, Decimal]


def _try_legs(books: Books, parent: Order) -> None:
    found = _leg_prices(books, parent)
    if found is None:
        return
    net = sum((leg.sign * leg.ratio * price for leg, _, _, price in found), ZERO)
    if parent.prices.limit is not None and net > parent.prices.limit:
        found = _met_inside(books, parent, found, net - parent.prices.limit)
        if found is None:
            return
    shown = (_shown(books, instrument, leg.side, touch) // leg.ratio for leg, instrument, touch, _ in found)
    units = min(parent.leaves, *shown)
    if units <= 0:
        return
    for leg, instrument, touch, _ in found:
        _take(books, instrument, leg.side, touch, units * leg.ratio)
    _fill_legs(books, parent, found, units)


def _met_inside(books: Books, parent: Order, found: list[_LegPrice], short: Decimal) -> list[_LegPrice] | None:
    # Market makers price a combination as one: a net limit inside the legs' spreads, `short` of their touches, trades
    # within seconds, the sooner the further it reaches.
    spreads = [ZERO if touch.bid is None or touch.ask is None else touch.ask - touch.bid for _, _, touch, _ in found]
    whole = sum((leg.ratio * spread for (leg, _, _, _), spread in zip(found, spreads, strict=True)), ZERO)
    if short >= whole or books.luck(parent) >= _COMBINED_CHANCE * float((whole - short) / whole):
        return None
    better: list[_LegPrice] = []
    for (leg, instrument, touch, price), spread in zip(found, spreads, strict=True):
        gain = min(spread, (short / leg.ratio).quantize(_CENT, ROUND_DOWN))
        short -= gain * leg.ratio
        better.append((leg, instrument, touch, price - leg.sign * gain))
    return None if short else better


def _leg_prices(books: Books, parent: Order) -> list[_LegPrice] | None:
    found: list[_LegPrice] = []
    for leg in parent.legs:
        touch = books.touch(leg.instrument) if leg.instrument is not None else None
        price = None if touch is None else (touch.ask if leg.side == "buy" else touch.bid)
        if leg.instrument is None or touch is None or price is None:
            return None
        found.append((leg, leg.instrument, touch, price))
    return found


def _fill_legs(books: Books, parent: Order, found: list[_LegPrice], units: Decimal) -> None:
    net = sum((leg.sign * leg.ratio * price for leg, _, _, price in found), ZERO)
    for leg, instrument, _, price in found:
        _execute(books, leg, instrument, units * leg.ratio, price)
        books.drop_if_done(leg)
    parent.book(units, net, books.now)
    books.tell("fill" if parent.leaves == 0 else "partial_fill", parent, price=net, qty=units)
    books.drop_if_done(parent)
    _shrink_hold(parent)


def _execute(books: Books, order: Order, instrument: Instrument, qty: Decimal, price: Decimal) -> None:
    account = books.accounts[order.account]
    account.move(instrument, order.sign * qty, price, books.fee(instrument, order.side, qty))
    order.book(qty, price, books.now)
    account.activities.append(
        {
            "activity_type": "FILL",
            "at": books.now,
            "number": len(account.activities),
            "order_id": order.id,
            "symbol": instrument.symbol,
            "side": order.side,
            "qty": qty,
            "price": price,
            "cum_qty": order.filled,
            "leaves_qty": order.leaves,
            "type": "fill" if order.leaves == 0 else "partial_fill",
            "order_status": order.status.value,
        }
    )


def _shrink_hold(order: Order) -> None:
    if order.leaves == 0:
        order.hold = ZERO
    elif order.filled:
        order.hold = (order.hold * order.leaves / (order.leaves + order.filled)).quantize(_CENT)


def _whole(books: Books, order: Order) -> bool:
    instrument = order.instrument
    touch = books.touch(instrument) if instrument is not None else None
    if instrument is None or touch is None:
        return False
    return _reachable(order, touch) is not None and _shown(books, instrument, order.side, touch) >= order.leaves


def _shown(books: Books, instrument: Instrument, side: str, touch: Touch) -> Decimal:
    size = touch.ask_size if side == "buy" else touch.bid_size
    return Decimal(size) - books.taken.get((instrument.symbol, side, touch.at), ZERO)


def _take(books: Books, instrument: Instrument, side: str, touch: Touch, qty: Decimal) -> None:
    key = (instrument.symbol, side, touch.at)
    books.taken[key] = books.taken.get(key, ZERO) + qty


def _trail(order: Order, seen: Decimal) -> None:
    prices, buying = order.prices, order.side == "buy"
    mark = prices.water_mark
    prices.water_mark = seen if mark is None else (min(mark, seen) if buying else max(mark, seen))
    away = prices.trail_price
    if away is None:
        away = prices.water_mark * (prices.trail_percent or ZERO) / _HUNDRED
    stop = prices.water_mark + away if buying else prices.water_mark - away
    prices.stop = stop.quantize(_CENT, ROUND_DOWN)


def _priority(order: Order) -> tuple[Decimal, int]:
    limit = order.prices.limit
    if limit is None or order.is_multileg:
        return Decimal("-Infinity"), order.arrival
    return (-limit if order.side == "buy" else limit), order.arrival


def needs_watching(orders: Iterable[Order]) -> bool:
    """Whether any of these orders may fill or be set off by a quote."""
    return any(one.status in WORKING or one.status is Status.HELD for one in orders)
