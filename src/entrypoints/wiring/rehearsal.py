"""A day to rehearse: a market of some kind, a venue behind a network that fails, and desks that begin and die there."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from adapters.jsonl.verify import JournalState, verify
from adapters.simulated.accounts import SimulatedAccount
from adapters.simulated.faults import FaultCount, FaultRates
from adapters.simulated.faulty_wire import FaultyWire
from adapters.simulated.market import SimulatedMarket
from adapters.simulated.regimes import Regime
from adapters.simulated.seeded_ids import SeededIds
from adapters.simulated.venue import SimulatedVenue
from adapters.simulated.virtual_time import FeedTimers, VirtualClock, VirtualTimeLoop
from adapters.system.time import LoopTimers
from entrypoints.limits_file import shipped_fees
from entrypoints.settings import Settings
from entrypoints.wiring import STARTING_CASH, Place, claim
from tradecore.desk.desk import Desk
from tradecore.desk.opening import DeskOpening
from tradecore.model.encoding import encode
from tradecore.model.instruments import Equity, Instrument
from tradecore.model.money import CENT, Money
from tradecore.model.sessions import Session
from tradecore.ports.market_data import MarketStep
from tradecore.risk.limits import Limits
from tradecore.usecases.audit import OPENING
from tradecore.usecases.floor import TradingFloor, take_event
from tradecore.usecases.keeping import keep
from tradecore.usecases.protecting import ProtectionWatch
from tradecore.usecases.recovering import recover, remembered_desk

NO_FAULTS: Final = FaultRates()
NETWORK_FAULTS: Final = FaultRates(
    request_lost=0.002,
    request_late=0.002,
    request_doubled=0.002,
    answer_lost=0.004,
    throttled=0.005,
    server_error=0.003,
    event_lost=0.01,
    event_late=0.02,
    event_doubled=0.01,
    events_swapped=0.01,
    query_failed=0.01,
    query_lagged=0.01,
    legs_apart=0.05,
    disconnect=1.0,
    silence=0.5,
)
"""What a bad day of a decent broker looks like: a request in fifty in trouble, an outage an hour."""
_UNDERLYING: Final = Equity("SPY")
_LOOKS_EACH: Final = timedelta(seconds=1)
_TAIL: Final = timedelta(minutes=10)

__all__ = ["NETWORK_FAULTS", "NO_FAULTS", "Life", "Regime", "Rehearsal", "virtual_loop"]


@contextmanager
def virtual_loop() -> Iterator[VirtualTimeLoop]:
    """A loop on which a day passes in seconds; what a dead desk left waiting is let go without a word."""
    loop = VirtualTimeLoop()
    loop.set_exception_handler(lambda *_: None)
    try:
        yield loop
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


class Life:
    """
    One desk from its beginning, or from what its journal left, to its end.

    `floor` is where it trades, `tick_came` when it last looked at a tick, in the machine's seconds.
    """

    def __init__(self, place: Place, floor: TradingFloor, timers: LoopTimers, opening: DeskOpening) -> None:
        """Furnished; `begin` lets it trade."""
        self.floor = floor
        self._place = place
        self._timers = timers
        self._opening = opening
        self._tasks: list[asyncio.Task[None]] = []
        self.tick_came = 0.0

    async def begin(self) -> None:
        """Recover, then hear the broker, watch what is held, and keep the books."""
        await recover(self.floor, self._opening)
        keep(self.floor)
        self._tasks = [asyncio.create_task(work) for work in (self._timers.failure(), self._hear(), self._watch())]

    async def die(self) -> None:
        """Drop everything that is not in the journal, in the middle of whatever goes on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._timers.stop()
        self._place.journal.close()
        self._place.lease.release()

    @property
    def failure(self) -> BaseException | None:
        """What a part of this desk failed with, if one did."""
        ended = (task for task in self._tasks if task.done() and not task.cancelled())
        return next((problem for task in ended if (problem := task.exception()) is not None), None)

    async def _hear(self) -> None:
        async for event in self.floor.broker.events():
            await take_event(self.floor, event)

    async def _watch(self) -> None:
        watch = ProtectionWatch(self.floor)
        while True:
            quote = await self.floor.market.quote(_UNDERLYING)
            if quote is not None:
                self.tick_came = time.perf_counter()
                self.floor.board.put_quote(quote)
                await watch.look(MarketStep(at=self.floor.clock.now(), quotes=(quote,)))
            await self.floor.timers.sleep_until(self.floor.clock.now() + _LOOKS_EACH)


