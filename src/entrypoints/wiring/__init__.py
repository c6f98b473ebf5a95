"""The only place that names an adapter: puts desks, markets, venues and journals together."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from adapters.jsonl.journal import JsonlJournal, read_entries
from adapters.jsonl.verify import JournalState, Verification, verify
from adapters.jsonl.watchlists import JsonlWatchlists
from adapters.memory.iv_history import MemoryIvHistory
from adapters.replay.lean import Progress, read_lean_day
from adapters.replay.market import RecordedMarket
from adapters.replay.plain_bars import read_plain_day
from adapters.simulated.accounts import SimulatedAccount
from adapters.simulated.market import SimulatedMarket
from adapters.simulated.reference import SimulatedReference
from adapters.simulated.seeded_ids import SeededIds
from adapters.simulated.venue import SimulatedVenue
from adapters.simulated.virtual_time import FeedTimers, VirtualClock, VirtualTimeLoop
from adapters.system.lease import FileLease
from adapters.system.time import LoopTimers
from entrypoints.limits_file import shipped_fees
from entrypoints.settings import Settings
from entrypoints.wiring.directories import make_private
from entrypoints.wiring.strategies import allowed_strategies
from tradecore import __version__
from tradecore.analysis.modelled_chain import with_modelled_chain, with_modelled_quotes
from tradecore.desk.desk import Desk
from tradecore.desk.opening import DeskOpening
from tradecore.errors import InvalidRequest, JournalError, JournalUnavailable
from tradecore.model.confirmation import MODEL_CONFIRMS, ConfirmationPolicy
from tradecore.model.encoding import encode
from tradecore.model.instruments import Equity
from tradecore.model.money import usd
from tradecore.model.recording import RecordedDay
from tradecore.model.sessions import Session
from tradecore.ports.journal import JournalHead
from tradecore.ports.market_data import MarketFeed
from tradecore.risk.limits import Limits
from tradecore.strategies.strategy import Strategy
from tradecore.usecases.audit import OPENING, SCHEMA_VERSION
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.research import Research

STARTING_CASH: Final = usd(10_000)

__all__ = ["JournalHead", "JournalState", "Verification", "read_entries", "verify"]


@dataclass(slots=True, kw_only=True)
class House:
    """One desk with its world, ready to run one session on virtual time."""

    floor: TradingFloor
    feed: MarketFeed
    venue: SimulatedVenue
    timers: LoopTimers
    loop: VirtualTimeLoop
    session: Session
    directory: Path
    seed: int
    mode: str
    chain: str
    lease: FileLease

    def close(self) -> None:
        """Release journal and account; idempotent."""
        self.floor.journal.close()
        self.lease.release()


def simulated_house(
    settings: Settings,
    *,
    seed: int,
    session: Session,
    limits: Limits,
    account: str | None,
    confirmation: ConfirmationPolicy = MODEL_CONFIRMS,
) -> House:
    """
    A desk in a seeded market.

    Raises:
        AccountHeld, JournalUnavailable: The account's directory is in use or can't be written.
    """
    place = claim(settings, "simulated", account or f"demo-{seed:04d}", limits, fresh=account is None)
    loop = VirtualTimeLoop()
    clock = VirtualClock(loop, session.opens)
    timers = LoopTimers(clock)
    underlying = Equity("SPY")
    feed_timers = FeedTimers(timers, loop, clock)
    market = SimulatedMarket(seed=seed, underlying=underlying, session=session, clock=clock, timers=feed_timers)
    return _house(
        place,
        chain="simulated",
        seed=seed,
        session=session,
        limits=limits,
        underlying=underlying,
        market=market,
        clock=clock,
        timers=timers,
        loop=loop,
        instant=False,
        confirmation=confirmation,
    )


def replay_house(settings: Settings, day: RecordedDay, *, seed: int, limits: Limits, account: str | None) -> House:
    """
    A desk on a recorded day; where no option was recorded, the chain is modelled.

    Raises:
        AccountHeld, JournalUnavailable: The account's directory is in use or can't be written.
    """
    name = account or f"{day.underlying.symbol}-{day.session.day:%Y%m%d}"
    place = claim(settings, "replay", name, limits, fresh=account is None)
    loop = VirtualTimeLoop()
    clock = VirtualClock(loop, day.session.opens)
    timers = LoopTimers(clock)
    chain = "recorded" if day.options is not None else "modelled"
    day = with_modelled_quotes(day)
    if day.options is None:
        day = with_modelled_chain(day, seed=seed)
    market = RecordedMarket(day, clock=clock, timers=FeedTimers(timers, loop, clock))
    return _house(
        place,
        chain=chain,
        seed=seed,
        session=day.session,
        limits=limits,
        underlying=day.underlying,
        market=market,
        clock=clock,
        timers=timers,
        loop=loop,
        instant=True,
    )


def read_day(
    path: Path,
    underlying: Equity,
    session: Session,
    *,
    options: Path | None,
    labels: str | None,
    progress: Progress | None = None,
) -> RecordedDay:
    """
    A recorded day from a LEAN folder, or from one CSV or Parquet file.

    Raises:
        InvalidRequest: A plain file without `labels`, or options beside one.
        DataMissing, DataMalformed: What is recorded can't be used.
    """
    if path.suffix.lower() not in (".csv", ".parquet"):
        if labels == "end":
            raise InvalidRequest("LEAN's format labels bars by their start; --labels end is for CSV and Parquet")
        return read_lean_day(path, underlying, session, options, progress)
    if labels is None:
        raise InvalidRequest("say with --labels start|end what the file's times name; it is not guessed")
    if options is not None:
        raise InvalidRequest("--options goes with a LEAN folder; beside plain bars the chain is modelled")
    return read_plain_day(path, underlying, session, labels)


@cache
def code_version() -> str:
    """The package version and a digest of the core's sources: decisions are comparable while it is the same."""
    root = files("tradecore")
    digest = hashlib.sha256()
    with_names = sorted((str(p.relative_to(Path(str(root)))), p) for p in Path(str(root)).rglob("*.py"))
    for name, path in with_names:
        digest.update(name.encode() + b"\0" + path.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:12]}"


