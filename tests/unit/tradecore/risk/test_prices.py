"""Price bands by hand: mid +- max(1 tick, a quarter of the spread, 3 %), never through the touch, on the tick."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradecore.model.instruments import Instrument, Right, exact_price
from tradecore.model.terms import Side
from tradecore.risk.prices import Band, closing_touch, net_quote, opening_band, step_price
from tradecore.testing.builders import CALL, SPY, a_contract, a_leg, a_quote, a_view, some_limits, without

GOOG = a_contract("750", root="GOOG")


@pytest.mark.parametrize(
    ("instrument", "bid", "ask", "side", "first", "worst"),
    [
        # Narrow: mid 1.01, reach max(.01, .005, .0303) = .0303, past the touch of 1.02.
        (CALL, "1.00", "1.02", "buy", "1.01", "1.02"),
        (CALL, "1.00", "1.02", "sell", "1.01", "1.00"),
        # Wide: mid 1.10, reach max(.01, .05, .033) = .05.
        (CALL, "1.00", "1.20", "buy", "1.10", "1.15"),
        (CALL, "1.00", "1.20", "sell", "1.10", "1.05"),
        # 3 % decides: mid 10.00, spread .40, reach max(.01, .10, .30) = .30, past the touch of 10.20.
        (CALL, "9.80", "10.20", "buy", "10.00", "10.20"),
        # 3 % decides within the touch: mid 10.00, spread 1.00, reach max(.01, .25, .30) = .30.
        (CALL, "9.50", "10.50", "buy", "10.00", "10.30"),
        (CALL, "9.50", "10.50", "sell", "10.00", "9.70"),
        # Cheap: mid .05, reach one tick.
        (CALL, "0.03", "0.07", "buy", "0.05", "0.06"),
        (CALL, "0.03", "0.07", "sell", "0.05", "0.04"),
        # Half a cent goes to our side: mid .015; worst .015 + .01 = .025, through the touch of .02.
        (CALL, "0.01", "0.02", "buy", "0.01", "0.02"),
        (CALL, "0.01", "0.02", "sell", "0.02", "0.01"),
        # A nickel grid: mid 2.10, reach max(.05, .05, .063) = .063 -> 2.163, on the grid 2.15.
        (GOOG, "2.00", "2.20", "buy", "2.10", "2.15"),
        (GOOG, "2.00", "2.20", "sell", "2.10", "2.05"),
        # Across $3 the grid widens: mid 3.05 -> 3.00 for a buyer; 3.05 + max(.10, .075, .0915) = 3.15 -> 3.10.
        (GOOG, "2.90", "3.20", "buy", "3.00", "3.10"),
        # Locked: one price.
        (CALL, "1.00", "1.00", "buy", "1.00", "1.00"),
    ],
)
def test_the_band_by_hand(instrument: Instrument, bid: str, ask: str, side: str, first: str, worst: str) -> None:
    found = opening_band((a_leg(instrument, Side(side)),), a_view(a_quote(instrument, bid, ask)), some_limits())
    assert found == Band(Decimal(first), Decimal(worst))


@given(st.integers(1, 2000), st.integers(0, 300), st.sampled_from(Side), st.sampled_from([CALL, GOOG, SPY]))
def test_the_band_is_on_the_tick_and_never_through_the_touch(
    bid_ticks: int, spread_ticks: int, side: Side, instrument: Instrument
) -> None:
    tick = Decimal("0.10") if instrument == GOOG else Decimal("0.01")
    bid = max(bid_ticks * tick, Decimal(3) if instrument == GOOG else Decimal(1))
    ask = bid + spread_ticks * tick
    band = opening_band((a_leg(instrument, side),), a_view(a_quote(instrument, str(bid), str(ask))), some_limits())
    assert band is not None
    assert exact_price(instrument, band.first) == band.first
    assert exact_price(instrument, band.worst) == band.worst
    mid = (bid + ask) / 2
    reach = max(tick, (ask - bid) / 4, mid * 3 / 100)
    if side is Side.BUY:
        assert band.first <= mid
        assert band.first <= band.worst <= min(ask, mid + reach)
        assert band.worst > min(ask, mid + reach) - tick
    else:
        assert band.first >= mid
        assert band.first >= band.worst >= max(bid, mid - reach)
        assert band.worst < max(bid, mid - reach) + tick


def test_the_recorded_profile_authorises_the_touch() -> None:
    limits = some_limits(worst_price_is_touch=True)
    view = a_view(a_quote(CALL, "1.00", "1.50"))
    assert opening_band((a_leg(),), view, limits) == Band(Decimal("1.50"), Decimal("1.50"))
    assert opening_band((a_leg(side=Side.SELL),), view, limits) == Band(Decimal("1.00"), Decimal("1.00"))


@pytest.mark.parametrize("name", ["worst_price_is_touch", "band_ticks", "band_spread_fraction", "band_pct"])
def test_without_one_of_its_limits_there_is_no_band(name: str) -> None:
    assert opening_band((a_leg(),), a_view(), some_limits(**{name: None})) is None


@pytest.mark.parametrize(
    ("bid", "ask"), [(None, "1"), ("1", None), ("2", "1"), ("0", "1"), ("NaN", "1"), ("1", "NaN"), ("1", "Infinity")]
)
def test_a_quote_that_is_no_market_gives_no_band(bid: str | None, ask: str | None) -> None:
    assert opening_band((a_leg(),), a_view(a_quote(CALL, bid, ask)), some_limits()) is None
    assert opening_band((a_leg(),), without(a_view(), CALL), some_limits()) is None


CREDIT = (a_leg(a_contract("676"), Side.SELL), a_leg(a_contract("678")))


def test_a_credit_spread_s_net_quote_and_band() -> None:
    """
    Sold 0.40 x 0.44, bought 0.10 x 0.12: taking both at the touch brings 0.40 - 0.12 = 0.28 (net -0.28); undoing
    them there costs 0.44 - 0.10 = 0.34. Mid -0.31, spread 0.06; reach max(.01, .015, .0093) = .015; worst -0.295,
    on the grid to our side -0.30.
    """
    view = a_view(a_quote(CREDIT[0].instrument, "0.40", "0.44"), a_quote(CREDIT[1].instrument, "0.10", "0.12"))
    net = net_quote(CREDIT, view)
    assert net is not None
    assert (net.bid, net.ask, net.mid, net.spread) == tuple(map(Decimal, ("-0.34", "-0.28", "-0.31", "0.06")))
    assert opening_band(CREDIT, view, some_limits()) == Band(Decimal("-0.31"), Decimal("-0.30"))


def test_the_steps_of_an_entry_go_from_first_to_worst_in_equal_parts() -> None:
    band = Band(Decimal("1.00"), Decimal("1.10"))
    assert [step_price(band, step, 3) for step in range(3)] == [Decimal("1.00"), Decimal("1.05"), Decimal("1.10")]
    assert step_price(band, 0, 1) == Decimal("1.10")


@pytest.mark.parametrize("age", [0, 9999])
def test_closing_looks_at_the_far_touch_of_any_age(age: float) -> None:
    view = a_view(a_quote(CALL, "1.00", "1.02", age_s=age))
    assert closing_touch((a_leg(side=Side.SELL),), view) == Decimal("1.00")
    assert closing_touch((a_leg(),), view) == Decimal("1.02")
    bought_back = (a_leg(CREDIT[0].instrument), a_leg(CREDIT[1].instrument, Side.SELL))
    quotes = (a_quote(CREDIT[0].instrument, "0.40", "0.44"), a_quote(CREDIT[1].instrument, "0.10", "0.12"))
    assert closing_touch(bought_back, a_view(*quotes)) == Decimal("0.34")


@pytest.mark.parametrize("bid", [None, "0", "NaN", "-1", "Infinity"])
def test_a_bid_that_is_no_price_counts_as_missing_when_closing(bid: str | None) -> None:
    assert closing_touch((a_leg(side=Side.SELL),), a_view(a_quote(CALL, bid, "1.02"))) is None
    assert closing_touch((a_leg(a_contract("1", Right.PUT), Side.SELL),), a_view()) is None
