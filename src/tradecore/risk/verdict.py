"""What the gate says of an order: every check with its figures, and the smallest change that would pass."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tradecore.model.quick_values import quick


class Cure(StrEnum):
    """Which argument of an order can make a check pass."""

    QUANTITY = "quantity"
    PRICE = "price"
    TIME = "time"
    NOTHING = "nothing"


@quick
@dataclass(frozen=True, slots=True)
class CheckResult:
    """
    One check's outcome.

    `measured` and `limit` are texts with the same unit. `passes_at` is the earliest instant at which waiting alone
    would cure it, `missing` names the input the check could not find.
    """

    name: str
    passed: bool
    measured: str
    limit: str
    message: str = ""
    cure: Cure = Cure.NOTHING
    passes_at: datetime | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One argument and the value it would have to take."""

    argument: str
    value: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    Every check of one order.

    `flagged` lists failed checks that a closing order passes over. `smallest_change` is empty when the order is
    approved or when no change of one kind of argument would help.
    """

    approved: bool
    checks: tuple[CheckResult, ...]
    smallest_change: tuple[Change, ...] = ()
    flagged: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """Checks that did not pass, in gate order."""
        return tuple(check for check in self.checks if not check.passed)