def embedded_research(underlying: Equity, directory: Path) -> Research:
    """What can be looked up in a market of our own; watchlists live with the account."""
    known = SimulatedReference(underlying)
    return Research(assets=known, corporate_actions=known, watchlists=JsonlWatchlists(directory / "watchlists.jsonl"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An account that is ours: its directory, its lock, its journal, and the strategies that may trade on it."""

    name: str
    mode: str
    directory: Path
    lease: FileLease
    journal: JsonlJournal
    strategies: Mapping[str, Strategy]


def claim(settings: Settings, mode: str, name: str, limits: Limits, *, fresh: bool, resumes: bool = False) -> Place:
    """
    Take an account: its directory, its lock and its journal; `fresh` numbers the name until nobody has it.

    A journal that holds something already is refused unless the desk `resumes`.

    Raises:
        AccountHeld, JournalUnavailable: The directory is in use or can't be written.
    """
    strategies = allowed_strategies(settings)
    directory = _account_directory(settings.home / mode, name, fresh=fresh)
    lease = FileLease(directory / "lock")
    journal = _journal(directory, lease, limits, resumes=resumes)
    return Place(name=name, mode=mode, directory=directory, lease=lease, journal=journal, strategies=strategies)


def _house(
    place: Place,
    *,
    chain: str,
    seed: int,
    session: Session,
    limits: Limits,
    underlying: Equity,
    market: SimulatedMarket | RecordedMarket,
    clock: VirtualClock,
    timers: LoopTimers,
    loop: VirtualTimeLoop,
    instant: bool,
    confirmation: ConfirmationPolicy = MODEL_CONFIRMS,
) -> House:
    fees = shipped_fees()
    opening = DeskOpening(
        account=place.name,
        mode=place.mode,
        day=session.day,
        equity=STARTING_CASH,
        limits=limits,
        fees=fees,
        confirmation=confirmation,
    )
    venue = SimulatedVenue(
        account=SimulatedAccount(place.name, STARTING_CASH, fees),
        clock=clock,
        quote_of=market.quote_now,
        seed=seed,
        closes=session.closes,
        instant=instant,
    )
    floor = TradingFloor(
        desk=Desk(opening),
        underlying=underlying,
        market=market,
        broker=venue,
        journal=place.journal,
        clock=clock,
        timers=timers,
        ids=SeededIds(f"{place.mode}/{place.name}/{seed}"),
        strategies=place.strategies,
    )
    floor.research = embedded_research(underlying, place.directory)
    floor.research.iv_history = MemoryIvHistory()
    floor.research.tape = market if isinstance(market, SimulatedMarket) else None
    facts = {"opening": encode(opening), "seed": seed, "chain": chain, "underlying": underlying.symbol}
    floor.record(session.opens, OPENING, facts, opening, None)
    return House(
        floor=floor,
        feed=market,
        venue=venue,
        timers=timers,
        loop=loop,
        session=session,
        directory=place.directory,
        seed=seed,
        mode=place.mode,
        chain=chain,
        lease=place.lease,
    )


def _journal(directory: Path, lease: FileLease, limits: Limits, *, resumes: bool) -> JsonlJournal:
    header = {
        "schema": SCHEMA_VERSION,
        "code_version": code_version(),
        "limits_profile": limits.profile,
        "limits_hash": limits.hash,
        "lease": lease.number,
    }
    try:
        journal = JsonlJournal(directory / "journal", header=header)
    except JournalError:
        lease.release()
        raise
    if journal.head.seq and not resumes:
        journal.close()
        lease.release()
        raise JournalUnavailable(f"account {directory.name} has a journal already; rehearse under another --account")
    return journal


def _account_directory(parent: Path, name: str, *, fresh: bool) -> Path:
    try:
        make_private(parent)
        if not fresh:
            return make_private(parent / name)
        return _next_free(parent, name)
    except FileExistsError as error:
        raise JournalUnavailable(f"{error.filename} is in the way; choose another TRADECORE_HOME") from None
    except OSError as error:
        why = f"{parent} can't be written: {error.strerror}"
        raise JournalUnavailable(f"{why}; choose another TRADECORE_HOME") from error


def _next_free(parent: Path, name: str) -> Path:
    number = 1
    while True:
        directory = parent / f"{name}-{number}"
        try:
            directory.mkdir(mode=0o700)
        except FileExistsError:
            if not directory.is_dir():
                raise
            number += 1
        else:
            return directory
