"""How a chain is kept, and when."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from tradecore.model.sessions import Session, next_session, session_on, trading_day

BEFORE_THE_OPEN: Final = timedelta(minutes=10)
AFTER_AN_EARLY_CLOSE: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainStatus:
    """
    How the chain is kept.

    `state` is stopped (somebody stopped it for today), closed (no session near), waiting (for the open), failing (the
    last poll brought nothing), streaming (quotes come between polls) or polling. Ages in seconds, None without a
    chain; `published` and `store` are about other processes: off, ok, or what is wrong.
    """

    state: str
    underlying: str
    expiry: date | None
    every_s: float
    contracts: int
    identified: int
    chain_age_s: float | None
    oldest_quote_s: float | None
    minutes_to_expiry: float | None
    polls: int
    failed_polls: int
    problem: str | None
    streamed: int
    vanished: int
    completions: int
    published: int
    store: str
    ends_at: datetime | None
    begins_at: datetime | None


def chain_window(session: Session, expires_at: time) -> tuple[datetime, datetime]:
    """When a session's chain is kept (UTC): from before its open until the earlier of the two ends."""
    ends = session.at(expires_at)
    if session.is_half_day:
        ends = min(ends, session.closes + AFTER_AN_EARLY_CLOSE)
    return session.opens - BEFORE_THE_OPEN, ends


def window_at(now: datetime, expires_at: time) -> tuple[datetime, datetime] | None:
    """The window `now` is in; None outside of every one."""
    session = session_on(trading_day(now))
    if session is None:
        return None
    begins, ends = chain_window(session, expires_at)
    return (begins, ends) if begins <= now < ends else None


def next_begin(now: datetime) -> datetime:
    """When the next window begins, for an instant outside of every one."""
    day = trading_day(now)
    session = session_on(day)
    if session is not None and now < session.opens:
        return session.opens - BEFORE_THE_OPEN
    return next_session(day).opens - BEFORE_THE_OPEN
