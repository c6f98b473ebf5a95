"""Held legs: what becomes of the exits of a bracket, an OTO or an OCO when something happens to the others."""

from adapters.simulated.brokerage.books import Books
from adapters.simulated.brokerage.orders import OPEN, ZERO, Order, Status

WITH_EXITS = ("bracket", "oto", "oco")


def after_fill(books: Books, order: Order) -> None:
    """An entry that is filled releases its exits; an exit that fills takes its quantity from the other."""
    if order.parent is None and order.order_class in ("bracket", "oto"):
        if order.status is Status.FILLED:
            release(books, order)
        return
    rest = order.leaves
    for other in siblings(order):
        if other.status not in OPEN:
            continue
        if rest == 0:
            books.end(other, Status.CANCELED)
            books.tell("canceled", other)
        else:
            other.qty = other.filled + rest


def after_end(books: Books, order: Order) -> None:
    """Exits of an entry that filled in part protect that part; those of one without a fill end with it."""
    if order.parent is None and order.order_class in ("bracket", "oto"):
        if order.filled:
            for leg in order.legs:
                leg.qty = order.filled
            release(books, order)
        else:
            _end_all(books, order.legs, order.status)
        return
    if order.order_class in WITH_EXITS:
        _end_all(books, siblings(order), order.status)


def release(books: Books, entry: Order) -> None:
    """Send the profit-taking exit to the market; a stop beside it stays held until it triggers."""
    alone = len(entry.legs) == 1
    for leg in entry.legs:
        if leg.status is Status.HELD and (leg.type == "limit" or alone):
            leg.status = Status.NEW
            leg.updated_at = books.now
            books.tell("new", leg)


def is_watched(order: Order) -> bool:
    """A held stop whose entry is filled, so that reaching its price sets it off."""
    parent = order.parent
    if order.status is not Status.HELD or parent is None or not order.type.startswith("stop"):
        return False
    return (
        parent.order_class == "oco" or parent.status is Status.FILLED or (parent.filled > ZERO and not parent.is_open)
    )


def set_off(books: Books, stop: Order) -> None:
    """A held stop was reached: the other exit leaves the market first."""
    for other in siblings(stop):
        if other.status in OPEN:
            stop.qty = other.leaves
            books.end(other, Status.CANCELED)
            books.tell("canceled", other)
    stop.status = Status.NEW
    stop.updated_at = books.now
    books.tell("new", stop)


def siblings(order: Order) -> list[Order]:
    """The exits that end when this one fills."""
    parent = order.parent
    if parent is None:
        return list(order.legs) if order.order_class == "oco" else []
    both = [parent, *parent.legs] if parent.order_class == "oco" else parent.legs
    return [one for one in both if one is not order]


def _end_all(books: Books, orders: list[Order], status: Status) -> None:
    for order in orders:
        if order.status in OPEN:
            books.end(order, status)
            books.tell(status.value, order)
