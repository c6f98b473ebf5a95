import itertools
from typing import Any, NamedTuple

import mpmath
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradecore.analysis.implied_volatility import implied_volatility
from tradecore.analysis.pricing import MINUTES_PER_YEAR, black_scholes_price, greeks

_DIGITS = 50


class Case(NamedTuple):
    spot: float
    strike: float
    minutes: float
    rate: float
    volatility: float
    is_call: bool


def _exact(spot: Any, strike: Any, years: Any, rate: Any, volatility: Any, is_call: bool) -> Any:
    deviation = volatility * mpmath.sqrt(years)
    d1 = (mpmath.log(spot / strike) + rate * years) / deviation + deviation / 2
    d2 = d1 - deviation
    side = 1 if is_call else -1
    discounted = strike * mpmath.exp(-rate * years)
    return side * (spot * mpmath.ncdf(side * d1) - discounted * mpmath.ncdf(side * d2))


def _exact_of(case: Case) -> Any:
    spot, strike = mpmath.mpf(case.spot), mpmath.mpf(case.strike)
    years = mpmath.mpf(case.minutes) / MINUTES_PER_YEAR
    return _exact(spot, strike, years, mpmath.mpf(case.rate), mpmath.mpf(case.volatility), case.is_call)


def _grid(minutes: tuple[float, ...], volatilities: tuple[float, ...]) -> list[Case]:
    strikes = (300.0, 560.0, 590.0, 597.0, 598.0, 598.4, 599.0, 606.0, 640.0, 900.0)
    combinations = itertools.product(strikes, minutes, (-0.01, 0.0, 0.045), volatilities, (True, False))
    return [Case(598.37, *combination) for combination in combinations]


def _columns(cases: list[Case]) -> list[npt.NDArray[Any]]:
    return [np.array(column) for column in zip(*cases, strict=True)]


GRID = _grid((1.0, 5.0, 90.0, 390.0, 10_080.0, 259_200.0), (0.03, 0.15, 0.6, 3.0))


def test_price_matches_fifty_digit_arithmetic_from_one_minute_to_half_a_year() -> None:
    with mpmath.workdps(_DIGITS):
        expected = [float(_exact_of(case)) for case in GRID]
    np.testing.assert_allclose(black_scholes_price(*_columns(GRID)), expected, rtol=1e-14, atol=5e-13)


def test_price_keeps_relative_accuracy_for_an_almost_worthless_option_at_five_minutes() -> None:
    case = Case(598.0, 604.0, 5.0, 0.045, 0.25, True)
    with mpmath.workdps(_DIGITS):
        expected = float(_exact_of(case))
    assert 0.0 < expected < 1e-30
    assert float(black_scholes_price(*case)) == pytest.approx(expected, rel=1e-11)


def test_price_matches_a_textbook_value_worked_by_hand() -> None:
    # Hull, "Options, Futures and Other Derivatives": S=42, K=40, r=10 %, vol=20 %, half a year: call 4.76, put 0.81.
    call, put = black_scholes_price(42.0, 40.0, MINUTES_PER_YEAR / 2, 0.1, 0.2, [True, False])
    assert round(float(call), 2) == 4.76
    assert round(float(put), 2) == 0.81


def test_price_is_intrinsic_when_no_minutes_remain() -> None:
    values = black_scholes_price(598.25, [590.0, 590.0, 600.0, 600.0], 0.0, 0.05, 0.2, [True, False, True, False])
    np.testing.assert_array_equal(values, [8.25, 0.0, 0.0, 1.75])


def test_price_without_volatility_is_the_discounted_intrinsic_value_of_the_forward() -> None:
    value = black_scholes_price(100.0, 100.0, MINUTES_PER_YEAR, 0.05, 0.0, True)
    assert float(value) == pytest.approx(100.0 - 100.0 * 0.951229424500714, rel=1e-14)


def test_price_approaches_the_spot_for_a_call_of_enormous_volatility() -> None:
    assert float(black_scholes_price(50.0, 80.0, 10_080.0, 0.0, 1e6, True)) == pytest.approx(50.0, rel=1e-14)


def test_price_broadcasts_a_strike_row_against_a_minutes_column() -> None:
    values = black_scholes_price(600.0, np.arange(595.0, 606.0), np.array([[5.0], [60.0]]), 0.04, 0.2, True)
    assert values.shape == (2, 11)
    assert float(values[1, 3]) == float(black_scholes_price(600.0, 598.0, 60.0, 0.04, 0.2, True))


