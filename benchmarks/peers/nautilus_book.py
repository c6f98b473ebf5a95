"""NautilusTrader's order book: changes of one level, objects built and applied."""

import time

from nautilus_trader.model.book import OrderBook
from nautilus_trader.model.data import BookOrder, OrderBookDelta
from nautilus_trader.model.enums import BookAction, BookType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.objects import Price, Quantity

from benchmarks.peers.order_flow import Change, first_levels, level_changes

_CHANGES = 20_000
_PAIR = InstrumentId.from_str("BTCUSDT.BINANCE")
_ZERO = Quantity(0, 2)


def level_change() -> float:
    """Microseconds a change of one level, the best of its side read after each."""
    book = OrderBook(_PAIR, BookType.L2_MBP)
    for number, change in enumerate(first_levels()):
        book.apply_delta(_delta(change, number))
    changes = level_changes(_CHANGES)
    began = time.perf_counter_ns()
    for number, change in enumerate(changes, 2_000):
        book.apply_delta(_delta(change, number))
        if change[0]:
            book.best_bid_price()
        else:
            book.best_ask_price()
    return (time.perf_counter_ns() - began) / _CHANGES / 1000


def _delta(change: Change, number: int) -> OrderBookDelta:
    is_bid, tick, quantity = change
    size = Quantity(quantity / 1e8, 2) if quantity else _ZERO
    order = BookOrder(OrderSide.BUY if is_bid else OrderSide.SELL, Price(tick / 100, 2), size, tick)
    action = BookAction.UPDATE if quantity else BookAction.DELETE
    return OrderBookDelta(_PAIR, action, order, 0, number, number, number)
