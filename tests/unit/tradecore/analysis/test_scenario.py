"""What holdings gain at once if the market moves: against arithmetic and put-call parity, not our own prices."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tradecore.analysis.scenario import changes_in_value
from tradecore.model.instruments import Equity, Instrument, OptionContract, Right
from tradecore.model.market import ContractGreeks

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
CALL = OptionContract("SPY", TODAY, Right.CALL, Decimal(600))
PUT = OptionContract("SPY", TODAY, Right.PUT, Decimal(600))
MOVES = (-0.01, -0.005, 0.005, 0.01)


def at_volatility(iv: float | None) -> dict[str, ContractGreeks]:
    return {one.symbol: ContractGreeks(one, iv, None, None, None, None) for one in (CALL, PUT)}


def test_shares_move_with_the_underlying() -> None:
    """100 shares at 600: one percent is $600."""
    gains = changes_in_value([(Equity("SPY"), Decimal(100))], MOVES, 600.0, {}, NOON)
    assert gains is not None
    assert list(gains) == pytest.approx([-600, -300, 300, 600])


def test_a_call_less_a_put_of_its_strike_moves_like_the_underlying() -> None:
    """Put-call parity without interest: the pair is a forward, 100 shares' worth a contract."""
    pair = [(CALL, Decimal(2)), (PUT, Decimal(-2))]
    gains = changes_in_value(pair, MOVES, 603.0, at_volatility(0.15), NOON)
    assert gains is not None
    assert list(gains) == pytest.approx([200 * 603 * move for move in MOVES], rel=1e-9)


def test_far_in_the_money_a_call_is_the_underlying_and_far_out_nothing() -> None:
    gains = changes_in_value([(CALL, Decimal(1))], MOVES, 660.0, at_volatility(0.1), NOON)
    assert gains is not None
    assert list(gains) == pytest.approx([100 * 660 * move for move in MOVES], rel=1e-6)
    nothing = changes_in_value([(CALL, Decimal(1))], MOVES, 540.0, at_volatility(0.1), NOON)
    assert nothing is not None
    assert list(nothing) == pytest.approx([0, 0, 0, 0], abs=1e-6)


def test_a_volatility_nobody_knows_makes_the_whole_unknown() -> None:
    held: list[tuple[Instrument, Decimal]] = [(Equity("SPY"), Decimal(100)), (CALL, Decimal(1))]
    assert changes_in_value(held, MOVES, 600.0, at_volatility(None), NOON) is None
    assert changes_in_value(held, MOVES, 600.0, {}, NOON) is None
    after_the_close = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
    assert changes_in_value(held, MOVES, 600.0, at_volatility(0.1), after_the_close) is None
