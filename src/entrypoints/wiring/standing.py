"""A desk that stands: a simulated market that rolls from day to day, at the pace of the people who use it."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from adapters.simulated.accounts import SimulatedAccount
from adapters.simulated.rolling_market import RollingMarket, next_full_session
from adapters.simulated.venue import SimulatedVenue
from adapters.simulated.venue_record import VenueRecord
from adapters.system.identity import SystemIds
from adapters.system.lease import FileLease
from adapters.system.stop_file import StopFile
from adapters.system.time import LoopTimers, PacedClock, SystemClock, machine_seconds
from entrypoints.limits_file import shipped_fees
from entrypoints.settings import Settings, SettingsError
from entrypoints.wiring import STARTING_CASH, Place, claim
from tradecore.desk.desk import Desk
from tradecore.desk.opening import DeskOpening
from tradecore.model.confirmation import ConfirmationPolicy, Confirmer
from tradecore.model.encoding import encode
from tradecore.model.instruments import Equity
from tradecore.model.money import Money, usd
from tradecore.model.sessions import Session, session_on, trading_day
from tradecore.risk.limits import Limits
from tradecore.usecases.audit import OPENING
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.recovering import remembered_desk
from tradecore.usecases.updates import UpdateLog

_UNDERLYING: Final = Equity("SPY")
_STARTS_AT: Final = "10:00"
_TAIL: Final = timedelta(minutes=10)


@dataclass(slots=True, kw_only=True)
class StandingHouse:
    """One desk with a market that goes on: everything the runtime moves and the doors show."""

    floor: TradingFloor
    market: RollingMarket
    venue: SimulatedVenue
    clock: PacedClock
    timers: LoopTimers
    wall: SystemClock
    directory: Path
    account: str
    mode: str
    seed: int
    lease: FileLease
    record: VenueRecord
    opening: DeskOpening

    @property
    def principal(self) -> str:
        """Who speaks on this machine's own channels: the user the desk runs as."""
        return f"local:{os.getuid()}"

    def close(self) -> None:
        """Release journal and account; idempotent."""
        self.floor.journal.close()
        self.record.close()
        self.lease.release()


def standing_house(
    settings: Settings,
    limits: Limits,
    *,
    account: str | None,
    purpose: str,
    seconds: Callable[[], float] = machine_seconds,
) -> StandingHouse:
    """
    A desk on the account, or on a fresh one named after its purpose; `seconds` drives its market's clock.

    An account that was traded before goes on where its journal ends, in the market it had: its seed and its time.

    Raises:
        SettingsError: A mode this version has no broker for, or a start outside a session.
        AccountHeld, JournalUnavailable: The account's directory is in use or can't be written.
        JournalCorrupt, InvalidRequest: Its journal is not what was written, or not of a version this one can fold.
    """
    if settings.mode != "simulated":
        raise SettingsError(f"TRADECORE_MODE={settings.mode}: no broker is built in for it yet; use simulated")
    wall = SystemClock()
    place = claim(settings, settings.mode, account or purpose, limits, fresh=account is None, resumes=True)
    try:
        return _furnish(settings, limits, place, wall, seconds)
    except BaseException:
        place.journal.close()
        place.lease.release()
        raise


