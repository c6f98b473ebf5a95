"""Depth messages change a book in the order of their updates, once each, or not at all."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradecore.microstructure.events import DepthDiff, DepthSnapshot
from tradecore.microstructure.sequence import BookSequence


def diff(first: int, last: int, previous: int | None = None) -> DepthDiff:
    return DepthDiff(last, first, last, (), (), previous)


def snapshot(last: int) -> DepthSnapshot:
    return DepthSnapshot(0, last, (), ())


def chain(count: int, *, futures: bool = False) -> list[DepthDiff]:
    """Messages of two updates each, after update 100; futures skip ids between them."""
    step = 5 if futures else 2
    return [
        diff(100 + step * n + 1, 100 + step * n + 2, 100 + step * (n - 1) + 2 if futures else None)
        for n in range(count)
    ]


def started(futures: bool = False) -> BookSequence:
    sequence = BookSequence()
    assert sequence.take_snapshot(snapshot(97 if futures else 100)) == (True, [])
    return sequence


@pytest.mark.parametrize("futures", [False, True])
@given(seed=st.integers(0, 10_000))
def test_doubled_and_disordered_messages_are_applied_in_order_once(futures: bool, seed: int) -> None:
    messages, chance = chain(60, futures=futures), Random(seed)
    sent = sorted(messages + chance.choices(messages, k=20), key=lambda one: one.first_id + chance.uniform(0, 30))
    sequence = BookSequence()
    sequence.take_snapshot(snapshot(101 if futures else 100))
    applied = [one for message in sent for one in sequence.take(message)]
    assert applied == messages
    assert (sequence.gaps, sequence.in_step) == (0, True)


@pytest.mark.parametrize("futures", [False, True])
def test_a_lost_message_puts_the_book_out_of_step_until_a_snapshot(futures: bool) -> None:
    messages = chain(40, futures=futures)
    sequence = BookSequence()
    sequence.take_snapshot(snapshot(101 if futures else 100))
    for message in messages[:3] + messages[4:]:
        sequence.take(message)
    assert (sequence.gaps, sequence.in_step, sequence.resyncs) == (1, False, 0)
    taken, later = sequence.take_snapshot(snapshot(messages[29].last_id))
    assert taken
    assert later == messages[30:]
    assert (sequence.resyncs, sequence.last_id) == (1, messages[-1].last_id)


def test_a_snapshot_older_than_the_messages_that_wait_is_not_taken() -> None:
    """Binance: if its lastUpdateId is below the first U, ask for another."""
    sequence = BookSequence()
    sequence.take(diff(150, 160))
    assert sequence.take_snapshot(snapshot(140)) == (False, [])
    assert sequence.take_snapshot(snapshot(149)) == (True, [diff(150, 160)])


def test_after_a_snapshot_the_first_message_may_begin_before_it() -> None:
    """Binance: drop u at or below lastUpdateId; the first one applied has U at most lastUpdateId + 1."""
    sequence = BookSequence()
    for message in (diff(150, 160), diff(161, 170), diff(171, 180)):
        sequence.take(message)
    assert sequence.take_snapshot(snapshot(165)) == (True, [diff(161, 170), diff(171, 180)])


def test_an_older_snapshot_does_not_turn_the_book_back() -> None:
    sequence = started()
    sequence.take(diff(101, 102))
    assert sequence.take_snapshot(snapshot(101)) == (False, [])
    assert sequence.last_id == 102
