"""A book on a grid is the same as a dictionary of levels, wherever the touch goes."""

from hypothesis import given
from hypothesis import strategies as st

from tradecore.microstructure.book import BookSide, OrderBook

NEAR = st.integers(min_value=999_900, max_value=1_000_100)
FAR = st.integers(min_value=1, max_value=3_000_000)
LEVEL = st.tuples(NEAR | FAR, st.integers(min_value=0, max_value=9))


@given(
    sign=st.sampled_from([1, -1]),
    first=st.lists(LEVEL, max_size=30, unique_by=lambda level: level[0]),
    messages=st.lists(st.lists(LEVEL, min_size=1, max_size=12), max_size=25),
)
def test_any_changes_leave_the_levels_a_dictionary_would_hold(
    sign: int, first: list[tuple[int, int]], messages: list[list[tuple[int, int]]]
) -> None:
    side = BookSide(sign)
    side.load(first)
    held = {tick: quantity for tick, quantity in first if quantity}
    for message in [[], *messages]:
        if message:
            side.apply(message)
        for tick, quantity in message:
            held[tick] = quantity
        held = {tick: quantity for tick, quantity in held.items() if quantity}
        best_first = sorted(held.items(), reverse=sign > 0)
        assert side.top(7) == best_first[:7]
        assert side.best == (sign * best_first[0][0] if best_first else None)
        assert all(side.quantity(sign * tick) == held.get(tick, 0) for tick, _ in message)


def test_changes_of_large_and_of_watched_levels_are_noted() -> None:
    side = BookSide(1)
    side.load([(100, 5), (99, 50)])
    side.large = 40
    side.watched.add(100)
    side.apply([(100, 4), (99, 0), (98, 39), (97, 41)])
    assert side.notable == [(100, 5, 4), (99, 50, 0), (97, 0, 41)]


def test_a_finer_tick_keeps_every_level() -> None:
    book = OrderBook()
    book.load([(100, 5), (90, 6)], [(101, 7)])
    book.refine(10)
    assert (book.bids.top(5), book.asks.top(5)) == ([(1000, 5), (900, 6)], [(1010, 7)])


def test_a_book_whose_bid_reaches_its_ask_is_crossed() -> None:
    book = OrderBook()
    book.load([(100, 5)], [(101, 7)])
    assert not book.is_crossed
    book.apply([(101, 1)], [])
    assert book.is_crossed
