"""A chain completed from its quotes, against fifty-digit arithmetic and against the reasons a person would give."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import mpmath
import numpy as np
import pytest

from tradecore.analysis.completed_chain import QuoteGap, chain_of, complete
from tradecore.analysis.implied_volatility import Identified
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import OptionContract, Right
from tradecore.model.sessions import session_on
from tradecore.testing.builders import SPY, TEN, TODAY, a_contract, a_quote, at


def an_exact_price(spot: Any, strike: float, minutes: Any, iv: Any, *, call: bool) -> Any:
    deviation = mpmath.mpf(iv) * mpmath.sqrt(mpmath.mpf(minutes) / 525_600)
    d1 = mpmath.log(mpmath.mpf(spot) / strike) / deviation + deviation / 2
    side = 1 if call else -1
    return side * (spot * mpmath.ncdf(side * d1) - strike * mpmath.ncdf(side * (d1 - deviation)))


def exact_slopes(strike: float, iv: float, *, call: bool) -> list[float]:
    """Delta, gamma, theta a minute and vega a point, by differentiating the price."""

    def price(spot: Any, minutes: Any, volatility: Any) -> Any:
        return an_exact_price(spot, strike, minutes, volatility, call=call)

    point = (mpmath.mpf(670), mpmath.mpf(MINUTES), mpmath.mpf(iv))
    orders = ((1, 0, 0), (2, 0, 0), (0, 1, 0), (0, 0, 1))
    delta, gamma, per_minute, per_whole = (mpmath.diff(price, point, order) for order in orders)
    return [float(slope) for slope in (delta, gamma, -per_minute, per_whole / 100)]


def a_chain(rows: list[tuple[str, Right, int, int]], now: datetime = TEN, expiry: date = TODAY) -> OptionChain:
    """Rows of strike, right, bid and ask in cents."""
    contracts = tuple(a_contract(strike, right, expiry) for strike, right, _, _ in rows)
    bid, ask = (np.array([row[side] for row in rows], dtype=np.int64) for side in (2, 3))
    ones = np.ones(len(rows), dtype=np.int64)
    return OptionChain("SPY", expiry, contracts, bid, ask, ones, ones, now, now, "test")


SPOT = a_quote(SPY, "669.99", "670.01")
MINUTES = 360.0


def test_every_figure_of_a_two_sided_row_is_what_its_prices_imply() -> None:
    found = complete(a_chain([("674", Right.CALL, 100, 110), ("668", Right.PUT, 150, 160)]), SPOT, TEN)
    assert found.spot == 670.0
    assert found.minutes == MINUTES
    for row, (strike, call, prices) in enumerate(((674, True, (1.0, 1.05, 1.1)), (668, False, (1.5, 1.55, 1.6)))):
        columns = (found.iv_low, found.iv, found.iv_high)
        with mpmath.workdps(50):
            for column, price in zip(columns, prices, strict=True):
                value = float(an_exact_price(670, strike, MINUTES, column[row], call=call))
                assert value == pytest.approx(price, rel=1e-12)
            slopes = exact_slopes(strike, float(found.iv[row]), call=call)
        figures = (found.delta[row], found.gamma[row], found.theta_per_minute[row], found.vega_per_point[row])
        assert figures == pytest.approx(slopes, rel=1e-9)
        assert found.reason_of(row) is None


@pytest.mark.parametrize(
    ("bid", "ask", "code", "low", "high"),
    [
        (0, 0, QuoteGap.NO_QUOTE, False, False),
        (0, 5, QuoteGap.NO_BID, False, True),
        (5, 0, QuoteGap.NO_ASK, True, False),
        (110, 100, QuoteGap.CROSSED, False, False),
        (100, 100, Identified.YES, True, True),
    ],
)
def test_a_quote_that_is_none_leaves_nulls_and_says_why(bid: int, ask: int, code: int, low: bool, high: bool) -> None:
    found = complete(a_chain([("674", Right.CALL, bid, ask), ("675", Right.CALL, 60, 62)]), SPOT, TEN)
    assert found.reason[0] == code
    known = code == Identified.YES
    for column in (found.iv, found.delta, found.gamma, found.theta_per_minute, found.vega_per_point):
        assert np.isfinite(column[0]) == known
        assert np.isfinite(column[1]), "the other row does not suffer"
    assert (np.isfinite(found.iv_low[0]), np.isfinite(found.iv_high[0])) == (low, high)
    assert (found.reason_of(0) is None) == known


def test_a_price_that_identifies_nothing_says_which_bound_it_is_at() -> None:
    rows = [("660", Right.CALL, 990, 1000), ("660", Right.CALL, 1000, 1000), ("674", Right.PUT, 67_400, 67_500)]
    found = complete(a_chain(rows), SPOT, TEN)
    codes = [Identified.BELOW_INTRINSIC, Identified.NO_TIME_VALUE, Identified.ABOVE_BOUND]
    assert found.reason.tolist() == codes
    assert np.isnan(found.iv).all()
    assert len({found.reason_of(row) for row in range(3)}) == 3


@pytest.mark.parametrize("spot", [None, a_quote(SPY, None, "670"), a_quote(SPY, "670.10", "670.00")])
def test_without_a_spot_nothing_is_made_up(spot: Any) -> None:
    found = complete(a_chain([("674", Right.CALL, 100, 102), ("674", Right.PUT, 0, 0)]), spot, TEN)
    assert found.spot is None
    assert found.spot_at is None
    assert found.reason.tolist() == [QuoteGap.NO_SPOT, QuoteGap.NO_QUOTE]
    assert np.isnan(found.delta).all()


def test_an_empty_chain_completes_to_an_empty_one() -> None:
    found = complete(a_chain([]), SPOT, TEN)
    assert len(found) == 0
    assert found.minutes is None


def test_minutes_are_counted_to_the_close_of_a_half_day() -> None:
    """Friday after Thanksgiving closes at 13:00 New York time."""
    day = date(2026, 11, 27)
    session = session_on(day)
    assert session is not None
    assert session.is_half_day
    noon = at("12:00", day)
    found = complete(
        a_chain([("674", Right.CALL, 100, 102)], noon, day), a_quote(SPY, "669.99", "670.01", now=noon), noon
    )
    assert found.minutes == 60.0


@pytest.mark.parametrize("late_s", [0, 1, 3600])
def test_at_expiry_and_after_it_no_time_is_left(late_s: int) -> None:
    now = at("16:00") + timedelta(seconds=late_s)
    found = complete(a_chain([("660", Right.CALL, 990, 1010)], now), a_quote(SPY, "669.99", "670.01", now=now), now)
    assert found.minutes == 0.0
    assert found.reason.tolist() == [Identified.NO_TIME_LEFT]


def test_a_minute_before_expiry_an_at_the_money_option_still_has_its_figures() -> None:
    now = at("15:59")
    found = complete(a_chain([("670", Right.CALL, 10, 12)], now), a_quote(SPY, "669.99", "670.01", now=now), now)
    assert found.minutes == 1.0
    assert 0.4 < found.delta[0] < 0.6
    assert found.gamma[0] > 0.5


def test_an_expiry_without_a_session_has_no_minutes() -> None:
    holiday = date(2026, 11, 26)
    found = complete(a_chain([("674", Right.CALL, 100, 102)], TEN, holiday), SPOT, TEN)
    assert found.reason.tolist() == [QuoteGap.NO_SESSION]


def test_each_row_says_how_old_its_quote_is() -> None:
    quotes = [a_quote(a_contract("674"), age_s=2.5), a_quote(a_contract("675"), "0.50", "0.52", age_s=40)]
    contracts = [quote.instrument for quote in quotes if isinstance(quote.instrument, OptionContract)]
    found = complete(chain_of(quotes, contracts), SPOT, TEN)
    assert found.ages_s(TEN).tolist() == [2.5, 40.0]
    assert found.age_s(TEN) == 2.5


def test_prices_between_two_cents_never_narrow_a_quote() -> None:
    chain = chain_of([a_quote(a_contract("674"), "1.005", "1.011")], [a_contract("674")])
    assert (chain.bid_cents[0], chain.ask_cents[0]) == (100, 102)
    assert Decimal("1.02") == chain.quote(0).ask


def test_a_thousand_rows_and_one_give_the_same_figures() -> None:
    rows = [(str(strike), right, 50 + strike % 40, 60 + strike % 40) for right in Right for strike in range(600, 740)]
    together = complete(a_chain(rows), SPOT, TEN)
    for row in range(0, len(rows), 17):
        alone = complete(a_chain([rows[row]]), SPOT, TEN)
        assert alone.reason[0] == together.reason[row]
        for name in ("iv", "iv_low", "iv_high", "delta", "gamma", "theta_per_minute", "vega_per_point"):
            np.testing.assert_array_equal(getattr(alone, name)[0], getattr(together, name)[row])
