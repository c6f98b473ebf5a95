"""An alert as a person away from the desk gets it."""

from dataclasses import dataclass
from datetime import datetime

from tradecore.model.alerts import Severity
from tradecore.model.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """
    One alert with what a person needs to act on it, away from any screen of the desk.

    `alert_id` is the same at every repetition, so that a receiver knows a notice it had already; `at` is aware UTC, of
    the market's clock. `did` is what the desk did about it, `next_step` the command to type. Of money None is what is
    not known. `times` is how often it was raised since the last notice of it; `is_reminder` says that it was told
    before and nobody acknowledged it. `said` is text from outside, data and no more.
    """

    alert_id: str
    severity: Severity
    code: str
    message: str
    at: datetime
    account: str
    mode: str
    state: str
    day_pnl: Money | None
    budget_left: Money | None
    open_groups: tuple[str, ...]
    did: str
    next_step: str
    said: str = ""
    times: int = 1
    is_reminder: bool = False
