"""
Every limit of the desk, by name. None means "nobody set it", and an opening order that needs it is refused.

Amounts are dollars, `*_pct` percent, times New York wall-clock, `*_s` seconds. The shipped values stand in one file,
`entrypoints/risk_parameters.yaml`; this module holds none.
"""

import dataclasses
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from tradecore.model.encoding import digest


@dataclass(frozen=True, slots=True)
class MarketEvent:
    """A scheduled announcement; nothing is opened from 10 minutes before to 20 minutes after it."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits in force; `profile` names where they came from."""

    profile: str
    # loss
    max_daily_loss: Decimal | None = None
    max_daily_loss_pct: Decimal | None = None
    max_weekly_loss: Decimal | None = None
    max_drawdown_pct: Decimal | None = None
    per_trade_max_loss: Decimal | None = None
    risk_per_trade: Decimal | None = None
    max_lotto_premium_per_day: Decimal | None = None
    gap_stress_pct: Decimal | None = None
    max_heat_pct: Decimal | None = None
    # size
    max_contracts_per_order: Decimal | None = None
    max_cheap_contracts_per_order: Decimal | None = None
    cheap_option_price: Decimal | None = None
    max_shares_per_order: Decimal | None = None
    max_order_cost: Decimal | None = None
    max_position_pct: Decimal | None = None
    max_open_groups: int | None = None
    max_open_groups_per_strategy: int | None = None
    delta_cap: Decimal | None = None
    delta_cap_after_move: Decimal | None = None
    # pace
    max_trades_per_day: int | None = None
    max_trades_per_day_per_strategy: int | None = None
    losses_before_pause: int | None = None
    loss_pause_minutes: int | None = None
    losses_before_stop: int | None = None
    reentry_minutes_after_stop: int | None = None
    max_armed_plans: int | None = None
    armed_until: time | None = None
    max_opens_per_minute: int | None = None
    duplicate_window_s: Decimal | None = None
    max_repeated_executions: int | None = None
    repeated_execution_minutes: int | None = None
    # price
    band_ticks: int | None = None
    band_spread_fraction: Decimal | None = None
    band_pct: Decimal | None = None
    worst_price_is_touch: bool | None = None
    collar_enabled: bool | None = None
    collar_ticks: int | None = None
    collar_pct: Decimal | None = None
    spread_check_enabled: bool | None = None
    max_spread_ticks: int | None = None
    max_spread_pct: Decimal | None = None
    max_combo_spread: Decimal | None = None
    max_combo_spread_pct: Decimal | None = None
    # data
    max_quote_age_s: Decimal | None = None
    max_underlying_age_s: Decimal | None = None
    max_chain_age_s: Decimal | None = None
    # clock
    open_buffer_minutes: int | None = None
    close_buffer_minutes: int | None = None
    last_open: time | None = None
    flat_from: time | None = None
    flat_by: time | None = None
    half_day_last_open_minutes: int | None = None
    half_day_flat_minutes: int | None = None
    allow_early_close: bool | None = None
    event_blackout: tuple[MarketEvent, ...] | None = None
    # execution
    confirmation_timeout_s: Decimal | None = None
    approval_timeout_s: Decimal | None = None
    entry_steps: int | None = None
    entry_step_s: Decimal | None = None
    exit_step_s: Decimal | None = None
    exit_market_after_s: Decimal | None = None
    stop_confirmations: int | None = None
    stop_confirmation_gap_s: Decimal | None = None
    wide_spread_wait_s: Decimal | None = None
    protected_within_s: Decimal | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of limits nobody set."""
        return tuple(field.name for field in dataclasses.fields(self) if getattr(self, field.name) is None)

    @property
    def hash(self) -> str:
        """SHA-256 of the values, for journal headers."""
        return digest(self)
