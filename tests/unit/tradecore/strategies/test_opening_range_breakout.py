"""The opening-range breakout on bars drawn by hand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tradecore.analysis.contract_greeks import chain_deltas
from tradecore.errors import InvalidRequest
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import OptionContract, Right
from tradecore.model.market import Bar
from tradecore.model.plans import NoProposal, Proposal, SizeRequest
from tradecore.model.sessions import session_on
from tradecore.model.terms import Side
from tradecore.strategies.opening_range_breakout import BreakoutParameters, breakout_signal
from tradecore.strategies.orb_long_call import OrbLongCall
from tradecore.strategies.orb_long_put import OrbLongPut
from tradecore.strategies.strategy import StrategyFacts, parameter_texts, read_parameters
from tradecore.testing.builders import SPY, TODAY, a_bar, a_contract, a_quote, at

SESSION = session_on(TODAY)
CALLS = [a_contract(str(strike)) for strike in (672, 674, 676)]
PUTS = [a_contract(str(strike), Right.PUT) for strike in (664, 666, 668)]


def bars(*closes: str, until: str = "10:00") -> list[Bar]:
    """Fifteen minutes between 669 and 671, then bars that end at `until` with these closes."""
    opened = at("09:30")
    first = [a_bar(opened + timedelta(minutes=m), "670", high="670.5", low="669.5") for m in range(15)]
    first[3] = a_bar(opened + timedelta(minutes=3), "670", high="671", low="670")
    first[7] = a_bar(opened + timedelta(minutes=7), "670", high="670", low="669")
    last = at(until)
    later = [a_bar(last - timedelta(minutes=len(closes) - i), close) for i, close in enumerate(closes)]
    return first + later


def a_chain(contracts: Sequence[OptionContract], bids: Sequence[int], asks: Sequence[int]) -> OptionChain:
    sizes = np.full(len(contracts), 10, dtype=np.int64)
    return OptionChain(
        underlying="SPY",
        expiry=TODAY,
        contracts=tuple(contracts),
        bid_cents=np.array(bids, dtype=np.int64),
        ask_cents=np.array(asks, dtype=np.int64),
        bid_size=sizes,
        ask_size=sizes,
        at=at("10:00"),
        received_at=at("10:00"),
        source="test",
    )


def facts(**changes: Any) -> StrategyFacts:
    """Ten o'clock after a close at 671.01, three calls of delta 0.40, 0.30, 0.15 and three puts alike."""
    assert SESSION is not None
    calm = StrategyFacts(
        now=at("10:00"),
        session=SESSION,
        underlying="SPY",
        quote=a_quote(SPY, "670.99", "671.01"),
        bars=bars("671.01"),
        chain=a_chain([*CALLS, *PUTS], [100] * 6, [102] * 6),
        deltas=np.array([0.40, 0.30, 0.15, -0.15, -0.30, -0.40]),
    )
    return replace(calm, **changes)


@pytest.mark.parametrize(
    ("close", "right", "present"),
    [
        ("671.01", "call", True),
        ("671.00", "call", False),
        ("670.99", "call", False),
        ("668.99", "put", True),
        ("669.00", "put", False),
        ("669.01", "put", False),
        ("671.01", "put", False),
        ("668.99", "call", False),
    ],
)
def test_only_a_close_beyond_the_range_is_a_signal(close: str, right: str, present: bool) -> None:
    signal = breakout_signal(facts(bars=bars(close)), Right(right))
    assert signal.present == present
    assert close in signal.why
    assert ("671" if right == "call" else "669") in signal.why


def test_the_newest_close_decides_and_not_an_earlier_one() -> None:
    assert not breakout_signal(facts(bars=bars("672", "670.5")), Right.CALL).present
    assert breakout_signal(facts(bars=bars("670.5", "672")), Right.CALL).present


def test_a_wick_beyond_the_range_is_no_signal() -> None:
    wick = bars("670.9")
    wick[-1] = replace(wick[-1], high=Decimal("675"))
    assert not breakout_signal(facts(bars=wick), Right.CALL).present