@dataclass(slots=True)
class Rehearsal:
    """One day and its venue; what is under way there does not end with a desk."""

    settings: Settings
    name: str
    seed: int
    session: Session
    regime: Regime
    rates: FaultRates
    limits: Limits
    loop: VirtualTimeLoop
    clock: VirtualClock = field(init=False)
    market: SimulatedMarket = field(init=False)
    account: SimulatedAccount = field(init=False)
    venue: SimulatedVenue = field(init=False)
    faults: FaultCount = field(default_factory=FaultCount)
    _wire: FaultyWire = field(init=False)
    _lives: int = 0

    def __post_init__(self) -> None:
        """Open market and venue."""
        self.clock = VirtualClock(self.loop, self.session.opens)
        timers = FeedTimers(LoopTimers(self.clock), self.loop, self.clock)
        self.market = SimulatedMarket(
            seed=self.seed,
            underlying=_UNDERLYING,
            session=self.session,
            clock=self.clock,
            timers=timers,
            regime=self.regime,
        )
        self.account = SimulatedAccount(self.name, STARTING_CASH, shipped_fees())
        self.venue = SimulatedVenue(
            account=self.account,
            clock=self.clock,
            quote_of=self.market.quote_now,
            seed=self.seed,
            closes=self.session.closes,
            legging=self.rates.legs_apart,
        )
        self._wire = FaultyWire(self.venue, self.clock, self.rates, self.seed, self.faults)

    def start(self) -> None:
        """Let the wire carry, and fail, on the running loop."""
        self._wire.start()

    def life(self, listener: Callable[..., None] | None = None) -> Life:
        """A new desk on the account, with what the one before it left in the journal."""
        place = claim(self.settings, "burnin", self.name, self.limits, fresh=False, resumes=True)
        self._lives += 1
        timers = LoopTimers(self.clock)
        opening = DeskOpening(
            account=place.name,
            mode="simulated",
            day=self.session.day,
            equity=STARTING_CASH,
            limits=self.limits,
            fees=shipped_fees(),
        )
        before = remembered_desk(place.journal.entries()) if place.journal.head.seq else None
        floor = TradingFloor(
            desk=Desk(opening) if before is None else before.desk,
            underlying=_UNDERLYING,
            market=self.market,
            broker=self._wire,
            journal=place.journal,
            clock=self.clock,
            timers=timers,
            ids=SeededIds(f"burnin/{self.name}/{self.seed}/{self._lives}"),
            strategies=place.strategies,
            listener=listener,
        )
        if before is None:
            facts = {"opening": encode(opening), "seed": self.seed, "chain": "simulated", "underlying": "SPY"}
            floor.record(self.clock.now(), OPENING, facts, opening, None)
        else:
            floor.asked.executions_since = before.until - _TAIL
        return Life(place, floor, timers, opening)

    async def market_day(self, each_minute: Callable[[], None]) -> None:
        """Show the venue the day, to its close."""
        async for step in self.market.steps():
            self.venue.on_step(step)
            if step.bars:
                each_minute()
        self.venue.end_session()

    async def close(self) -> None:
        """Cut the wire."""
        self._wire.stop_faults()
        with suppress(asyncio.CancelledError):
            await self._wire.close()

    @property
    def journal_directory(self) -> Path:
        """Where the desk's journal is."""
        return self.settings.home / "burnin" / self.name / "journal"

    @property
    def journal_state(self) -> JournalState:
        """Whether the journal is whole."""
        return verify(self.journal_directory).state

    def equity(self) -> Money:
        """What the account is worth at mid."""
        return self.account.equity(self._mark)

    def differences(self, floor: TradingFloor) -> list[str]:
        """Where the venue's holdings and cash are not the desk's."""
        held = [position for group in floor.desk.open_groups for position in group.holdings]
        ours: dict[str, Decimal] = {}
        for position in held:
            symbol = position.instrument.symbol
            ours[symbol] = ours.get(symbol, Decimal(0)) + position.quantity
        mine = {symbol: quantity for symbol, quantity in ours.items() if quantity}
        theirs = {instrument.symbol: quantity for instrument, quantity in self.account.holdings.items()}
        found = [] if mine == theirs else [f"the venue holds {theirs}, the desk {mine}"]
        expected = floor.desk.expected_cash
        if abs((expected - self.account.cash).amount) >= CENT / 2:
            found.append(f"the venue has {self.account.cash}, the desk {expected}")
        return found

    def _mark(self, instrument: Instrument) -> Decimal | None:
        quote = self.market.quote_now(instrument)
        return None if quote is None else quote.mid if quote.mid is not None else quote.bid
