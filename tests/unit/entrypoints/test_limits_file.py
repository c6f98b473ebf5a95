"""The one file of shipped numbers says what DEFAULTS.md says, and the recorded profile differs where it should."""

import dataclasses
from datetime import date, timedelta
from decimal import Decimal

import pytest

from entrypoints.limits_file import LimitsError, load_limits, shipped_fees
from tradecore.testing.shipped_limits import SHIPPED_LIMITS

MINUTE = timedelta(minutes=1)


def test_the_shipped_file_holds_the_numbers_typed_by_hand() -> None:
    assert dataclasses.replace(load_limits("default"), profile="test") == SHIPPED_LIMITS


def test_the_shipped_file_leaves_no_limit_out() -> None:
    assert load_limits("default").missing == ()
    assert load_limits("recorded", MINUTE).missing == ()


def test_the_recorded_profile_differs_where_bars_need_it_and_nowhere_else() -> None:
    """Ages of two one-minute bars, entry steps of one bar and a second, no spread or collar check, the touch."""
    expected = dataclasses.replace(
        load_limits("default"),
        profile="recorded",
        max_quote_age_s=Decimal(120),
        max_underlying_age_s=Decimal(120),
        max_chain_age_s=Decimal(120),
        entry_step_s=Decimal(61),
        worst_price_is_touch=True,
        collar_enabled=False,
        spread_check_enabled=False,
        allow_early_close=True,
        exit_market_after_s=Decimal(0),
        stop_confirmations=1,
    )
    assert load_limits("recorded", MINUTE) == expected


def test_the_recorded_profile_is_for_recordings() -> None:
    with pytest.raises(LimitsError, match="only for recorded bars"):
        load_limits("recorded")


def test_the_shipped_fees_are_dated() -> None:
    fees = shipped_fees()
    assert (fees.per_contract, fees.taf_per_contract_sold) == (Decimal("0.05"), Decimal("0.00279"))
    assert fees.as_of >= date(2026, 1, 1)


def test_profiles_are_told_apart_by_their_hash() -> None:
    assert load_limits("default").hash != load_limits("recorded", MINUTE).hash
    assert load_limits("default").hash == load_limits("default").hash
