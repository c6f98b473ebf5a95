"""Every check of the gate at its limit: one step inside, the limit itself, one step beyond."""

from datetime import timedelta
from itertools import chain

import pytest
from tests.unit.tradecore.risk import delta_edges, exposure_edges, market_edges, pace_edges
from tests.unit.tradecore.risk.pictures import Edge, asked_before, result

from tradecore.risk.gate import CHECKS, judge_opening
from tradecore.testing.builders import TEN, a_picture, an_exposure, some_limits

EDGES = (*market_edges.EDGES, *exposure_edges.EDGES, *delta_edges.EDGES, *pace_edges.EDGES)


def named(edge: Edge) -> str:
    return f"{edge.check}: {edge.arithmetic}"


INSIDE = [pytest.param(edge, value, id=f"{named(edge)} [{value}]") for edge in EDGES for value in edge.passes]
BEYOND = [pytest.param(edge, value, id=f"{named(edge)} [{value}]") for edge in EDGES for value in edge.refuses]


@pytest.mark.parametrize(("edge", "value"), INSIDE)
def test_what_is_within_the_limit_passes(edge: Edge, value: str) -> None:
    found = result(edge.check, edge.make(value))
    assert found.passed, found
    assert found.measured
    assert found.limit


@pytest.mark.parametrize(("edge", "value"), BEYOND)
def test_what_is_beyond_the_limit_is_refused_and_says_why(edge: Edge, value: str) -> None:
    picture = edge.make(value)
    found = result(edge.check, picture)
    assert not found.passed, found
    assert found.message
    assert found.measured
    assert found.limit
    assert not judge_opening(picture).approved


def test_every_check_of_the_gate_is_tested_at_its_limit() -> None:
    assert {edge.check for edge in EDGES} == set(CHECKS)


@pytest.mark.parametrize("edge", EDGES, ids=named)
def test_every_limit_is_approached_from_both_sides(edge: Edge) -> None:
    values = list(chain(edge.passes, edge.refuses))
    assert edge.passes
    assert edge.refuses
    assert len(set(values)) == len(values)


@pytest.mark.parametrize(("limit", "wait"), [(0, None), (1, 55), (2, 40)])
def test_a_throttle_says_when_it_lets_the_next_one_through(limit: int, wait: int | None) -> None:
    """Opened 20 s and 5 s ago: one a minute waits for the newer, two for the older, none for nothing."""
    picture = a_picture(limits=some_limits(max_opens_per_minute=limit), exposure=an_exposure(**asked_before("20", "5")))
    found = result("open_throttle", picture)
    assert not found.passed
    assert found.passes_at == (None if wait is None else TEN + timedelta(seconds=wait))
