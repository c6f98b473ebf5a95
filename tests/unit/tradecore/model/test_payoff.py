# mypy: disable-error-code="comparison-overlap"
"""Payoffs against brute force over a grid of prices."""

from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tradecore.model.instruments import OptionContract, Right
from tradecore.model.payoff import at_expiry
from tradecore.testing.builders import a_contract

Legs = list[tuple[OptionContract, Decimal]]
legs = st.lists(
    st.tuples(
        st.builds(lambda strike, right: a_contract(str(strike), right), st.integers(1, 20), st.sampled_from(Right)),
        st.integers(-3, 3).filter(bool).map(Decimal),
    ),
    min_size=1,
    max_size=5,
)


def profit(holdings: Legs, cost: Decimal, spot: Decimal) -> Decimal:
    """Written out: what each leg is worth at this price, less what was paid."""
    worth = Decimal(0)
    for contract, quantity in holdings:
        call = contract.right is Right.CALL
        worth += quantity * 100 * max(Decimal(0), spot - contract.strike if call else contract.strike - spot)
    return worth - cost


@given(legs, st.integers(-2000, 2000).map(Decimal))
def test_the_extremes_are_those_of_every_price(holdings: Legs, cost: Decimal) -> None:
    found = at_expiry(holdings, cost)
    grid = [profit(holdings, cost, Decimal(quarter) / 4) for quarter in range(4 * 21)]
    far, farther = (profit(holdings, cost, Decimal(spot)) for spot in (10_000, 10_001))
    assert (found.max_loss is None) == (farther < far)
    assert (found.max_profit is None) == (farther > far)
    if found.max_loss is not None:
        assert found.max_loss == -min(*grid, far)
    if found.max_profit is not None:
        assert found.max_profit == max(*grid, far)
    for price in found.break_evens:
        # Rounded to a hundredth of a cent, at most 15 contracts x 100 shares move a cent and a half on it.
        assert abs(profit(holdings, cost, price)) <= Decimal("0.15")


@given(legs, st.integers(-2000, 2000).map(Decimal))
def test_every_change_of_sign_has_a_break_even(holdings: Legs, cost: Decimal) -> None:
    found = at_expiry(holdings, cost).break_evens
    spots = [Decimal(quarter) / 4 for quarter in range(4 * 21)]
    for low, high in pairwise(spots):
        if profit(holdings, cost, low) * profit(holdings, cost, high) < 0:
            assert any(low <= price <= high for price in found)


def test_a_bought_call_by_hand() -> None:
    """Strike 674, paid $106: loses 106 at most, gains without bound above 674 + 1.06."""
    found = at_expiry([(a_contract("674"), Decimal(1))], Decimal(106))
    assert (found.max_loss, found.max_profit, found.break_evens) == (106, None, (Decimal("675.06"),))


def test_an_iron_condor_by_hand() -> None:
    """Widths of 2 for a credit of $60: wins 60, loses 200 - 60; even at 660 - 0.60 and 680 + 0.60."""
    condor = [
        (a_contract("658", Right.PUT), Decimal(1)),
        (a_contract("660", Right.PUT), Decimal(-1)),
        (a_contract("680"), Decimal(-1)),
        (a_contract("682"), Decimal(1)),
    ]
    found = at_expiry(condor, Decimal(-60))
    assert (found.max_loss, found.max_profit) == (140, 60)
    assert found.break_evens == (Decimal("659.40"), Decimal("680.60"))


def test_a_naked_call_can_lose_without_bound_and_a_naked_put_its_strike() -> None:
    assert at_expiry([(a_contract("674"), Decimal(-1))], Decimal(-100)).max_loss is None
    assert at_expiry([(a_contract("674", Right.PUT), Decimal(-1))], Decimal(-100)).max_loss == 67_300
