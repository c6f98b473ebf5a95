"""The iron condor on a chain drawn by hand; every credit is the sum of four mids."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from tests.unit.tradecore.strategies.chains import a_day_chain, day_facts

from tradecore.errors import InvalidRequest
from tradecore.model.instruments import Right
from tradecore.model.plans import NoProposal, Proposal
from tradecore.strategies.iron_condor_30_delta import CondorParameters, IronCondor
from tradecore.strategies.strategy import read_parameters
from tradecore.testing.builders import at


def condor(facts: Any = None, **wish: Any) -> Proposal:
    found = IronCondor().propose(facts or day_facts(), read_parameters(CondorParameters, wish))
    assert isinstance(found, Proposal), found
    return found


def lacking(facts: Any = None, **wish: Any) -> str:
    found = IronCondor().propose(facts or day_facts(), read_parameters(CondorParameters, wish))
    assert isinstance(found, NoProposal), found
    return found.missing


def strikes(plan: Proposal) -> str:
    return " ".join(
        f"{leg.side.value[0]}{leg.instrument.symbol[-9]}{leg.instrument.symbol[-6:-3]}" for leg in plan.legs
    )


def test_it_sells_the_strikes_nearest_30_delta_and_buys_the_wings_the_width_away() -> None:
    """Two dollars out has 0.34, three 0.26: 0.04 away each, the nearer strike wins; a width of 2."""
    plan = condor(width=2)
    assert strikes(plan) == "bP665 sP667 sC672 bC674"


def test_the_credit_is_what_the_four_mids_add_up_to() -> None:
    """Puts: 71 - 39 = 32; calls: 93 - 53 = 40; together 0.72, 36 % of 2."""
    plan = condor(width=2)
    assert plan.signal.present
    assert "mid credit 0.72 is 36 % of the width 2, at least 30 %" in plan.signal.why


def test_without_a_width_the_widest_comes_first_and_narrower_ones_stand_behind_it() -> None:
    """Puts reach 7 below 667, calls 8 above 672: widths 7 to 1."""
    plan = condor()
    assert [strikes(one) for one in (plan, *plan.alternatives)] == [
        f"bP{667 - width} sP667 sC672 bC{672 + width}" for width in range(7, 0, -1)
    ]
    assert condor(width=2).alternatives == ()


@pytest.mark.parametrize(
    ("clock", "present"), [("09:59:59", False), ("10:00", True), ("13:00", True), ("13:00:01", False)]
)
def test_entries_are_from_ten_to_one(clock: str, present: bool) -> None:
    assert condor(day_facts(at(clock)), width=2).signal.present is present


def test_a_credit_below_30_percent_of_the_width_is_shown_and_is_no_signal() -> None:
    """A width of 7: sold for 71 + 93, the wings cost 7 + 10: 1.47, 21 % of 7."""
    plan = condor(width=7)
    assert not plan.signal.present
    assert "below the 30 %" in plan.signal.why


def test_it_is_left_at_twice_the_credit_half_of_it_or_a_quarter_past_three() -> None:
    exits = condor(width=2).protection
    assert exits is not None
    assert (exits.stop_pct, exits.target_pct, str(exits.out_by)) == (Decimal(100), Decimal(50), "15:15:00")


def test_a_width_that_is_not_listed_names_those_that_are() -> None:
    assert lacking(width=2.5) == "quoted strikes 2.5 beyond 667/672 on both sides; width can be 1, 2, 3, 4, 5, 6, 7"


def test_a_wing_that_is_not_quoted_is_not_used() -> None:
    facts = day_facts(chain=a_day_chain(bids={(Right.PUT, 665): 0}))
    assert "width can be 1, 3, 4" in lacking(facts, width=2)


def test_a_delta_that_no_strike_has_is_missing() -> None:
    far = np.where(np.arange(42) < 21, 0.95, -0.95)
    assert "a delta near 0.30; the nearest put has 0.95" in lacking(day_facts(deltas=far))


def test_sides_that_meet_are_no_condor() -> None:
    """With 50-delta strikes both sides would be sold at 670."""
    assert "both sides would be sold at 670" in lacking(strike_delta=50)


@pytest.mark.parametrize("changes", [{"chain": None}, {"deltas": None}])
def test_without_a_chain_there_is_no_plan(changes: dict[str, Any]) -> None:
    assert lacking(day_facts(**changes)) == "the same-day option chain of SPY"


@pytest.mark.parametrize(
    "wish", [{"width": 0}, {"width": -1}, {"width": 101}, {"target_pct": 100}, {"contracts": 0.5}, {"strike_delta": 0}]
)
def test_wishes_that_make_no_order_are_refused(wish: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        read_parameters(CondorParameters, wish)
