"""The simulated order flow: a market that could be one, the same for the same seed, with patterns where it says so."""

from itertools import islice

import pytest

from adapters.simulated.order_flow import PATTERNS, STEP_MS, OrderFlow, Pattern
from tradecore.microstructure.events import DepthDiff, DepthSnapshot, MarketEvent, Trade
from tradecore.microstructure.market_state import MarketState
from tradecore.microstructure.report import market_report

BEGIN = 1_782_900_000_000
PRICE = 60_000 * 10**8
FIRST_S, EACH_S = 20, 40


def flow(seed: int = 7, patterns: tuple[Pattern, ...] = ()) -> OrderFlow:
    return OrderFlow(seed, PRICE, BEGIN, patterns=patterns)


def events(made: OrderFlow, seconds: int) -> list[MarketEvent]:
    return [event for _, step in islice(made.steps(), seconds * 1000 // STEP_MS) for event in step]


def test_the_same_seed_makes_the_same_market_and_another_a_different_one() -> None:
    assert events(flow(), 5) == events(flow(), 5)
    assert events(flow(), 5) != events(flow(8), 5)


def test_steps_are_a_tenth_of_a_second_apart_and_tell_the_oldest_first() -> None:
    steps = list(islice(flow().steps(), 20))
    assert [at for at, _ in steps] == [BEGIN + STEP_MS * number for number in range(20)]
    assert all(event.at == at for at, step in steps for event in step)


@pytest.mark.parametrize("patterns", [(), PATTERNS], ids=["quiet", "planted"])
def test_the_book_is_never_crossed_and_never_out_of_step(patterns: tuple[Pattern, ...]) -> None:
    state, last_id, trades = MarketState(), None, 0
    for event in events(flow(patterns=patterns), 150):
        state.take(event)
        state.settle()
        if isinstance(event, DepthDiff | DepthSnapshot):
            assert last_id is None or not isinstance(event, DepthDiff) or event.first_id == last_id + 1
            last_id = event.last_id
        if isinstance(event, Trade):
            trades += 1
            assert event.trade_id == trades
            assert event.quantity > 0
    assert state.sequence.in_step
    assert state.sequence.gaps == 0
    bid, ask = state.book.best_bid, state.book.best_ask
    assert bid is not None
    assert ask is not None
    assert bid < ask


def test_a_snapshot_is_the_book_of_that_moment() -> None:
    made = flow()
    state = MarketState()
    for event in events(made, 61):
        state.take(event)
        state.flush()
    last = made.snapshot(BEGIN)
    for side, told in ((state.book.bids, last.bids), (state.book.asks, last.asks)):
        assert sorted((tick * state.grid.tick, quantity) for tick, quantity in side.top(10_000)) == sorted(told)


def found_in(patterns: tuple[Pattern, ...], seconds: int, seed: int) -> dict[str, int]:
    """How often an anomaly of each kind began, looked at four times a second."""
    state, began, reported = MarketState(), {}, BEGIN
    for event in events(flow(seed, patterns), seconds):
        state.take(event)
        state.settle()
        if state.newest - reported >= 250:
            reported = state.newest
            for one in market_report(state, symbol="BTCUSDT", venue="SIMULATED", now=reported)["anomalies"]:
                began[one["type"], one["first_seen"]] = one["count"]
    kinds: dict[str, int] = {}
    for (kind, _), count in began.items():
        kinds[kind] = kinds.get(kind, 0) + count
    return kinds


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_planted_pattern_is_found(pattern: Pattern) -> None:
    made = flow(patterns=(pattern,))
    events(made, FIRST_S + 1)
    assert [(planted.pattern, planted.begins) for planted in made.planted] == [(pattern, BEGIN + FIRST_S * 1000)]
    assert found_in((pattern,), FIRST_S + EACH_S, seed=7).get(pattern, 0) >= 1


def test_in_a_quiet_market_nothing_is_found() -> None:
    assert found_in((), 120, seed=7) == {}
