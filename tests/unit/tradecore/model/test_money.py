"""Money: exact, of one currency, never a float."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradecore.model.money import Money, usd

amounts = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False, places=4)


@pytest.mark.parametrize("value", [0.1, 1.0, 1, "1", None, True, Decimal("NaN"), Decimal("Infinity")])
def test_money_is_made_of_a_finite_decimal_only(value: Any) -> None:
    with pytest.raises(TypeError):
        Money(value)


@pytest.mark.parametrize("value", [0.1, 1.0, float("nan")])
def test_dollars_are_never_made_from_a_float(value: Any) -> None:
    with pytest.raises(TypeError):
        usd(value)


def test_a_float_factor_is_refused() -> None:
    factor: Any = 0.1
    with pytest.raises(TypeError):
        usd(1) * factor


def test_currencies_do_not_mix() -> None:
    euro = Money(Decimal(1), "EUR")
    for mixed in (
        lambda: usd(1) + euro,
        lambda: usd(1) - euro,
        lambda: usd(1) < euro,
        lambda: usd(1) <= euro,
        lambda: max(usd(1), euro),
    ):
        with pytest.raises(TypeError, match="do not mix"):
            mixed()
    assert usd(1) != euro


@given(amounts, amounts)
def test_sums_are_exact(one: Decimal, other: Decimal) -> None:
    assert usd(one) + usd(other) - usd(other) == usd(one)
    assert usd(one) + -usd(one) == usd(0)
    assert (usd(one) < usd(other)) == (one < other)


@pytest.mark.parametrize(
    ("amount", "text"),
    [("1234.5", "$1,234.50"), ("-53", "-$53.00"), ("0", "$0.00"), ("0.005", "$0.00"), ("0.015", "$0.02")],
)
def test_money_is_shown_to_the_cent(amount: str, text: str) -> None:
    assert str(usd(amount)) == text


def test_a_loss_below_a_cent_is_not_shown_as_minus_nothing() -> None:
    assert str(usd("-0.001")) == "$0.00"


def test_another_currency_is_named() -> None:
    assert str(Money(Decimal("-2"), "EUR")) == "-2.00 EUR"
