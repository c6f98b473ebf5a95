"""When same-day contracts may be opened and must be gone: the one clock that gate, exits, reports and doctor read."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tradecore.model.sessions import Session
from tradecore.risk.limits import Limits


@dataclass(frozen=True, slots=True)
class ExpiryClock:
    """
    Instants (UTC) of one session for contracts that expire that day.

    Opening orders are taken until `last_open` (None: not at all today), positions are closed from `flat_from` on and
    every exit is done by `flat_by`.
    """

    last_open: datetime | None
    flat_from: datetime
    flat_by: datetime


def clock_limits(session: Session) -> tuple[str, ...]:
    """Names of the limits that the clock of a session needs."""
    if session.is_half_day:
        return ("allow_early_close", "half_day_last_open_minutes", "half_day_flat_minutes")
    return ("last_open", "flat_from", "flat_by")


def expiry_clock(session: Session, limits: Limits) -> ExpiryClock | None:
    """The clock of a session, or None while one of its limits is not set."""
    if session.is_half_day:
        return _half_day(session, limits)
    if limits.last_open is None or limits.flat_from is None or limits.flat_by is None:
        return None
    return ExpiryClock(session.at(limits.last_open), session.at(limits.flat_from), session.at(limits.flat_by))


def _half_day(session: Session, limits: Limits) -> ExpiryClock | None:
    last, flat = limits.half_day_last_open_minutes, limits.half_day_flat_minutes
    if last is None or flat is None or limits.allow_early_close is None:
        return None
    flat_from = session.closes - timedelta(minutes=flat)
    last_open = session.closes - timedelta(minutes=last) if limits.allow_early_close else None
    return ExpiryClock(last_open, flat_from, flat_from + timedelta(minutes=10))