@pytest.mark.parametrize(
    "case",
    [
        Case(0.0, 600.0, 60.0, 0.04, 0.2, True),
        Case(600.0, -1.0, 60.0, 0.04, 0.2, True),
        Case(600.0, 600.0, -1.0, 0.04, 0.2, True),
        Case(600.0, 600.0, 60.0, 0.04, -0.1, True),
    ],
)
def test_price_and_greeks_refuse_impossible_inputs(case: Case) -> None:
    with pytest.raises(ValueError, match="must"):
        black_scholes_price(*case)
    with pytest.raises(ValueError, match="must"):
        greeks(*case)


def test_price_and_greeks_pass_nan_through_element_by_element() -> None:
    values = black_scholes_price([600.0, np.nan], 600.0, 60.0, 0.04, [0.2, 0.2], True)
    assert np.isfinite(values[0])
    assert np.isnan(values[1])
    sensitivities = greeks(600.0, 600.0, [60.0, 60.0], 0.04, [0.2, np.nan], True)
    for name in ("delta", "gamma", "theta_per_minute", "theta_per_day", "vega_per_point"):
        assert np.isfinite(getattr(sensitivities, name)[0])
        assert np.isnan(getattr(sensitivities, name)[1])


@given(
    spot=st.floats(1.0, 10_000.0),
    moneyness=st.floats(0.5, 2.0),
    minutes=st.floats(0.0, 259_200.0),
    rate=st.floats(-0.05, 0.15),
    volatility=st.floats(0.0, 3.0),
)
def test_call_minus_put_is_spot_minus_discounted_strike(
    spot: float, moneyness: float, minutes: float, rate: float, volatility: float
) -> None:
    strike = spot * moneyness
    call, put = black_scholes_price(spot, strike, minutes, rate, volatility, [True, False])
    parity = spot - strike * float(np.exp(-rate * minutes / MINUTES_PER_YEAR))
    assert abs(float(call - put) - parity) <= 1e-14 * (spot + strike) * 4


def _exact_greeks(case: Case) -> tuple[float, float, float, float]:
    years = mpmath.mpf(case.minutes) / MINUTES_PER_YEAR
    spot, strike, rate, volatility = (mpmath.mpf(x) for x in (case.spot, case.strike, case.rate, case.volatility))

    def by_spot(s: Any) -> Any:
        return _exact(s, strike, years, rate, volatility, case.is_call)

    def by_time(t: Any) -> Any:
        return _exact(spot, strike, t, rate, volatility, case.is_call)

    def by_volatility(v: Any) -> Any:
        return _exact(spot, strike, years, rate, v, case.is_call)

    step = {"h": mpmath.mpf(10) ** -20}
    return (
        float(mpmath.diff(by_spot, spot, **step)),
        float(mpmath.diff(by_spot, spot, 2, **step)),
        float(-mpmath.diff(by_time, years, **step) / MINUTES_PER_YEAR),
        float(mpmath.diff(by_volatility, volatility, **step) / 100),
    )


