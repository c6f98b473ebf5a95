"""The limits in force: those of a profile or a file, tightened and never loosened by the settings."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from entrypoints.limits_file import load_limits
from entrypoints.settings import Settings, variable_of
from tradecore.risk.limits import Limits


@dataclass(frozen=True, slots=True)
class Tie:
    """A setting, the limit it tightens, the stricter of two values, and the factor from the setting's unit."""

    setting: str
    limit: str
    stricter: Callable[[Decimal, Decimal], Decimal] = min
    times: int = 1


TIES: Final = (
    Tie("max_daily_loss", "max_daily_loss"),
    Tie("max_daily_loss_pct", "max_daily_loss_pct"),
    Tie("risk_per_trade", "risk_per_trade"),
    Tie("per_trade_max_loss", "per_trade_max_loss"),
    Tie("max_position_size", "max_position_pct", times=100),
    Tie("delta_cap", "delta_cap"),
    Tie("market_open_buffer", "open_buffer_minutes", max),
    Tie("market_close_buffer", "close_buffer_minutes", max),
    Tie("confirmation_timeout", "confirmation_timeout_s"),
)


def limits_in_force(
    settings: Settings, source: str | None = None, interval: timedelta | None = None
) -> tuple[Limits, tuple[str, ...]]:
    """
    The limits of a profile or a file, tightened by the settings, and what their user should be told about them.

    Args:
        settings: What the environment says; without `source` its own `limits` name the profile or the file.
        source: A shipped profile or a path, in place of the one in the settings.
        interval: Length of the recorded bars; the profile `recorded` needs it.

    Raises:
        LimitsError: No such file, not YAML, an unknown key or a value of the wrong type.
    """
    chosen = source or settings.limits
    loaded = load_limits(chosen, interval)
    limits = tightened(loaded, settings)
    remarks = without_effect(loaded, settings)
    if limits.missing:
        unset = ", ".join(limits.missing)
        remarks = (f"{chosen} leaves limits unset; orders that need them are refused: {unset}", *remarks)
    return limits, remarks


def tightened(limits: Limits, settings: Settings) -> Limits:
    """
    The tightest of each limit and its setting: the lower cap, the longer buffer, the shorter time to confirm.

    A limit that nobody set takes the setting's value. `profile` names the settings that changed something.
    """
    changes = {tie: asked for tie, asked, now in _asked(limits, settings) if now is None or _tighter(tie, asked, now)}
    if not changes:
        return limits
    names = ", ".join(variable_of(tie.setting).name for tie in changes)
    values: dict[str, Any] = {tie.limit: asked for tie, asked in changes.items()}
    return dataclasses.replace(limits, profile=f"{limits.profile}, tightened by {names}", **values)


def without_effect(limits: Limits, settings: Settings) -> tuple[str, ...]:
    """One line for each setting that asks for more than the limits allow, and so changes nothing."""
    return tuple(
        f"{variable_of(tie.setting).name}: {getattr(settings, tie.setting)} changes nothing, "
        f"because the limits {limits.profile} are tighter ({tie.limit}: {now})"
        for tie, asked, now in _asked(limits, settings)
        if now is not None and asked != now and not _tighter(tie, asked, now)
    )


def _asked(limits: Limits, settings: Settings) -> Iterator[tuple[Tie, Decimal, Decimal | None]]:
    """Each tie whose setting is given, with its value in the limit's unit and the limit."""
    for tie in TIES:
        value = getattr(settings, tie.setting)
        if value is not None:
            yield tie, value * tie.times, getattr(limits, tie.limit)


def _tighter(tie: Tie, asked: Decimal, now: Decimal) -> bool:
    return asked != now and tie.stricter(asked, now) == asked
