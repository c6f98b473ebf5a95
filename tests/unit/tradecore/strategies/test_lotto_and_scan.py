"""The late lotto and the straddle scan on a chain drawn by hand."""

import math
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.tradecore.strategies.chains import a_day_chain, day_facts

from tradecore.errors import InvalidRequest
from tradecore.model.instruments import Right
from tradecore.model.plans import NoProposal, Proposal
from tradecore.strategies.lotto_play_5_delta import LottoParameters, LottoPlay
from tradecore.strategies.straddle_scan import StraddleScan, StraddleWish, scan_straddles
from tradecore.strategies.strategy import read_parameters
from tradecore.testing.builders import a_contract, at


def lotto(facts: Any, **wish: Any) -> Proposal | NoProposal:
    return LottoPlay().propose(facts, read_parameters(LottoParameters, wish))


@pytest.mark.parametrize(("side", "strike"), [("call", "678"), ("put", "660")])
def test_it_buys_the_5_delta_option_at_a_lotto_price(side: str, strike: str) -> None:
    """Of the mids 0.15 (8 out), 0.10 and 0.07 the deltas are 0.01 each: 0.01 is 0.04 off, the first listed wins."""
    found = lotto(day_facts(at("14:30")), side=side)
    assert isinstance(found, Proposal)
    assert found.legs[0].instrument == a_contract(strike, Right(side))
    assert found.protection is not None
    assert found.protection.stop_pct is None
    assert (found.protection.target_pct, str(found.protection.out_by)) == (Decimal(300), "15:25:00")
    assert found.label == "LOTTO"


@pytest.mark.parametrize(
    ("clock", "present"), [("13:59:59", False), ("14:00", True), ("15:00", True), ("15:00:01", False)]
)
def test_a_lotto_is_played_from_two_to_three(clock: str, present: bool) -> None:
    found = lotto(day_facts(at(clock)))
    assert isinstance(found, Proposal)
    assert found.signal.present is present


def test_without_an_option_at_a_lotto_price_there_is_no_lotto() -> None:
    dear = a_day_chain()
    dear.bid_cents[:] = 100
    dear.ask_cents[:] = 102
    found = lotto(day_facts(at("14:30"), chain=dear))
    assert isinstance(found, NoProposal)
    assert found.missing == "a quoted call at a mid of 0.03 to 0.15"


def test_only_call_or_put_is_a_side() -> None:
    with pytest.raises(InvalidRequest, match="side must be one of call, put, not 'both'"):
        read_parameters(LottoParameters, {"side": "both"})


def scan(chain: Any = None, **wish: Any) -> StraddleScan:
    return scan_straddles(day_facts(chain=chain or a_day_chain()), StraddleWish(**wish))


def test_a_straddle_s_break_evens_are_its_strike_less_and_plus_what_it_costs() -> None:
    """At 670 both sides are 1.50 x 1.52: mid 3.02, ask 3.04, break-evens 666.98 and 673.02, 3.02 away."""
    hit = next(one for one in scan().hits if one.call.strike == 670)
    assert (hit.mid, hit.ask) == (Decimal("3.02"), Decimal("3.04"))
    assert hit.break_evens == (Decimal("666.98"), Decimal("673.02"))
    assert hit.needed_move == Decimal("3.02")
    minutes = 330
    assert float(hit.expected_move) == pytest.approx(670 * hit.iv * math.sqrt(minutes / 525_600), abs=0.006)
    # At the money a straddle is worth sqrt(2/pi) standard deviations.
    assert hit.ratio == pytest.approx(math.sqrt(2 / math.pi), rel=0.01)


def test_volume_and_volatility_leave_strikes_out_and_say_how_many() -> None:
    assert scan(min_volume=501).hits == ()
    assert scan(min_volume=501).left_out == {"volume below 501": 21}
    calm = scan(max_iv=Decimal("0.01"))
    assert calm.hits == ()
    assert calm.left_out["implied volatility above 0.01"] > 0


def test_volumes_that_nobody_gives_are_missing_and_never_zero() -> None:
    """Also with a minimum of nothing: an unknown volume is not a volume."""
    found = scan(a_day_chain(volume=None), min_volume=0)
    assert found.hits == ()
    assert found.missing == "volumes: the feed gives none for options"
    assert scan(a_day_chain(volume=-1), min_volume=0).left_out == {"volume is not known": 21}


def test_without_a_chain_or_a_quote_the_scan_says_so() -> None:
    assert scan_straddles(day_facts(chain=None), StraddleWish()).missing == "the same-day chain of SPY"
    assert scan_straddles(day_facts(quote=None), StraddleWish()).missing == "a two-sided quote of SPY"