def test_greeks_match_high_precision_numerical_differentiation() -> None:
    cases = _grid((5.0, 390.0, 43_200.0), (0.1, 0.8))
    with mpmath.workdps(80):
        delta, gamma, theta, vega = zip(*(_exact_greeks(case) for case in cases), strict=True)
    result = greeks(*_columns(cases))
    np.testing.assert_allclose(result.delta, delta, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(result.gamma, gamma, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(result.theta_per_minute, theta, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(result.theta_per_day, np.array(theta) * 1440, rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(result.vega_per_point, vega, rtol=1e-10, atol=1e-14)


def test_greeks_at_zero_minutes_are_the_payoff_step_and_nothing_else() -> None:
    result = greeks(600.0, [599.0, 600.0, 601.0] * 2, 0.0, 0.05, 0.2, [True] * 3 + [False] * 3)
    np.testing.assert_array_equal(result.delta, [1.0, 0.5, 0.0, 0.0, -0.5, -1.0])
    for name in ("gamma", "theta_per_minute", "theta_per_day", "vega_per_point"):
        np.testing.assert_array_equal(getattr(result, name), np.zeros(6))


def test_greeks_without_volatility_leave_only_interest_on_the_strike() -> None:
    result = greeks(100.0, [90.0, 120.0], MINUTES_PER_YEAR, 0.05, 0.0, True)
    np.testing.assert_array_equal(result.delta, [1.0, 0.0])
    np.testing.assert_array_equal(result.gamma, [0.0, 0.0])
    np.testing.assert_array_equal(result.vega_per_point, [0.0, 0.0])
    interest = -0.05 * 90.0 * 0.951229424500714 / MINUTES_PER_YEAR
    np.testing.assert_allclose(result.theta_per_minute, [interest, 0.0], rtol=1e-13)


def test_implied_volatility_recovers_the_volatility_behind_fifty_digit_prices() -> None:
    cases = _grid((1.0, 5.0, 60.0, 390.0, 10_080.0, 259_200.0), (0.03, 0.08, 0.2, 0.7, 1.5, 3.0))
    with mpmath.workdps(_DIGITS):
        prices = np.array([float(_exact_of(case)) for case in cases])
        outer = np.array(
            [float(min(_exact_of(case), _exact_of(case._replace(is_call=not case.is_call)))) for case in cases]
        )
    spot, strike, minutes, rate, volatility, is_call = _columns(cases)
    result = implied_volatility(prices, spot, strike, minutes, rate, is_call)
    forward_put_is_outer = spot > strike * np.exp(-rate * minutes / MINUTES_PER_YEAR)
    assert forward_put_is_outer.any()
    identifiable = outer > 0.000101
    assert identifiable.sum() > 700
    np.testing.assert_allclose(result[identifiable], volatility[identifiable], rtol=0.0, atol=1e-9)
    assert np.isnan(result[outer < 0.000099]).all()


@given(
    log_moneyness=st.floats(-0.5, 0.5),
    log_minutes=st.floats(0.0, float(np.log(259_200.0))),
    log_volatility=st.floats(float(np.log(0.03)), float(np.log(3.0))),
    is_call=st.booleans(),
)
def test_implied_volatility_round_trips_wherever_it_is_identifiable(
    log_moneyness: float, log_minutes: float, log_volatility: float, is_call: bool
) -> None:
    strike, minutes, volatility = (float(np.exp(x)) for x in (log_moneyness, log_minutes, log_volatility))
    terms = (600.0, 600.0 * strike, minutes, 0.04)
    price = black_scholes_price(*terms, volatility, is_call)
    result = float(implied_volatility(price, *terms, is_call))
    outer = float(np.min(black_scholes_price(*terms, volatility, [True, False])))
    if outer > 0.000101:
        assert abs(result - volatility) < 1e-9
    elif outer < 0.000099:
        assert np.isnan(result)


@pytest.mark.parametrize(
    ("price", "spot", "strike", "minutes", "is_call"),
    [
        (1.0, 602.0, 600.0, 60.0, True),  # below intrinsic
        (2.00005, 602.0, 600.0, 60.0, True),  # five thousandths of a cent of time value
        (602.0, 602.0, 600.0, 60.0, True),  # a call worth the spot
        (600.0, 602.0, 600.0, 60.0, False),  # a put worth the strike
        (0.00005, 598.0, 600.0, 60.0, True),
        (5.0, 602.0, 600.0, 0.0, True),
        (5.0, 602.0, 600.0, -5.0, True),
        (np.nan, 602.0, 600.0, 60.0, True),
        (5.0, np.inf, 600.0, 60.0, True),
        (5.0, 602.0, np.inf, 60.0, False),
        (5.0, 602.0, 0.0, 60.0, True),
        (5.0, -602.0, 600.0, 60.0, False),
        (5.0, 602.0, 600.0, np.inf, True),
    ],
)
def test_implied_volatility_is_nan_where_it_cannot_be_identified(
    price: float, spot: float, strike: float, minutes: float, is_call: bool
) -> None:
    assert np.isnan(implied_volatility(price, spot, strike, minutes, 0.0, is_call))


def test_implied_volatility_answers_each_element_regardless_of_bad_neighbours() -> None:
    alone = implied_volatility(2.5, 600.0, 600.0, 120.0, 0.04, True)
    mixed = implied_volatility([np.nan, 2.5, -1.0], 600.0, 600.0, 120.0, 0.04, True)
    assert np.isfinite(alone)
    np.testing.assert_array_equal(np.isnan(mixed), [True, False, True])
    assert float(mixed[1]) == pytest.approx(float(alone), rel=1e-14)


def test_implied_volatility_of_nothing_is_an_empty_array() -> None:
    assert implied_volatility(np.array([]), 600.0, 600.0, 120.0, 0.04, True).shape == (0,)
