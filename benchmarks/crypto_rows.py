"""Order books, analytics and reports of crypto pairs."""

import time

from benchmarks.peer_process import Peers
from benchmarks.peers.order_flow import FIRST_TICK, TICK, first_levels, level_changes
from benchmarks.timing import Against, Goal, Pace, Row, compare, each
from tradecore.microstructure.book import OrderBook
from tradecore.microstructure.events import DepthDiff, DepthSnapshot, MarketEvent, Trade
from tradecore.microstructure.market_state import MarketState
from tradecore.microstructure.report import market_report

_CHANGES = 50_000
_EVENTS = 20_000
_BEGIN = 1_700_000_000_000


def book_changes(pace: Pace, peers: Peers) -> list[Row]:
    """One level changes, and the best of its side is read."""
    changes, first = level_changes(pace.calls(_CHANGES)), first_levels()

    def ours() -> float:
        book = OrderBook()
        book.load(*([(tick, quantity) for bid, tick, quantity in first if bid is wanted] for wanted in (True, False)))
        bids, asks = book.bids, book.asks
        messages = [(bids if is_bid else asks, [(tick, quantity)]) for is_bid, tick, quantity in changes]
        began = time.perf_counter_ns()
        for side, message in messages:
            side.apply(message)
            _ = side.best
        return (time.perf_counter_ns() - began) / len(messages) / 1000

    return compare(
        "order book: one level changes, best read",
        ours,
        Against("order_book, in C", peers.order_books.job("c_book"), Goal(ratio=1 / 1.1)),
        Against("two SortedDicts", peers.order_books.job("sorted_dict")),
        Against("Nautilus, delta built and applied", peers.nautilus.job("level_change"), Goal(ratio=0.1)),
        pace=pace,
    )


def market_analytics(pace: Pace, peers: Peers) -> list[Row]:
    """Depth and trades through book, windows and detectors, and the report of them."""
    events = _order_flow(pace.calls(_EVENTS))

    def analyse() -> float:
        state = MarketState(tick=TICK)
        began = time.perf_counter_ns()
        for event in events:
            state.take(event)
            state.settle()
        return (time.perf_counter_ns() - began) / len(events) / 1000

    state = MarketState(tick=TICK)
    for event in events:
        state.take(event)
    state.flush()

    def report() -> object:
        return market_report(state, symbol="BTCUSDT", venue="BINANCE", now=state.newest)

    rows = compare(
        "market analytics, an event: book, windows, detectors",
        analyse,
        Against("two SortedDicts, a change of one level alone", peers.order_books.job("sorted_dict")),
        pace=pace,
    )
    return rows + compare(
        "market report of 20 levels, with detectors",
        each(report, pace.calls(200)),
        Against("Nautilus, a change of one level alone", peers.nautilus.job("level_change")),
        pace=pace,
    )


def _order_flow(count: int) -> list[MarketEvent]:
    """A trade after every third change, ten milliseconds apart; seven changes in a message."""
    first = first_levels()
    sides = [tuple((tick * TICK, quantity) for bid, tick, quantity in first if bid is side) for side in (True, False)]
    events: list[MarketEvent] = [DepthSnapshot(_BEGIN, 1, sides[0], sides[1])]
    changes = level_changes(7 * count, seed=5)
    for number in range(1, count):
        at = _BEGIN + 10 * number
        if number % 4 == 3:
            price = (FIRST_TICK + number % 5) * TICK
            events.append(Trade(at, number, price, 1_000_000 + number % 97, number % 8 == 3))
            continue
        part = changes[7 * number : 7 * number + 7]
        bids, asks = (
            tuple((tick * TICK, quantity) for is_bid, tick, quantity in part if is_bid is side)
            for side in (True, False)
        )
        update = 1 + len(events)
        events.append(DepthDiff(at, update, update, bids, asks))
    return _numbered(events)


def _numbered(events: list[MarketEvent]) -> list[MarketEvent]:
    """Update ids without gaps, whatever trades stand between."""
    update, found = 1, []
    for event in events:
        if isinstance(event, DepthDiff):
            update += 1
            event = event._replace(first_id=update, last_id=update)
        found.append(event)
    return found