def _furnish(
    settings: Settings, limits: Limits, place: Place, wall: SystemClock, seconds: Callable[[], float]
) -> StandingHouse:
    name = place.directory.name
    record = VenueRecord(place.directory / "venue" / "tape.jsonl")
    before = remembered_desk(place.journal.entries()) if place.journal.head.seq else None
    if before is None:
        seed = settings.sim_seed
        session, begins = simulated_start(settings.sim_start, wall.now().date())
    else:
        seed = _seed_of(place)
        session, begins = _resumed(max(before.until, record.until or before.until))
    clock = PacedClock(begins, float(settings.sim_speed), seconds)
    timers = LoopTimers(clock, clock.rate)
    market = RollingMarket(seed=seed, underlying=_UNDERLYING, session=session, clock=clock, timers=timers)
    fees = shipped_fees()
    opening = DeskOpening(
        account=name,
        mode=place.mode,
        day=session.day,
        equity=STARTING_CASH,
        limits=limits,
        fees=fees,
        confirmation=confirmation_policy(settings),
        clock_rate=settings.sim_speed,
    )
    venue = SimulatedVenue(
        account=SimulatedAccount(name, STARTING_CASH, fees),
        clock=clock,
        quote_of=market.quote_now,
        seed=seed,
        closes=session.closes,
    )
    venue.keep_record(record)
    desk = Desk(opening) if before is None else before.desk
    floor = _floor(place, desk, market, venue, clock, timers)
    facts = {"opening": encode(opening), "seed": seed, "chain": "simulated", "underlying": "SPY"}
    # Every fresh account's first holder has number 1, and a chat keeps its cursor when its desk is started anew.
    floor.updates = UpdateLog(life=f"{wall.now().timestamp() * 1000:.0f}{place.lease.number}")
    if before is None:
        floor.record(begins, OPENING, facts, opening, None)
    else:
        floor.asked.executions_since = before.until - _TAIL
    return StandingHouse(
        floor=floor,
        market=market,
        venue=venue,
        clock=clock,
        timers=timers,
        wall=wall,
        directory=place.directory,
        account=name,
        mode=place.mode,
        seed=seed,
        lease=place.lease,
        record=record,
        opening=opening,
    )


def fresh_key() -> str:
    """A new secret of 256 bits, URL-safe."""
    return SystemIds().token()


def confirmation_policy(settings: Settings) -> ConfirmationPolicy:
    """Who confirms: the owner's choice, else the model, and in live mode a form or, above an amount, the operator."""
    if settings.who_confirms is not None:
        who = Confirmer(settings.who_confirms)
        return ConfirmationPolicy(small=who, large=who)
    if settings.mode == "live":
        up_to: Money = usd(Decimal(settings.elicit_up_to))
        return ConfirmationPolicy(small=Confirmer.FORM, large=Confirmer.OPERATOR, up_to=up_to)
    return ConfirmationPolicy(small=Confirmer.MODEL, large=Confirmer.MODEL)


def simulated_start(start: str | None, today: date) -> tuple[Session, datetime]:
    """
    The session and instant (UTC) a simulated market starts at.

    `start` is HH:MM or YYYY-MM-DDTHH:MM, New York time; without a day the last full session up to `today` is taken.

    Raises:
        SettingsError: The exchange is closed then.
    """
    day_text, _, time_text = (start or _STARTS_AT).rpartition("T")
    session = session_on(date.fromisoformat(day_text)) if day_text else next_full_session(today - timedelta(days=7))
    while session is not None and not day_text and (later := next_full_session(session.day)).day <= today:
        session = later
    if session is None:
        raise SettingsError(f"SIM_START={start}: {day_text} is no trading day")
    begins = session.at(time.fromisoformat(time_text))
    if not session.opens <= begins < session.closes:
        raise SettingsError(f"SIM_START={start}: the exchange is closed then; name a time in the session")
    return session, begins


def _seed_of(place: Place) -> int:
    opening = next(entry for entry in place.journal.entries() if entry.kind == OPENING)
    return int(opening.body["seed"])


def _resumed(until: datetime) -> tuple[Session, datetime]:
    """The session an earlier life ended in and the instant it did, or the next full one when that was over."""
    session = session_on(trading_day(until))
    if session is not None and until < session.closes:
        return session, max(until, session.opens)
    later = next_full_session(trading_day(until))
    return later, later.opens


def _floor(
    place: Place,
    desk: Desk,
    market: RollingMarket,
    venue: SimulatedVenue,
    clock: PacedClock,
    timers: LoopTimers,
) -> TradingFloor:
    return TradingFloor(
        desk=desk,
        underlying=_UNDERLYING,
        market=market,
        broker=venue,
        journal=place.journal,
        clock=clock,
        timers=timers,
        ids=SystemIds(),
        strategies=place.strategies,
        stop_signal=StopFile(place.directory),
    )
