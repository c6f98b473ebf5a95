"""The limits a command works under; what their user should know about them goes to stderr."""

from datetime import timedelta

import typer

from entrypoints.limits_in_force import limits_in_force
from entrypoints.settings import Settings
from tradecore.risk.limits import Limits


def limits_told(settings: Settings, source: str | None = None, interval: timedelta | None = None) -> Limits:
    """
    The limits in force, as `limits_in_force` finds them; its remarks are printed.

    Raises:
        LimitsError: The profile or file can't be used.
    """
    limits, remarks = limits_in_force(settings, source, interval)
    for remark in remarks:
        typer.echo(f"tradecore: {remark}", err=True)
    return limits
