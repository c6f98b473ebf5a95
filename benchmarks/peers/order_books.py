"""Serves the bench with order books: order_book in C, and dictionaries of sortedcontainers."""

import time
from importlib.metadata import version

from order_book import OrderBook
from sortedcontainers import SortedDict

from benchmarks.peers.order_flow import first_levels, level_changes
from benchmarks.peers.serving import serve

_CHANGES = 50_000


def c_book() -> float:
    """Microseconds a change of one level, the best of its side read after each."""
    book = OrderBook()
    sides = {True: book.bids, False: book.asks}
    for is_bid, tick, quantity in first_levels():
        sides[is_bid][tick] = quantity
    changes = level_changes(_CHANGES)
    began = time.perf_counter_ns()
    for is_bid, tick, quantity in changes:
        side = sides[is_bid]
        if quantity:
            side[tick] = quantity
        elif tick in side:
            del side[tick]
        side.index(0)
    return (time.perf_counter_ns() - began) / _CHANGES / 1000


def sorted_dict() -> float:
    """The same with two SortedDicts."""
    sides = {True: SortedDict(), False: SortedDict()}
    for is_bid, tick, quantity in first_levels():
        sides[is_bid][tick] = quantity
    changes = level_changes(_CHANGES)
    began = time.perf_counter_ns()
    for is_bid, tick, quantity in changes:
        side = sides[is_bid]
        if quantity:
            side[tick] = quantity
        else:
            side.pop(tick, None)
        side.peekitem(-1 if is_bid else 0)
    return (time.perf_counter_ns() - began) / _CHANGES / 1000


if __name__ == "__main__":
    serve(
        {name: version(name) for name in ("order-book", "sortedcontainers")},
        {"c_book": c_book, "sorted_dict": sorted_dict},
    )
