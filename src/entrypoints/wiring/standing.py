"""A desk that stands: a simulated market that rolls from day to day, at the pace of the people who use it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from adapters.simulated.accounts import SimulatedAccount
from adapters.simulated.rolling_market import RollingMarket, next_full_session
from adapters.simulated.venue import SimulatedVenue
from adapters.simulated.venue_record import VenueRecord
from adapters.system.identity import SystemIds
from adapters.system.time import LoopTimers, PacedClock, SystemClock, machine_seconds
from entrypoints.limits_file import shipped_fees
from entrypoints.settings import Settings, SettingsError
from entrypoints.wiring import STARTING_CASH, Place, claim, embedded_research
from entrypoints.wiring.desk_house import UNDERLYING, DeskHouse, confirmation_policy, furnished_floor
from tradecore.desk.desk import Desk
from tradecore.desk.opening import DeskOpening
from tradecore.model.encoding import encode
from tradecore.model.sessions import Session, session_on, trading_day
from tradecore.ports.market_data import MarketStep
from tradecore.risk.limits import Limits
from tradecore.usecases.alert_book import AlertBook
from tradecore.usecases.audit import OPENING
from tradecore.usecases.recovering import remembered_desk

_STARTS_AT: Final = "10:00"
_TAIL: Final = timedelta(minutes=10)


@dataclass(slots=True, kw_only=True)
class StandingHouse(DeskHouse):
    """A desk in a market and at a venue of its own."""

    market: RollingMarket
    venue: SimulatedVenue
    clock: PacedClock
    record: VenueRecord

    @property
    def session(self) -> Session:
        """The session the market stands in."""
        return self.market.session

    def steps(self) -> AsyncIterator[MarketStep]:
        """The market from now to the close of its session."""
        return self.market.steps()

    def show(self, step: MarketStep) -> None:
        """Let the venue match against this step."""
        self.venue.on_step(step)

    def end_session(self) -> None:
        """Settle and expire what is left at the venue."""
        self.venue.end_session()

    async def next_day(self) -> None:
        """Go over the night at once."""
        session = self.market.roll()
        self.clock.jump_to(session.opens)
        self.venue.open_session(session.closes)

    def shut(self) -> None:
        """End the venue's events."""
        self.venue.shut()

    def close(self) -> None:
        """Release journal, record and account; idempotent."""
        self.record.close()
        # Slots make a new class of this one, which super() without arguments does not know.
        super(StandingHouse, self).close()


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
        SettingsError: A start outside a session, or an account that was traded in another world.
        AccountHeld, JournalUnavailable: The account's directory is in use or can't be written.
        JournalCorrupt, InvalidRequest: Its journal is not what was written, or not of a version this one can fold.
    """
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
    alerts = AlertBook()
    before = remembered_desk(alerts.remembering(place.journal.entries())) if place.journal.head.seq else None
    if before is None:
        seed = settings.sim_seed
        session, begins = simulated_start(settings.sim_start, wall.now().date())
    else:
        seed = _seed_of(place)
        session, begins = _resumed(max(before.until, record.until or before.until))
    clock = PacedClock(begins, float(settings.sim_speed), seconds)
    timers = LoopTimers(clock, clock.rate)
    market = RollingMarket(seed=seed, underlying=UNDERLYING, session=session, clock=clock, timers=timers)
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
    floor = furnished_floor(place, desk, market=market, broker=venue, clock=clock, timers=timers, begins=wall.now())
    floor.alert_book = alerts
    floor.research = embedded_research(UNDERLYING, place.directory)
    floor.research.tape = market
    facts = {"opening": encode(opening), "seed": seed, "chain": "simulated", "underlying": "SPY"}
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
    if opening.body["seed"] is None:
        where = "its journal is of a broker outside; set what it was traded with, or name another --account"
        raise SettingsError(f"account {place.name}: {where}")
    return int(opening.body["seed"])


def _resumed(until: datetime) -> tuple[Session, datetime]:
    """The session an earlier life ended in and the instant it did, or the next full one when that was over."""
    session = session_on(trading_day(until))
    if session is not None and until < session.closes:
        return session, max(until, session.opens)
    later = next_full_session(trading_day(until))
    return later, later.opens
