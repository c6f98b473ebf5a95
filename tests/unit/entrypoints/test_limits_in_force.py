"""Of the settings and the limits file the tightest holds, and the user is told what came of it."""

import dataclasses
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.limits_file import load_limits
from entrypoints.limits_in_force import limits_in_force, tightened, without_effect
from entrypoints.settings import Settings
from tradecore.risk.limits import Limits

HOME: Final = Path("desk")
NOBODY: Final = Limits(profile="mine.yaml")
CAPS: Final = {
    "max_daily_loss": "max_daily_loss",
    "max_daily_loss_pct": "max_daily_loss_pct",
    "risk_per_trade": "risk_per_trade",
    "per_trade_max_loss": "per_trade_max_loss",
    "max_position_size": "max_position_pct",
    "delta_cap": "delta_cap",
    "confirmation_timeout": "confirmation_timeout_s",
}
BUFFERS: Final = {"market_open_buffer": "open_buffer_minutes", "market_close_buffer": "close_buffer_minutes"}


def settings(**values: Any) -> Settings:
    return Settings(home=HOME, **values)


@pytest.mark.parametrize(
    ("setting", "value", "limit", "expected"),
    [
        ("max_daily_loss", 300, "max_daily_loss", 300),
        ("max_daily_loss", 600, "max_daily_loss", 500),
        ("max_daily_loss_pct", 3, "max_daily_loss_pct", 3),
        ("max_daily_loss_pct", 6, "max_daily_loss_pct", 5),
        ("risk_per_trade", 100, "risk_per_trade", 100),
        ("risk_per_trade", 200, "risk_per_trade", 150),
        ("per_trade_max_loss", 200, "per_trade_max_loss", 200),
        ("per_trade_max_loss", 300, "per_trade_max_loss", 250),
        ("max_position_size", "0.02", "max_position_pct", 2),
        ("max_position_size", "0.5", "max_position_pct", 20),
        ("delta_cap", 40, "delta_cap", 40),
        ("delta_cap", 60, "delta_cap", 50),
        ("confirmation_timeout", 20, "confirmation_timeout_s", 20),
        ("confirmation_timeout", 90, "confirmation_timeout_s", 30),
        ("market_open_buffer", 10, "open_buffer_minutes", 10),
        ("market_open_buffer", 0, "open_buffer_minutes", 5),
        ("market_close_buffer", 30, "close_buffer_minutes", 30),
        ("market_close_buffer", 10, "close_buffer_minutes", 15),
    ],
)
def test_a_setting_tightens_the_shipped_limit_and_never_loosens_it(
    setting: str, value: object, limit: str, expected: int
) -> None:
    limits = tightened(load_limits("default"), settings(**{setting: value}))
    assert getattr(limits, limit) == expected


def test_without_a_setting_the_limits_stay_as_they_are() -> None:
    limits = load_limits("default")
    assert tightened(limits, settings()) == limits
    assert tightened(limits, settings(max_daily_loss=500, max_position_size="0.20")) == limits


def test_the_profile_names_what_tightened_it_and_the_hash_is_another() -> None:
    limits = load_limits("default")
    tighter = tightened(limits, settings(max_daily_loss=300, delta_cap=60, market_open_buffer=10))
    assert tighter.profile == "default, tightened by MAX_DAILY_LOSS, MARKET_OPEN_BUFFER"
    assert tighter.hash != limits.hash


def test_a_limit_that_nobody_set_takes_the_setting() -> None:
    limits = tightened(NOBODY, settings(max_daily_loss=300))
    assert limits.max_daily_loss == 300
    assert "max_daily_loss" not in limits.missing
    assert limits.profile == "mine.yaml, tightened by MAX_DAILY_LOSS"


def test_a_setting_that_asks_for_more_is_told_that_it_changes_nothing() -> None:
    asked = settings(confirmation_timeout=90, max_daily_loss=500, delta_cap=40, market_open_buffer=3)
    assert without_effect(load_limits("default"), asked) == (
        "MARKET_OPEN_BUFFER: 3 changes nothing, because the limits default are tighter (open_buffer_minutes: 5)",
        "CONFIRMATION_TIMEOUT: 90 changes nothing, because the limits default are tighter (confirmation_timeout_s: 30)",
    )


def test_the_source_given_comes_before_the_one_in_the_settings(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("max_daily_loss: 200\n")
    limits, remarks = limits_in_force(settings(limits=str(mine), delta_cap=10))
    assert (limits.max_daily_loss, limits.delta_cap, len(remarks)) == (Decimal(200), Decimal(10), 1)
    assert "leaves limits unset" in remarks[0]
    assert "delta_cap," not in remarks[0]
    limits, remarks = limits_in_force(settings(limits=str(mine)), "default")
    assert (limits.max_daily_loss, remarks) == (Decimal(500), ())


CAP_SETTINGS: Final = st.fixed_dictionaries(
    {},
    optional={
        "max_daily_loss": st.decimals(1, 10**6, places=2),
        "max_daily_loss_pct": st.decimals(0, 100, places=2),
        "risk_per_trade": st.decimals(0, 10**6, places=2),
        "per_trade_max_loss": st.decimals(0, 10**6, places=2),
        "max_position_size": st.decimals(0, 1, places=4),
        "delta_cap": st.decimals(0, 10**6, places=2),
        "confirmation_timeout": st.decimals(1, 3600, places=1),
        "market_open_buffer": st.integers(0, 390),
        "market_close_buffer": st.integers(0, 390),
    },
)
SOME_LIMITS: Final = st.fixed_dictionaries(
    {limit: st.none() | st.decimals(0, 10**6, places=2) for limit in CAPS.values()}
    | {limit: st.none() | st.integers(0, 390) for limit in BUFFERS.values()}
)


@given(limits=SOME_LIMITS, asked=CAP_SETTINGS)
def test_tightening_never_loosens_and_touches_nothing_else(limits: dict[str, Any], asked: dict[str, Any]) -> None:
    before = dataclasses.replace(load_limits("default"), **limits)
    given_settings = settings(**asked)
    after = tightened(before, given_settings)
    for setting, limit in {**CAPS, **BUFFERS}.items():
        old, new, wish = getattr(before, limit), getattr(after, limit), getattr(given_settings, setting)
        wish = wish * 100 if wish is not None and setting == "max_position_size" else wish
        stricter = max if setting in BUFFERS else min
        candidates = [value for value in (old, wish) if value is not None]
        assert new == (stricter(candidates) if candidates else None)
    tied = {"profile", *CAPS.values(), *BUFFERS.values()}
    others = {field.name for field in dataclasses.fields(Limits)} - tied
    assert all(getattr(before, name) == getattr(after, name) for name in others)
    assert tightened(after, given_settings).hash == after.hash
