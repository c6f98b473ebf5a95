"""Imagined markets against the Black-Scholes formula written down a second time."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import log, sqrt
from statistics import NormalDist

import pytest

from tradecore.analysis.scenario import Later, changes_in_value, total_greeks
from tradecore.model.instruments import Equity, Instrument, OptionContract, Right
from tradecore.model.market import ContractGreeks

SPY = Equity("SPY")
CALL = OptionContract("SPY", date(2026, 11, 20), Right.CALL, Decimal(600))
PUT = OptionContract("SPY", date(2026, 11, 20), Right.PUT, Decimal(595))
# The session closes at 21:00 UTC: four hours are left.
NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
IV = 0.15
KNOWN = {
    contract.symbol: ContractGreeks(contract, iv=IV, delta=None, gamma=None, theta_per_minute=None, vega_per_point=None)
    for contract in (CALL, PUT)
}
N = NormalDist()


def worth(contract: OptionContract, spot: float, minutes: float, iv: float) -> float:
    strike, deviation = float(contract.strike), iv * sqrt(minutes / 525_600)
    d1 = log(spot / strike) / deviation + deviation / 2
    call = spot * N.cdf(d1) - strike * N.cdf(d1 - deviation)
    return call if contract.right is Right.CALL else call - spot + strike


def test_a_move_revalues_options_at_their_volatility_and_shares_with_the_price() -> None:
    held: list[tuple[Instrument, Decimal]] = [(CALL, Decimal(2)), (PUT, Decimal(-1)), (SPY, Decimal(30))]
    found = changes_in_value(held, [-0.01, 0.0, 0.005], 599.0, KNOWN, NOW)
    assert found is not None
    for gain, spot in zip(found, (593.01, 599.0, 601.995), strict=True):
        call = worth(CALL, spot, 240, IV) - worth(CALL, 599.0, 240, IV)
        put = worth(PUT, spot, 240, IV) - worth(PUT, 599.0, 240, IV)
        assert gain == pytest.approx(200 * call - 100 * put + 30 * (spot - 599.0), abs=1e-6)


def test_time_and_volatility_change_what_it_is_worth_then_and_not_what_it_is_worth_now() -> None:
    found = changes_in_value([(CALL, Decimal(1))], [0.004], 599.0, KNOWN, NOW, Later(minutes=90, iv_points=5))
    assert found is not None
    expected = 100 * (worth(CALL, 599.0 * 1.004, 150, 0.20) - worth(CALL, 599.0, 240, IV))
    assert found[0] == pytest.approx(expected, abs=1e-6)


def test_at_the_close_and_after_it_only_intrinsic_value_is_left() -> None:
    found = changes_in_value([(CALL, Decimal(1))], [0.01, -0.01], 599.0, KNOWN, NOW, Later(minutes=1440))
    assert found is not None
    paid = worth(CALL, 599.0, 240, IV)
    assert found.tolist() == pytest.approx([100 * (599.0 * 1.01 - 600 - paid), -100 * paid], abs=1e-6)


def test_a_contract_without_a_volatility_or_without_time_makes_the_whole_unknown() -> None:
    held: list[tuple[Instrument, Decimal]] = [(CALL, Decimal(1)), (SPY, Decimal(1))]
    assert changes_in_value(held, [0.01], 599.0, {}, NOW) is None
    assert total_greeks(held, 599.0, {}, NOW) is None
    assert changes_in_value(held, [0.01], 599.0, KNOWN, NOW + timedelta(hours=4)) is None


def test_greeks_are_the_slopes_of_the_value() -> None:
    held: list[tuple[Instrument, Decimal]] = [(CALL, Decimal(3)), (PUT, Decimal(-2)), (SPY, Decimal(10))]

    def total(spot: float, minutes: float, iv: float) -> float:
        return 300 * worth(CALL, spot, minutes, iv) - 200 * worth(PUT, spot, minutes, iv) + 10 * spot

    found = total_greeks(held, 598.0, KNOWN, NOW)
    assert found is not None
    assert found.delta == pytest.approx((total(598.01, 240, IV) - total(597.99, 240, IV)) / 0.02, rel=1e-5)
    bend = (total(598.05, 240, IV) - 2 * total(598.0, 240, IV) + total(597.95, 240, IV)) / 0.05**2
    assert found.gamma == pytest.approx(bend, rel=1e-4)
    assert found.theta_per_minute == pytest.approx((total(598.0, 239.9, IV) - total(598.0, 240.1, IV)) / 0.2, rel=1e-4)
    assert found.vega_per_point == pytest.approx(
        (total(598.0, 240, IV + 1e-4) - total(598.0, 240, IV - 1e-4)) / 2e-4 * 0.01, rel=1e-5
    )
