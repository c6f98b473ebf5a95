"""The exchange's clock: whether it trades now, and when it opens and closes next."""

from dataclasses import dataclass
from datetime import datetime

from tradecore.model.sessions import next_session, session_on, trading_day
from tradecore.usecases.floor import TradingFloor


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketClock:
    """Instants in UTC."""

    now: datetime
    is_open: bool
    next_open: datetime
    next_close: datetime


def market_clock(floor: TradingFloor) -> MarketClock:
    """
    The clock now.

    Raises:
        DataMissing: The day is outside the table of sessions.
    """
    now = floor.clock.now()
    day = trading_day(now)
    today = session_on(day)
    later = next_session(day)
    is_open = today is not None and today.opens <= now < today.closes
    before_open = today is not None and now < today.opens
    return MarketClock(
        now=now,
        is_open=is_open,
        next_open=today.opens if today and before_open else later.opens,
        next_close=today.closes if today and (is_open or before_open) else later.closes,
    )
