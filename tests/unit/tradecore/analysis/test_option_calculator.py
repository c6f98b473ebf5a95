"""The option calculator against fifty-digit arithmetic that shares no code with it."""

import itertools
from typing import Any

import mpmath
import numpy as np
import pytest

from tradecore.analysis.implied_volatility import Identified, identified, implied_volatility
from tradecore.analysis.option_calculator import (
    MinuteClock,
    OptionTerms,
    figures_at_price,
    figures_at_quote,
    figures_at_volatility,
)
from tradecore.errors import InvalidRequest

_MINUTES_A_YEAR = {MinuteClock.CALENDAR: 525_600, MinuteClock.TRADING: 98_280}
_STRIKES = (480.0, 570.0, 597.0, 598.37, 600.0, 603.0, 640.0)
_GRID = [
    OptionTerms(spot=598.37, strike=strike, minutes=minutes, rate=rate, is_call=is_call, clock=clock)
    for strike, minutes, rate, is_call, clock in itertools.product(
        _STRIKES, (1.0, 7.5, 390.0, 20_160.0), (0.0, 0.045), (True, False), MinuteClock
    )
]


def _value(spot: Any, years: Any, volatility: Any, terms: OptionTerms) -> Any:
    spot, strike, rate = mpmath.mpf(spot), mpmath.mpf(terms.strike), mpmath.mpf(terms.rate)
    deviation = volatility * mpmath.sqrt(years)
    d1 = (mpmath.log(spot / strike) + rate * years) / deviation + deviation / 2
    side = 1 if terms.is_call else -1
    discounted = strike * mpmath.exp(-rate * years)
    return side * (spot * mpmath.ncdf(side * d1) - discounted * mpmath.ncdf(side * (d1 - deviation)))


def _years(terms: OptionTerms) -> Any:
    return mpmath.mpf(terms.minutes) / _MINUTES_A_YEAR[terms.clock]


def _price(terms: OptionTerms, volatility: float) -> Any:
    return _value(terms.spot, _years(terms), mpmath.mpf(volatility), terms)


def _slopes(terms: OptionTerms, volatility: float) -> dict[str, float]:
    """Sensitivities by differentiating the price numerically with sixty digits: no formula for a greek is used."""
    spot, years, vol = mpmath.mpf(terms.spot), _years(terms), mpmath.mpf(volatility)
    per_year = -mpmath.diff(lambda t: _value(spot, t, vol, terms), years)
    per_minute = per_year / _MINUTES_A_YEAR[terms.clock]
    return {
        "delta": float(mpmath.diff(lambda s: _value(s, years, vol, terms), spot)),
        "gamma": float(mpmath.diff(lambda s: _value(s, years, vol, terms), spot, 2)),
        "theta_per_minute": float(per_minute),
        "theta_per_day": float(per_minute * (1440 if terms.clock is MinuteClock.CALENDAR else 390)),
        "vega_per_point": float(mpmath.diff(lambda v: _value(spot, years, v, terms), vol) / 100),
    }


def test_prices_match_fifty_digit_arithmetic_in_the_wings_and_at_the_last_minute() -> None:
    with mpmath.workdps(50):
        for terms, volatility in itertools.product(_GRID, (0.08, 0.35)):
            found = figures_at_volatility(terms, volatility)
            assert found.price == pytest.approx(float(_price(terms, volatility)), rel=1e-12, abs=1e-12)
            assert found.iv == volatility
            assert found.clock == terms.clock.label


@pytest.mark.parametrize("terms", [t for t in _GRID if t.rate and t.minutes in (7.5, 390.0)])
def test_every_greek_is_the_slope_of_the_price(terms: OptionTerms) -> None:
    with mpmath.workdps(60):
        expected = _slopes(terms, 0.22)
    found = figures_at_volatility(terms, 0.22)
    for name, slope in expected.items():
        assert getattr(found, name) == pytest.approx(slope, rel=1e-9, abs=1e-13), name


def test_the_volatility_of_a_price_gives_the_price_back() -> None:
    """Where the price has a hundredth of a cent of time value; elsewhere there is none, and the reason says so."""
    seen = {True: 0, False: 0}
    with mpmath.workdps(50):
        for terms, volatility in itertools.product(_GRID, (0.08, 0.35)):
            price = float(_price(terms, volatility))
            forward = mpmath.mpf(terms.spot) - terms.strike * mpmath.exp(-terms.rate * _years(terms))
            time_value = price - max(forward if terms.is_call else -forward, mpmath.mpf(0))
            found = figures_at_price(terms, price)
            seen[found.iv is not None] += 1
            if time_value > 1.01e-4:
                assert found.iv == pytest.approx(volatility, rel=1e-7)
                assert found.iv_reason is None
            elif time_value < 0.99e-4:
                assert (found.iv, found.delta, found.vega_per_point) == (None, None, None)
                assert found.iv_reason
    assert min(seen.values()) > 50


