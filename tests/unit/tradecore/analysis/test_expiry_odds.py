"""Probability of profit and the ladder, against scipy's normal distribution and sums by hand."""

import math
from decimal import Decimal

import pytest
from scipy import integrate, stats

from tradecore.analysis.expiry_odds import chance_below, probability_of_profit, profit_ladder
from tradecore.model.instruments import OptionContract, Right
from tradecore.testing.builders import TEN, a_contract, some_greeks

MINUTES = 360.0
CONDOR = [
    (a_contract("665", Right.PUT), Decimal(1)),
    (a_contract("667", Right.PUT), Decimal(-1)),
    (a_contract("672"), Decimal(-1)),
    (a_contract("674"), Decimal(1)),
]
CREDIT = Decimal("-72")


def lognormal(spot: float, volatility: float) -> stats.rv_continuous:
    deviation = volatility * math.sqrt(MINUTES / 525_600)
    return stats.lognorm(s=deviation, scale=spot * math.exp(-deviation * deviation / 2))


@pytest.mark.parametrize("price", [660.0, 667.28, 670.0, 672.72, 700.0])
def test_the_chance_to_end_below_a_price_is_the_lognormal_distribution_s(price: float) -> None:
    assert chance_below(price, 670.0, MINUTES, 0.15) == pytest.approx(lognormal(670, 0.15).cdf(price), abs=1e-12)


def test_the_expected_price_is_today_s() -> None:
    mean, _ = integrate.quad(lambda k: 1 - chance_below(k, 670.0, MINUTES, 0.15), 600, 740)
    assert 600 + mean == pytest.approx(670.0, abs=1e-6)


def test_a_condor_wins_between_its_break_evens() -> None:
    """Sold for 0.72: it wins from 667 - 0.72 = 666.28 to 672.72, each with its own volatility."""

    def smile(price: float) -> float:
        return 0.18 if price < 670 else 0.14

    found = probability_of_profit(CONDOR, CREDIT, Decimal(670), TEN, smile)
    wanted = lognormal(670, 0.14).cdf(672.72) - lognormal(670, 0.18).cdf(666.28)
    assert found == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize(("right", "sign"), [(Right.CALL, 1), (Right.PUT, -1)])
def test_a_bought_option_wins_beyond_its_break_even(right: Right, sign: int) -> None:
    """Bought at 1.02 and 0.10279 of fees: 102.10279 dollars, 1.0210279 beyond 670; the break-even stands to 0.0001."""
    one = [(a_contract("670", right), Decimal(1))]
    found = probability_of_profit(one, Decimal("102.10279"), Decimal(670), TEN, lambda _: 0.15)
    below = lognormal(670, 0.15).cdf(670 + sign * 1.0210)
    assert found == pytest.approx(1 - below if sign > 0 else below, abs=1e-9)


def test_what_can_never_lose_wins_for_sure_and_what_can_never_win_never() -> None:
    vertical = [(a_contract("670"), Decimal(1)), (a_contract("672"), Decimal(-1))]
    assert probability_of_profit(vertical, Decimal("-1"), Decimal(670), TEN, lambda _: 0.15) == 1.0
    assert probability_of_profit(vertical, Decimal("201"), Decimal(670), TEN, lambda _: 0.15) == 0.0


def test_the_ladder_at_expiry_is_the_payoff_by_hand() -> None:
    """A credit of 72 less the wing that is hit, at most 200: 72 inside, -128 beyond the wings, 0.5 past 672: 22."""
    spots = [Decimal(one) for one in ("660", "667", "670", "672", "672.50", "680")]
    greeks = {one.symbol: some_greeks(one) for one, _ in CONDOR}
    rungs = profit_ladder(CONDOR, CREDIT, spots, greeks, TEN)
    assert [str(rung.expiry) for rung in rungs] == ["-128.00", "72.00", "72.00", "72.00", "22.00", "-128.00"]


def black(spot: float, contract: OptionContract, volatility: float) -> float:
    deviation = volatility * math.sqrt(MINUTES / 525_600)
    strike = float(contract.strike)
    d1 = math.log(spot / strike) / deviation + deviation / 2
    sign = 1 if contract.right is Right.CALL else -1
    return float(sign * (spot * stats.norm.cdf(sign * d1) - strike * stats.norm.cdf(sign * (d1 - deviation))))


def test_the_ladder_now_is_black_scholes_of_every_leg_less_the_cost() -> None:
    greeks = {one.symbol: some_greeks(one) for one, _ in CONDOR}
    (rung,) = profit_ladder(CONDOR, CREDIT, [Decimal("671")], greeks, TEN)
    wanted = sum(float(quantity) * 100 * black(671.0, one, 0.15) for one, quantity in CONDOR) + 72
    assert rung.now is not None
    assert float(rung.now) == pytest.approx(wanted, abs=0.006)


def test_without_a_leg_s_volatility_only_the_expiry_is_told() -> None:
    (rung,) = profit_ladder(CONDOR, CREDIT, [Decimal("670")], {}, TEN)
    assert rung.now is None
    assert rung.expiry == Decimal("72.00")
