"""A desk that stands at Alpaca's paper account, or at the simulator on this machine that speaks its protocol."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import numpy as np

from adapters.alpaca import fields
from adapters.alpaca.addresses import PAPER, Addresses, on_this_machine
from adapters.alpaca.broker import AlpacaBroker
from adapters.alpaca.calls import Calls, Lane
from adapters.alpaca.connection import Connection
from adapters.alpaca.examination import entitled_feeds
from adapters.alpaca.feed import AlpacaFeed
from adapters.alpaca.links import AlpacaLinks
from adapters.alpaca.live_quotes import LiveQuotes
from adapters.alpaca.market import AlpacaMarket
from adapters.alpaca.records import read_account, read_flags
from adapters.alpaca.simulator import Simulator
from adapters.alpaca.trade_updates import TradeUpdates
from adapters.system.time import FollowedClock, FollowingTimers, LoopTimers, SystemClock, machine_seconds
from entrypoints.limits_file import shipped_fees
from entrypoints.settings import Settings, SettingsError
from entrypoints.wiring import Place, claim
from entrypoints.wiring.desk_house import UNDERLYING, DeskHouse, confirmation_policy, furnished_floor
from tradecore.desk.desk import Desk
from tradecore.desk.opening import DeskOpening
from tradecore.errors import PortError, Rejected
from tradecore.model.encoding import encode
from tradecore.model.fees import FeeSchedule
from tradecore.model.sessions import Session, next_session, session_on, trading_day
from tradecore.ports.clock import Clock
from tradecore.ports.market_data import MarketStep
from tradecore.risk.limits import Limits
from tradecore.usecases.audit import OPENING
from tradecore.usecases.recovering import remembered_desk

_TAIL: Final = timedelta(minutes=10)
_FLAGS_EVERY_S: Final = 60.0


@dataclass(slots=True, kw_only=True)
class _World:
    """Where the desk trades: its clock, its addresses and keys, and what an execution costs there."""

    clock: Clock
    timers: LoopTimers
    rate: Decimal
    addresses: Addresses
    key: str
    secret: str
    fees: FeeSchedule
    simulator: Simulator | None
    follow: Callable[[datetime], None] | None

    def calls(self) -> Calls:
        """Requests with these keys."""
        clock = self.clock
        return Calls(
            key=self.key,
            secret=self.secret,
            addresses=self.addresses,
            seconds=clock.machine_seconds,
            unix_seconds=lambda: clock.now().timestamp(),
        )


@dataclass(slots=True, kw_only=True)
class AlpacaHouse(DeskHouse):
    """A desk whose market and broker are reached over the wire."""

    calls: Calls
    broker: AlpacaBroker
    updates: TradeUpdates
    stream: Connection
    feed: AlpacaFeed
    links: AlpacaLinks
    world: _World
    standing_in: "_Days"

    @property
    def session(self) -> Session:
        """The session that is open, or the next one."""
        return self.standing_in.session

    async def run(self) -> None:
        """Keep streams, clock and the account's flags up to date."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.stream.run())
            group.create_task(self.updates.run())
            group.create_task(self.feed.run())
            group.create_task(self._watch_flags())
            if self.world.simulator is not None and self.world.follow is not None:
                group.create_task(self.world.simulator.follow(self.world.follow))

    def steps(self) -> AsyncIterator[MarketStep]:
        """The market from now, or from the opening, to the close."""
        return self.feed.steps()

    def end_session(self) -> None:
        """Nothing: the broker settles."""

    async def next_day(self) -> None:
        """Wait for the next session to open."""
        self.standing_in.session = next_session(self.session.day)
        await self.timers.sleep_until(self.session.opens)

    def shut(self) -> None:
        """End the broker's events."""
        self.broker.shut()

    def close(self) -> None:
        """Release connections, journal and account; idempotent."""
        self.calls.close()
        if self.world.simulator is not None:
            self.world.simulator.close()
        super(AlpacaHouse, self).close()

    async def _watch_flags(self) -> None:
        while True:
            await asyncio.sleep(_FLAGS_EVERY_S)
            try:
                answer = await self.calls.ask(Lane.READ, lambda http: http.trading("/account"))
                self.links.flags = read_flags(fields.mapping(answer, "account"))
            except PortError:
                # What it said last stays; that it does not answer shows in the lane's own state.
                continue


@dataclass(slots=True)
class _Days:
    session: Session


def alpaca_house(settings: Settings, limits: Limits, *, account: str | None, purpose: str) -> AlpacaHouse:
    """
    A desk on the paper account of the keys, or on an account of the simulator at TRADECORE_SIM_URL.

    Blocking: it asks the broker for the account before there is a desk.

    Raises:
        SettingsError: The account is not the one of the keys, or its journal is of another broker's account.
        Unavailable, Rejected, OutcomeUnknown: The broker does not answer, or does not take the keys.
        AccountHeld, JournalUnavailable: The account's directory is in use or can't be written.
        JournalCorrupt, InvalidRequest: Its journal is not what was written, or not of a version this one can fold.
    """
    wall = SystemClock()
    if settings.sim_url is None:
        world = _paper(settings, wall)
        place = claim(settings, settings.mode, _paper_account(world, account), limits, fresh=False, resumes=True)
    else:
        place = claim(settings, settings.mode, account or purpose, limits, fresh=account is None, resumes=True)
    try:
        if settings.sim_url is not None:
            world = _simulated(settings, settings.sim_url, place.directory.name)
        return _furnish(settings, limits, place, wall, world)
    except BaseException:
        place.journal.close()
        place.lease.release()
        raise