def test_the_sixteenth_bar_is_no_part_of_the_range() -> None:
    """The bar of 09:45 closes at 671.50: beyond the range it does not widen."""
    assert breakout_signal(facts(now=at("09:46"), bars=bars("671.50", until="09:46")), Right.CALL).present


@pytest.mark.parametrize(
    ("now", "present"),
    [("09:44:59", False), ("09:45", False), ("09:46", True), ("11:30", True), ("11:30:00.000001", False)],
)
def test_entries_are_taken_from_a_quarter_to_ten_until_half_past_eleven(now: str, present: bool) -> None:
    """At 09:45 the newest close is still the range's own last bar."""
    moment = at(now)
    drawn = bars() if now < "09:46" else bars("672", until=now[:5])
    signal = breakout_signal(facts(now=moment, bars=drawn), Right.CALL)
    assert signal.present == present


@pytest.mark.parametrize(("late", "present"), [(60, True), (60.001, False)])
def test_a_close_is_fresh_for_a_minute(late: float, present: bool) -> None:
    moment = at("10:00") + timedelta(seconds=late)
    assert breakout_signal(facts(now=moment), Right.CALL).present == present


@pytest.mark.parametrize("drawn", [[], bars()[:3]])
def test_without_a_range_there_is_no_signal_and_it_is_said(drawn: list[Bar]) -> None:
    signal = breakout_signal(facts(bars=drawn), Right.CALL)
    assert not signal.present
    assert signal.why


def test_no_signal_is_shown_and_not_refused() -> None:
    proposal = OrbLongCall().propose(facts(bars=bars("670")), BreakoutParameters())
    assert isinstance(proposal, Proposal)
    assert not proposal.signal.present


@pytest.mark.parametrize(
    ("delta", "strike"), [("30", "674"), ("0.30", "674"), ("34.9", "674"), ("35.1", "672"), ("22", "676"), ("1", "676")]
)
def test_the_strike_nearest_the_asked_delta_is_bought(delta: str, strike: str) -> None:
    found = OrbLongCall().propose(facts(), BreakoutParameters(strike_delta=Decimal(delta)))
    assert isinstance(found, Proposal)
    (leg,) = found.legs
    assert (leg.instrument, leg.side, leg.ratio) == (a_contract(strike), Side.BUY, 1)


def test_a_put_is_bought_by_the_size_of_its_delta() -> None:
    found = OrbLongPut().propose(facts(), BreakoutParameters())
    assert isinstance(found, Proposal)
    assert found.legs[0].instrument == PUTS[1]
    assert found.strategy == "orb_long_put"


def test_the_plan_carries_stop_target_way_out_and_wish() -> None:
    wish = read_parameters(BreakoutParameters, {"contracts": 2, "stop_pct": "40", "target_pct": 80, "note": "mine"})
    found = OrbLongCall().propose(facts(), wish)
    assert isinstance(found, Proposal)
    assert found.protection is not None
    assert (found.protection.stop_pct, found.protection.target_pct) == (Decimal(40), Decimal(80))
    assert f"{found.protection.out_by}" == "15:20:00"
    assert found.size == SizeRequest(contracts=Decimal(2))
    assert (found.label, found.note) == ("ORB", "mine")


NONE = float("nan")


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"quote": None}, "quote of SPY"),
        ({"quote": a_quote(SPY, None, "671")}, "quote of SPY"),
        ({"chain": None}, "option chain of SPY"),
        ({"deltas": None}, "option chain of SPY"),
        ({"chain": a_chain([], [], []), "deltas": np.array([])}, "option chain of SPY"),
        ({"deltas": np.array([NONE] * 6)}, "quoted call"),
        ({"deltas": np.array([NONE] * 3 + [-0.3] * 3)}, "quoted call"),
        ({"deltas": np.array([0.90, 0.80, 0.46, -0.1, -0.3, -0.4])}, "nearest call has 0.46"),
    ],
    ids=["no quote", "half a quote", "no chain", "no deltas", "empty", "no delta known", "puts only", "too far"],
)
def test_what_is_missing_is_named(changes: dict[str, Any], missing: str) -> None:
    found = OrbLongCall().propose(facts(**changes), BreakoutParameters())
    assert isinstance(found, NoProposal)
    assert missing in found.missing


