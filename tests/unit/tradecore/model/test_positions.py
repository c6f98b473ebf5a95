# mypy: disable-error-code="comparison-overlap"
"""Positions against a plain cash ledger."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradecore.model.instruments import Instrument
from tradecore.model.money import usd
from tradecore.model.positions import Position, trade
from tradecore.model.terms import Side
from tradecore.testing.builders import CALL, SPY

Fill = tuple[Side, int, Decimal]
fills = st.lists(
    st.tuples(st.sampled_from(Side), st.integers(1, 50), st.integers(1, 100_000).map(lambda c: Decimal(c) / 100)),
    max_size=20,
)


def booked(instrument: Instrument, *trades: tuple[str, int, str]) -> tuple[Position, Decimal]:
    """The position and the sum of realised dollars after these fills."""
    held, made = Position(instrument), Decimal(0)
    for side, quantity, price in trades:
        held, realised = trade(held, Side(side), Decimal(quantity), Decimal(price))
        made += realised.amount
    return held, made


def test_adding_averages_the_cost() -> None:
    """(2 x 1.00 + 1 x 1.30) / 3 = 1.10."""
    held, made = booked(CALL, ("buy", 2, "1.00"), ("buy", 1, "1.30"))
    assert (held.quantity, held.average_price, made) == (3, Decimal("1.10"), 0)


def test_closing_part_realises_at_the_average_cost() -> None:
    """Sell 1 of 3 (average 1.10) at 1.50: (1.50 - 1.10) x 100 = 40; the rest still costs 1.10."""
    held, made = booked(CALL, ("buy", 2, "1.00"), ("buy", 1, "1.30"), ("sell", 1, "1.50"))
    assert (held.quantity, held.average_price, made) == (2, Decimal("1.10"), 40)


def test_a_flip_closes_at_cost_and_opens_at_the_fill() -> None:
    """Long 2 at 1.00, sell 5 at 0.80: loss 2 x 0.20 x 100 = 40; short 3 at 0.80."""
    held, made = booked(CALL, ("buy", 2, "1.00"), ("sell", 5, "0.80"))
    assert (held.quantity, held.average_price, made) == (-3, Decimal("0.80"), -40)


def test_a_short_gains_when_it_is_bought_back_lower() -> None:
    """Short 10 shares at 50, buy 4 at 45: 4 x 5 = 20; 6 short stay at 50; at 48 they are 12 up."""
    held, made = booked(SPY, ("sell", 10, "50"), ("buy", 4, "45"))
    assert (held.quantity, held.average_price, made) == (-6, 50, 20)
    assert held.unrealised(Decimal(48)) == usd(12)
    assert held.market_value(Decimal(48)) == usd(-288)


def test_a_flat_position_has_no_price_and_no_cost_left() -> None:
    held, made = booked(CALL, ("buy", 3, "0.07"), ("sell", 2, "0.11"), ("sell", 1, "0.02"))
    assert (held.quantity, held.cost, held.average_price) == (0, 0, None)
    # -21 + 22 + 2
    assert made == 3


@pytest.mark.parametrize("instrument", [CALL, SPY])
@given(fills=fills, mark=st.integers(0, 100_000).map(lambda c: Decimal(c) / 100))
def test_profit_equals_cash_plus_what_is_held(instrument: Instrument, fills: list[Fill], mark: Decimal) -> None:
    """Oracle: money in less money out, plus the holding at the mark, whatever the order of fills and flips."""
    held, made, quantity, cash = Position(instrument), Decimal(0), 0, Decimal(0)
    for side, units, price in fills:
        held, realised = trade(held, side, Decimal(units), price)
        made += realised.amount
        quantity += side.sign * units
        cash -= side.sign * units * price * instrument.multiplier
    assert held.quantity == quantity
    assert abs(made + held.unrealised(mark).amount - (cash + quantity * mark * instrument.multiplier)) < Decimal("1e-9")
    if not quantity:
        assert held.cost == 0
