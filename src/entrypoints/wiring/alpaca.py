"""A desk that stands at Alpaca's paper account, or at the simulator on this machine that speaks its protocol."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from adapters.alpaca import fields
from adapters.alpaca.broker import AlpacaBroker
from adapters.alpaca.calls import Calls, Lane
from adapters.alpaca.connection import Connection
from adapters.alpaca.examination import Remark, entitled_feeds, examine_account
from adapters.alpaca.feed import AlpacaFeed
from adapters.alpaca.links import AlpacaLinks
from adapters.alpaca.live_quotes import LiveQuotes
from adapters.alpaca.lookups import AlpacaLookups
from adapters.alpaca.market import AlpacaMarket
from adapters.alpaca.records import read_account, read_flags
from adapters.alpaca.reference import AlpacaReference
from adapters.alpaca.trade_tape import AlpacaTradeTape
from adapters.alpaca.trade_updates import TradeUpdates
from adapters.system.time import SystemClock
from entrypoints.limits_file import shipped_fees
from entrypoints.settings import Settings, SettingsError
from entrypoints.wiring import Place, claim
from entrypoints.wiring.alpaca_worlds import AlpacaWorld, paper_account, paper_world, simulated_world
from entrypoints.wiring.desk_house import UNDERLYING, DeskHouse, confirmation_policy, furnished_floor
from tradecore.desk.desk import Desk
from tradecore.desk.opening import DeskOpening
from tradecore.errors import PortError
from tradecore.model.encoding import encode
from tradecore.model.sessions import Session, next_session, session_on, trading_day
from tradecore.ports.market_data import MarketStep
from tradecore.ports.quote_wishes import QuoteWishes
from tradecore.risk.limits import Limits
from tradecore.usecases.alert_book import AlertBook
from tradecore.usecases.audit import OPENING
from tradecore.usecases.recovering import remembered_desk
from tradecore.usecases.research import Research

_TAIL: Final = timedelta(minutes=10)
_FLAGS_EVERY_S: Final = 60.0
_CHAIN_STANDS: Final = 0.8
_CHAIN_STANDS_S: Final = 1.0


@dataclass(slots=True, kw_only=True)
class AlpacaHouse(DeskHouse):
    """A desk whose market and broker are reached over the wire."""

    calls: Calls
    broker: AlpacaBroker
    updates: TradeUpdates
    stream: Connection
    feed: AlpacaFeed
    links: AlpacaLinks
    world: AlpacaWorld
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

    @property
    def wishes(self) -> QuoteWishes:
        """Its option stream."""
        return self.feed.wishes

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
        world = paper_world(settings, wall)
        place = claim(settings, settings.mode, paper_account(world, account), limits, fresh=False, resumes=True)
    else:
        place = claim(settings, settings.mode, account or purpose, limits, fresh=account is None, resumes=True)
    try:
        if settings.sim_url is not None:
            world = simulated_world(settings, settings.sim_url, place.directory.name)
        return _furnish(settings, limits, place, wall, world)
    except BaseException:
        place.journal.close()
        place.lease.release()
        raise


def examined_account(settings: Settings) -> Iterator[Remark]:
    """
    What was found at the account a desk would stand on; blocking.

    Raises:
        SettingsError: A key is missing.
        Unavailable: No simulator answers at TRADECORE_SIM_URL.
    """
    wall = SystemClock()
    world = (
        paper_world(settings, wall)
        if settings.sim_url is None
        else simulated_world(settings, settings.sim_url, "doctor")
    )
    calls = world.calls()
    try:
        yield from examine_account(calls.http, settings.alpaca_data_feed, world.clock.now)
    finally:
        calls.close()


def _furnish(settings: Settings, limits: Limits, place: Place, wall: SystemClock, world: AlpacaWorld) -> AlpacaHouse:
    calls = world.calls()
    row = fields.mapping(calls.http.trading("/account"), "account")
    balances, flags = read_account(row, world.clock.now()), read_flags(row)
    _check_journal(place, flags.number)
    feeds = entitled_feeds(calls.http, settings.alpaca_data_feed)
    clock, timers, days = world.clock, world.timers, _Days(_session_at(world.clock.now()))
    live = LiveQuotes(clock.machine_seconds)
    # A poll must not find what the one before it left, nor a preview what is older than a second.
    stands_s = min(_CHAIN_STANDS_S, _CHAIN_STANDS * settings.spy_chain_update_interval)
    market = AlpacaMarket(calls, clock=clock, feeds=feeds, live=live, chain_stands_s=stands_s)
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
    broker = AlpacaBroker(calls, fees=world.fees, clock=clock, not_found_is_final_after=world.not_found_is_final_after)
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
    alerts = AlertBook()
    before = remembered_desk(alerts.remembering(place.journal.entries())) if place.journal.head.seq else None
    desk = Desk(opening) if before is None else before.desk
    floor = furnished_floor(place, desk, market=market, broker=broker, clock=clock, timers=timers, begins=wall.now())
    floor.alert_book = alerts
    floor.connections = links
    reference = AlpacaReference(calls, clock=clock)
    floor.research = Research(
        market=AlpacaLookups(market),
        tape=AlpacaTradeTape(calls, clock=clock, feed=feeds.stocks),
        assets=reference,
        corporate_actions=reference,
        watchlists=reference,
    )
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
    known = number if opening is None else opening.body.get("broker_account")
    if known != number:
        of = "of the built-in market" if known is None else f"of account {known}"
        raise SettingsError(
            f"account {place.name}: its journal is {of}, the broker's account is {number}; name another --account"
        )


def _session_at(now: datetime) -> Session:
    day = trading_day(now.astimezone(UTC))
    session = session_on(day)
    return session if session is not None and now < session.closes else next_session(day)