def terms_of(**changed: Any) -> OptionTerms:
    return OptionTerms(**({"spot": 600.0, "strike": 590.0, "minutes": 90.0, "rate": 0.0, "is_call": True} | changed))


@pytest.mark.parametrize(
    ("terms", "price", "reason"),
    [
        (terms_of(), 10.0, "less than a hundredth of a cent"),
        (terms_of(), 10.00009, "less than a hundredth of a cent"),
        (terms_of(), 9.99, "below the discounted intrinsic value"),
        (terms_of(), 600.0, "at most be worth"),
        (terms_of(is_call=False), 590.0, "at most be worth"),
        (terms_of(minutes=0.0), 11.0, "no time is left"),
        (terms_of(is_call=False), 0.0, "less than a hundredth of a cent"),
    ],
)
def test_a_price_at_a_bound_has_no_volatility_and_a_reason(terms: OptionTerms, price: float, reason: str) -> None:
    found = figures_at_price(terms, price)
    assert found.iv is None
    assert reason in str(found.iv_reason)
    assert found.price == price


def test_a_quote_gives_the_volatility_of_its_mid_between_those_of_its_sides() -> None:
    terms = terms_of(strike=601.0)
    found = figures_at_quote(terms, 1.4, 1.6)
    for price, iv in ((1.4, found.iv_low), (1.5, found.iv), (1.6, found.iv_high)):
        assert iv is not None
        with mpmath.workdps(50):
            assert float(_price(terms, iv)) == pytest.approx(price, rel=1e-12)
    assert found.price == 1.5
    assert found.iv_reason is None


def test_each_missing_volatility_of_a_quote_has_its_own_reason() -> None:
    found = figures_at_quote(terms_of(), 9.5, 10.7)
    assert found.iv is not None
    assert found.iv_low is None
    assert found.iv_high is not None
    assert found.iv_reason == "iv_low: the price is below the discounted intrinsic value"
    bare = figures_at_quote(terms_of(strike=610.0), 0.0, 0.02)
    assert (bare.iv, bare.iv_low) == (None, None)
    assert bare.iv_high is not None
    assert bare.iv_reason == "iv: without a bid there is no mid; iv_low: there is no bid"


def test_at_expiry_the_price_is_intrinsic_and_nothing_decays() -> None:
    found = figures_at_volatility(terms_of(minutes=0.0), 0.3)
    assert (found.price, found.delta, found.gamma, found.theta_per_day) == (10.0, 1.0, 0.0, 0.0)


@pytest.mark.parametrize("name", ["spot", "strike", "minutes", "rate"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_terms_that_are_no_numbers_are_refused(name: str, value: float) -> None:
    with pytest.raises(InvalidRequest, match=f"{name} must be a finite number"):
        terms_of(**{name: value})


@pytest.mark.parametrize("changed", [{"spot": 0.0}, {"strike": -1.0}, {"minutes": -0.5}])
def test_terms_that_no_option_has_are_refused(changed: dict[str, float]) -> None:
    with pytest.raises(InvalidRequest, match="must"):
        terms_of(**changed)


@pytest.mark.parametrize(
    ("bid", "ask"), [(2.0, 1.0), (-1.0, 1.0), (0.0, 0.0), (float("nan"), 1.0), (1.0, float("inf"))]
)
def test_a_quote_that_is_none_is_refused(bid: float, ask: float) -> None:
    with pytest.raises(InvalidRequest):
        figures_at_quote(terms_of(), bid, ask)


def test_figures_beyond_a_double_are_refused_rather_than_shown() -> None:
    with pytest.raises(InvalidRequest, match="beyond"):
        figures_at_volatility(terms_of(rate=-1e6, minutes=525_600.0), 0.2)


def test_a_price_has_a_volatility_exactly_where_it_is_said_to() -> None:
    random = np.random.default_rng(5)
    prices = random.choice([np.nan, -1.0, 0.0, 5e-5, 0.5, 9.9999, 10.0001, 30.0, 590.0, 600.0, np.inf], 4000)
    strikes = random.choice([590.0, 600.0, 610.0, 0.0, np.nan], 4000)
    minutes = random.choice([0.0, 1.0, 390.0, -5.0], 4000)
    calls = random.random(4000) < 0.5
    code = identified(prices, 600.0, strikes, minutes, 0.01, calls)
    iv = implied_volatility(prices, 600.0, strikes, minutes, 0.01, calls)
    np.testing.assert_array_equal(np.isfinite(iv), code == Identified.YES)
    assert set(code.tolist()) == set(Identified)