def _simulated(settings: Settings, url: str, name: str) -> _World:
    simulator = Simulator(url)
    state = simulator.state()
    if state.speed <= 0:
        raise SettingsError(f"TRADECORE_SIM_URL: time stands still at {url}; start it with a --speed above 0")
    clock = FollowedClock(state.now, state.speed, machine_seconds)
    # Every pair of keys opens an account of its own at the simulator, unless its owner named the pair.
    key = settings.sim_key.get_secret_value() if settings.sim_key else name
    secret = settings.sim_secret.get_secret_value() if settings.sim_secret else "simulated"
    return _World(
        clock=clock,
        timers=FollowingTimers(clock, state.speed),
        rate=Decimal(str(state.speed)),
        addresses=on_this_machine(url),
        key=key,
        secret=secret,
        fees=shipped_fees(),
        simulator=simulator,
        follow=clock.follow,
    )


def _paper(settings: Settings, wall: SystemClock) -> _World:
    key, secret = paper_keys(settings)
    shipped = shipped_fees()
    return _World(
        clock=wall,
        timers=LoopTimers(wall),
        rate=Decimal(1),
        addresses=PAPER,
        key=key,
        secret=secret,
        # A paper account is charged no fees; the gate still counts those of a real one.
        fees=FeeSchedule(per_contract=Decimal(0), taf_per_contract_sold=Decimal(0), as_of=shipped.as_of),
        simulator=None,
        follow=None,
    )


def paper_keys(settings: Settings) -> tuple[str, str]:
    """
    The keys of the paper account.

    Raises:
        SettingsError: One is missing.
    """
    key, secret = settings.alpaca_api_key_id, settings.alpaca_api_secret_key
    if key is None or secret is None:
        raise SettingsError("ALPACA_API_KEY and ALPACA_SECRET_KEY: both are needed for a paper account")
    return key.get_secret_value(), secret.get_secret_value()


def _paper_account(world: _World, asked: str | None) -> str:
    calls = world.calls()
    try:
        number = read_flags(fields.mapping(calls.http.trading("/account"), "account")).number
    except Rejected as refusal:
        raise Rejected(f"Alpaca does not take the keys: {refusal}; see `tradecore doctor --broker alpaca`") from None
    finally:
        calls.close()
    if asked is not None and asked != number:
        raise SettingsError(f"--account {asked}: the keys are of account {number}; name that one, or none")
    return number


def _furnish(settings: Settings, limits: Limits, place: Place, wall: SystemClock, world: _World) -> AlpacaHouse:
    calls = world.calls()
    row = fields.mapping(calls.http.trading("/account"), "account")
    balances, flags = read_account(row, world.clock.now()), read_flags(row)
    _check_journal(place, flags.number)
    feeds = entitled_feeds(calls.http, settings.alpaca_data_feed)
    clock, timers, days = world.clock, world.timers, _Days(_session_at(world.clock.now()))
    live = LiveQuotes(clock.machine_seconds)
    market = AlpacaMarket(calls, clock=clock, feeds=feeds, live=live)
    chance = np.random.default_rng().random
    wire: dict[str, Any] = {"key": world.key, "secret": world.secret}
    feed = AlpacaFeed(
        market,
        underlying=UNDERLYING,
        addresses=world.addresses,
        clock=clock,
        timers=timers,
        session=lambda: days.session,
        chance=chance,
        **wire,
    )
    broker = AlpacaBroker(calls, fees=world.fees, clock=clock)
    updates = TradeUpdates(broker, fees=world.fees, clock=clock, **wire)
    stream = Connection(
        "trade updates",
        world.addresses.trading_stream,
        greet=updates.greet,
        take=updates.arrive,
        chance=chance,
        seconds=clock.machine_seconds,
        on_this_machine=world.addresses.is_loopback,
    )
    links = AlpacaLinks(calls, lambda: (stream.state, *feed.states), flags)
    opening = DeskOpening(
        account=place.directory.name,
        mode=place.mode,
        day=days.session.day,
        equity=balances.equity,
        cash=balances.cash,
        limits=limits,
        fees=shipped_fees(),
        confirmation=confirmation_policy(settings),
        clock_rate=world.rate,
    )
    before = remembered_desk(place.journal.entries()) if place.journal.head.seq else None
    desk = Desk(opening) if before is None else before.desk
    floor = furnished_floor(place, desk, market=market, broker=broker, clock=clock, timers=timers, begins=wall.now())
    floor.connections = links
    if before is None:
        facts = {"opening": encode(opening), "seed": None, "chain": "alpaca", "underlying": UNDERLYING.symbol}
        floor.record(clock.now(), OPENING, {**facts, "broker_account": flags.number}, opening, None)
    else:
        floor.asked.executions_since = before.until - _TAIL
    return AlpacaHouse(
        floor=floor,
        timers=timers,
        wall=wall,
        directory=place.directory,
        account=place.directory.name,
        mode=place.mode,
        seed=None,
        lease=place.lease,
        opening=opening,
        calls=calls,
        broker=broker,
        updates=updates,
        stream=stream,
        feed=feed,
        links=links,
        world=world,
        standing_in=days,
    )


def _check_journal(place: Place, number: str) -> None:
    opening = next((entry for entry in place.journal.entries() if entry.kind == OPENING), None)
    known = None if opening is None else opening.body.get("broker_account", "of the built-in market")
    if known is not None and known != number:
        raise SettingsError(
            f"account {place.name}: its journal is of account {known}, the broker's is {number}; name another --account"
        )


def _session_at(now: datetime) -> Session:
    day = trading_day(now.astimezone(UTC))
    session = session_on(day)
    return session if session is not None and now < session.closes else next_session(day)
