"""Bars and trades of shares, for whoever asks."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from tradecore.analysis.bar_grouping import grouped_bars
from tradecore.model.instruments import Equity
from tradecore.model.market import Bar, Trade
from tradecore.model.sessions import Session, next_session, previous_session, session_on, trading_day
from tradecore.usecases.floor import TradingFloor


async def session_bars(floor: TradingFloor, symbol: str, minutes: int, most: int) -> Sequence[Bar]:
    """
    The last finished bars of so many minutes, of the session that is on or was last, oldest first.

    Raises:
        UnknownInstrument: It is no ticker.
        Unavailable, Rejected, OutcomeUnknown: The source does not answer.
    """
    now = floor.clock.now()
    session = session_so_far(now)
    bars = await floor.lookups.bars(Equity(symbol), session.opens, min(now, session.closes))
    return grouped_bars(bars, session.opens, minutes, now)[-most:]


async def last_trades(floor: TradingFloor, symbol: str, lasting: timedelta, most: int) -> Sequence[Trade] | None:
    """
    The last trades of so long a time up to now, or up to the close once that is over; None where there is no tape.

    Raises:
        UnknownInstrument: It is no ticker.
        Unavailable, Rejected, OutcomeUnknown: The source does not answer.
    """
    if floor.research.tape is None:
        return None
    now = floor.clock.now()
    end = min(now, session_so_far(now).closes)
    return await floor.research.tape.trades(Equity(symbol), end - lasting, end + timedelta(microseconds=1), most)


def session_so_far(now: datetime) -> Session:
    """The session that is on, or the last one that was."""
    session = session_on(trading_day(now))
    if session is None or now < session.opens:
        return previous_session(trading_day(now))
    return session


def sessions_from(day: date, most: int) -> list[Session]:
    """
    So many sessions from a day on.

    Raises:
        DataMissing: The table of sessions does not reach as far.
    """
    first = session_on(day)
    found = [next_session(day) if first is None else first]
    while len(found) < most:
        found.append(next_session(found[-1].day))
    return found
