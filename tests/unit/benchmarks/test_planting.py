"""What is planted in a market leaves it a market, and is what the study then looks for."""

from itertools import islice

import pytest
from benchmarks.detectors import Score, begun_in
from benchmarks.planting import KINDS, Planted, Planter

from adapters.simulated.order_flow import OrderFlow
from tradecore.microstructure.events import UNITS, DepthDiff, DepthSnapshot, MarketEvent, Trade
from tradecore.microstructure.market_state import MarketState

BEGIN = 1_782_900_000_000


def quiet(seconds: int, seed: int = 3) -> list[MarketEvent]:
    """A market in which nothing was planted, its first snapshot first."""
    flow = OrderFlow(seed, 60_000 * UNITS, BEGIN)
    events = [event for _, step in islice(flow.steps(), seconds * 10) for event in step]
    first = next(place for place, event in enumerate(events) if isinstance(event, DepthSnapshot))
    return events[first:]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_book_with_patterns_is_in_step_and_not_crossed_and_each_kind_is_planted(seed: int) -> None:
    planter, state = Planter(seed), MarketState()
    for event in planter.over(quiet(170)):
        if not isinstance(event, DepthSnapshot) or not state.sequence.in_step:
            state.take(event)
        state.flush()
        assert not state.book.is_crossed
    assert state.sequence.gaps == 0
    assert sorted(one.kind for one in planter.planted) == sorted(KINDS)


def test_what_is_not_planted_is_left_as_it_was_and_trades_count_on() -> None:
    events = quiet(39)
    with_patterns = list(Planter(1).over(events))
    trades = [event for event in with_patterns if isinstance(event, Trade)]
    assert [trade.trade_id for trade in trades] == list(range(1_001, 1_001 + len(trades)))
    changes = [[event for event in told if isinstance(event, DepthDiff)] for told in (events, with_patterns)]
    for before, after in zip(*changes, strict=True):
        assert (sorted(before.bids), sorted(before.asks)) == (sorted(after.bids), sorted(after.asks))


def test_the_same_seed_plants_the_same() -> None:
    events = quiet(60)
    assert list(Planter(4).over(events)) == list(Planter(4).over(events))
    assert any(list(Planter(4).over(events)) != list(Planter(seed).over(events)) for seed in range(5, 10))


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_the_book_is_the_recorded_one_again_after_a_pattern(seed: int) -> None:
    events, alone, beside = quiet(89), MarketState(), MarketState()
    planter = Planter(seed)
    for event in events:
        alone.take(event)
    for event in planter.over(events):
        beside.take(event)
    alone.flush()
    beside.flush()
    assert planter.planted[-1].ends < events[-1].at
    assert beside.book.bids.top(2_000) == alone.book.bids.top(2_000)
    assert beside.book.asks.top(2_000) == alone.book.asks.top(2_000)


def test_a_finding_counts_where_its_kind_is_planted() -> None:
    score = Score()
    score.add(
        [Planted("iceberg", 100, 200), Planted("spoofing", 9_000, 9_100)],
        [("iceberg", 150), ("iceberg", 2_100), ("iceberg", 5_000), ("spoofing", 150)],
    )
    assert (score.planted.total(), dict(score.found)) == (2, {"iceberg": 1})
    assert (dict(score.right), dict(score.wrong)) == ({"iceberg": 2}, {"iceberg": 1, "spoofing": 1})


def test_nothing_begins_in_a_quiet_market() -> None:
    begun, hours = begun_in(quiet(60))
    assert begun == []
    assert hours == pytest.approx(60 / 3_600, rel=0.02)
