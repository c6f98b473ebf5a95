"""How a check states its outcome."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from tradecore.risk.verdict import CheckResult, Cure

T = TypeVar("T")


class MissingInput(Exception):
    """A check can't find something it needs; the gate turns it into a failed check that names it."""


def require(value: T | None, name: str) -> T:
    """
    The value, if there is one.

    Raises:
        MissingInput: It is None.
    """
    if value is None:
        raise MissingInput(name)
    return value


def passed(name: str, measured: str, limit: str) -> CheckResult:
    """A check that holds."""
    return CheckResult(name, True, measured, limit)


def failed(
    name: str,
    measured: str,
    limit: str,
    message: str,
    *,
    cure: Cure = Cure.NOTHING,
    passes_at: datetime | None = None,
    missing: str | None = None,
) -> CheckResult:
    """A check that does not hold, and why."""
    return CheckResult(name, False, measured, limit, message, cure, passes_at, missing)


def judge(
    name: str,
    holds: bool,
    measured: str,
    limit: str,
    message: Callable[[], str],
    *,
    cure: Cure = Cure.NOTHING,
    passes_at: datetime | None = None,
) -> CheckResult:
    """A check that holds or not; the message is made only when it does not."""
    if holds:
        return CheckResult(name, True, measured, limit)
    return CheckResult(name, False, measured, limit, message(), cure, passes_at)
