"""The trading day on one page: what is ahead before the open, what stands during the session, what came of it after."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from tradecore.model.instruments import OptionContract
from tradecore.model.sessions import Session, next_session, session_on, trading_day
from tradecore.risk.expiry_clock import expiry_clock
from tradecore.usecases.answers import HeadroomAnswer, PnlAnswer, PositionLine
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.orders import positions
from tradecore.usecases.protecting import cut_off
from tradecore.usecases.results import headroom, show_pnl

_RANGE_MINUTES: Final = timedelta(minutes=15)


class Phase(StrEnum):
    """Where the day stands; AFTER also on days without a session, for the one before."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupBrief:
    """One open group: what it holds, its result at the prices it would close at, and when it is closed at last."""

    label: str
    strategy: str
    holds: str
    unrealised: Decimal | None
    stop: Decimal | None
    target: Decimal | None
    out_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBrief:
    """
    One trading day as of `now` (UTC).

    `deadlines` are the instants of the session's clock with what happens at each, in order, past ones included.
    `is_provisional`: contracts expired whose exercise, assignment or expiry the broker has not booked yet, which it
    does before the next open. `next_session` is the one after this day's.
    """

    now: datetime
    phase: Phase
    session: Session
    next_session: Session
    deadlines: tuple[tuple[datetime, str], ...]
    events: tuple[tuple[datetime, str], ...]
    pnl: PnlAnswer
    headroom: HeadroomAnswer
    groups: tuple[GroupBrief, ...]
    working: tuple[str, ...]
    is_provisional: bool


async def day_brief(floor: TradingFloor) -> DayBrief:
    """
    The present trading day's page.

    Raises:
        DataMissing: The day is outside the table of sessions.
    """
    now = floor.clock.now()
    session = _session(now)
    lines = await positions(floor)
    return DayBrief(
        now=now,
        phase=phase_of(session, now),
        session=session,
        next_session=next_session(session.day),
        deadlines=_deadlines(floor, session),
        events=tuple((e.at, e.name) for e in floor.desk.opening.limits.event_blackout or () if _on(session, e.at)),
        pnl=await show_pnl(floor, session.day),
        headroom=headroom(floor),
        groups=_groups(floor, lines, now),
        working=tuple(order.client_order_id for order in floor.desk.live_orders),
        is_provisional=now >= session.closes and _holds_expired(floor, now),
    )


def _session(now: datetime) -> Session:
    day = trading_day(now)
    return session_on(day) or next_session(day)


def phase_of(session: Session, now: datetime) -> Phase:
    """Before, during or after a session."""
    if now < session.opens:
        return Phase.BEFORE
    return Phase.DURING if now < session.closes else Phase.AFTER


def _on(session: Session, at: datetime) -> bool:
    return trading_day(at) == session.day


def _deadlines(floor: TradingFloor, session: Session) -> tuple[tuple[datetime, str], ...]:
    limits = floor.desk.opening.limits
    found = [(session.opens, "open"), (session.opens + _RANGE_MINUTES, "opening range done"), (session.closes, "close")]
    clock = expiry_clock(session, limits)
    if clock is not None:
        found += [(clock.flat_from, "same-day positions are closed"), (clock.flat_by, "every exit is done")]
        if clock.last_open is not None:
            found.append((clock.last_open, "last same-day opening"))
    return tuple(sorted(found))


def _groups(floor: TradingFloor, lines: tuple[PositionLine, ...], now: datetime) -> tuple[GroupBrief, ...]:
    found = []
    for group in floor.desk.open_groups:
        mine = [line for line in lines if line.group == group.label]
        marks = [line.unrealised for line in mine]
        stop, target = group.exit_levels()
        found.append(
            GroupBrief(
                label=group.label,
                strategy=group.plan.strategy,
                holds=", ".join(f"{line.quantity:+f} {line.symbol}" for line in mine),
                unrealised=None if None in marks else sum((m.amount for m in marks if m), Decimal(0)),
                stop=stop,
                target=target,
                out_at=cut_off(floor, group, now),
            )
        )
    return tuple(found)


def _holds_expired(floor: TradingFloor, now: datetime) -> bool:
    held = (position.instrument for group in floor.desk.open_groups for position in group.holdings)
    return any(isinstance(i, OptionContract) and i.expiry <= trading_day(now) for i in held)