def test_a_row_without_a_delta_is_passed_over() -> None:
    """The 674 has none; of 0.40 and 0.15 the first is nearer to 0.30."""
    found = OrbLongCall().propose(facts(deltas=np.array([0.40, NONE, 0.15, -0.1, -0.3, -0.4])), BreakoutParameters())
    assert isinstance(found, Proposal)
    assert found.legs[0].instrument == CALLS[0]


@pytest.mark.parametrize(("bid", "ask"), [(0, 102), (100, 0), (103, 102), (0, 0)])
def test_a_one_sided_or_crossed_row_has_no_delta(bid: int, ask: int) -> None:
    chain = a_chain(CALLS, [200, bid, 60], [204, ask, 64])
    deltas = chain_deltas(chain, Decimal("671"), at("10:00")).delta
    assert np.isnan(deltas[1])
    assert np.isfinite(deltas[0])
    assert np.isfinite(deltas[2])


@pytest.mark.parametrize(
    ("given", "about"),
    [
        ({"strike_delta": "0"}, "strike_delta"),
        ({"strike_delta": "100"}, "strike_delta"),
        ({"strike_delta": "-30"}, "strike_delta"),
        ({"strike_delta": "NaN"}, "strike_delta"),
        ({"strike_delta": "1e400"}, "strike_delta"),
        ({"strike_delta": None}, "strike_delta"),
        ({"strike_delta": True}, "strike_delta"),
        ({"strike_delta": [30]}, "strike_delta"),
        ({"contracts": "0"}, "contracts"),
        ({"contracts": "-1"}, "contracts"),
        ({"contracts": "1.5"}, "contracts"),
        ({"contracts": float("nan")}, "contracts"),
        ({"contracts": float("inf")}, "contracts"),
        ({"contracts": "1", "risk_dollars": "100"}, "contracts or risk_dollars"),
        ({"risk_dollars": "0"}, "risk_dollars"),
        ({"risk_dollars": "-5"}, "risk_dollars"),
        ({"stop_pct": "0"}, "stop_pct"),
        ({"stop_pct": "100.01"}, "stop_pct"),
        ({"target_pct": "0"}, "target_pct"),
        ({"target_pct": "1001"}, "target_pct"),
        ({"note": 5}, "note"),
        ({"note": "x" * 201}, "note"),
        ({"strike": "30"}, "unknown argument 'strike'"),
    ],
)
def test_a_parameter_that_makes_no_order_is_refused_in_one_usable_line(given: dict[str, object], about: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_parameters(BreakoutParameters, given)
    assert about in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    "given",
    [
        {"strike_delta": "0.01"},
        {"strike_delta": "99"},
        {"strike_delta": 1},
        {"stop_pct": "100"},
        {"stop_pct": "0.5", "target_pct": "1000"},
        {"contracts": "1"},
        {"contracts": None},
        {"risk_dollars": 0.5},
        {"note": "x" * 200},
    ],
)
def test_the_ends_of_each_range_are_taken(given: dict[str, object]) -> None:
    assert isinstance(read_parameters(BreakoutParameters, given), BreakoutParameters)


def test_the_words_a_ticket_is_bound_to_do_not_depend_on_how_a_number_was_written() -> None:
    one = parameter_texts(read_parameters(BreakoutParameters, {"contracts": "2", "stop_pct": "50"}))
    other = parameter_texts(read_parameters(BreakoutParameters, {"contracts": 2.0, "stop_pct": "50.00"}))
    assert one == other
    assert dict(one)["contracts"] == "2"
    assert dict(one)["risk_dollars"] == ""
