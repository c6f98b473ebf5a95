"""The world of one simulated session: market, venue, wire, clock and disk, in which desks live, die and live again."""

import asyncio
import hashlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from tests.simulation.crashing_journal import CrashingJournal
from tests.simulation.light_market import STEP, LightMarket
from tests.simulation.mortal import Life
from tests.simulation.options import Options
from tests.simulation.overheard import Overheard
from tests.simulation.passing_time import move_market, set_clock
from tests.simulation.start_desk import Surroundings, keep_desk, start_desk
from tests.simulation.the_day import CASH, the_opening, the_session
from tests.simulation.truth import Broken, Truth
from tests.simulation.watched_venue import WatchedVenue
from tests.simulation.watchman import Watchman
from tests.simulation.witness import Witness

from adapters.simulated.accounts import SimulatedAccount
from adapters.simulated.faults import Fault, FaultCount
from adapters.simulated.faulty_wire import FaultyWire
from adapters.simulated.jumping_clock import JumpingClock
from adapters.simulated.seeded_ids import SeededIds
from adapters.simulated.surprises import Surprises
from adapters.simulated.venue import LONGEST_UNDER_WAY
from adapters.simulated.virtual_time import VirtualClock, VirtualTimeLoop
from tradecore.desk.decisions import Decision
from tradecore.ports.market_data import MarketStep
from tradecore.usecases.floor import TradingFloor

T = TypeVar("T")

TRADING_S: Final = 480.0
LIVENESS_S: Final = 120.0
_AFTER_THE_OPEN: Final = timedelta(minutes=90)
_STEPS_A_SECOND: Final = 6.0
_RESTARTS_AFTER_S: Final = (1.0, 20.0)
_LONGER_THAN_ANYBODY_LOOKS_BACK_S: Final = 75.0
_DIES_SENDING: Final = 0.05
_MEMORY: Final = Path("/dev/shm")


class DeskDied(Exception):
    """The desk was called and died before it answered."""


class World:
    """One session; everything random comes from its seed."""

    def __init__(self, seed: int, options: Options, loop: VirtualTimeLoop) -> None:
        self.seed = seed
        self.options = options
        self.faults = FaultCount()
        self.random = np.random.default_rng([seed, 0x574F])
        self.begins = the_session().opens + _AFTER_THE_OPEN
        self.ends = self.begins + timedelta(seconds=TRADING_S + LIVENESS_S + 30)
        self.time = VirtualClock(loop, self.begins)
        self.clock = JumpingClock(self.time)
        steps = int((self.ends - self.begins) / STEP) + 2
        self.market = LightMarket(seed, the_session(), self.time, self.begins, steps)
        self.opening = the_opening()
        self.account = SimulatedAccount("sim", CASH, self.opening.fees)
        self.venue = WatchedVenue(
            account=self.account,
            clock=self.time,
            quote_of=self.market.quote_now,
            seed=seed,
            closes=the_session().closes,
            legging=options.rates.legs_apart,
            unique_ids_for_ever=options.unique_ids_for_ever,
            not_found_is_final_after=LONGEST_UNDER_WAY if options.not_found_is_final else None,
        )
        self.truth = Truth(
            account=self.account,
            now=self.time.now,
            durable=lambda order_id: order_id in self.journal.durable_ids,
            killed=self._is_killed,
            unknown=lambda order_id: self.overheard.others_unknown(order_id),
            standing=lambda: self.venue.standing_fills,
            begins_with=CASH,
        )
        self.venue.truth = self.truth
        self.overheard = Overheard(self.time.now, self.is_there, self.venue._orders.__contains__, self.truth.note)
        self.watchman = Watchman(
            self.truth,
            self.market,
            self._is_able,
            self._is_killed,
            waits_for_operator=not (options.not_found_is_final or options.unique_ids_for_ever),
        )
        self.wire = FaultyWire(self.venue, self.time, options.rates, seed, self.faults)
        self.broker = Witness(self.wire, self.truth, self.overheard, self._tempt_fate)
        self.surprises = Surprises(
            self.venue,
            self.account,
            self.market.contracts,
            options.rates,
            seed,
            self.faults,
            self.truth.surprise,
        )
        self.ids = SeededIds(f"world/{seed}")
        self.directory = Path(tempfile.mkdtemp(prefix="desk-", dir=_MEMORY if _MEMORY.is_dir() else None))
        self.journal = self._open_journal()
        self.lives: list[Life] = []
        self.traces: list[str] = []
        self.may_die = options.rates.crash > 0
        self._floor: TradingFloor | None = None
        self._calls: dict[asyncio.Future[Any], None] = {}
        self._living = asyncio.Event()
        self._failure: BaseException | None = None

    def begin(self) -> None:
        """Set everything going."""
        self.wire.start()
        self.wire.in_world(self.surprises.run())
        self.wire.in_world(move_market(self.market, self.time, self.ends, self._on_step))
        self.wire.in_world(set_clock(self.clock, self.random, self.options.rates.clock_jump, self._clock_jumps))
        self._bear()

    def calm_down(self) -> None:
        """End all faults: from here on the world is as it should be."""
        self.may_die = False
        self.wire.stop_faults()
        self.surprises.stop()
        self.venue.legging = 0.0
        self.market.always_two_sided = True
        self.clock.set_off(timedelta(0))
        if self.lives and not self.lives[-1].is_over:
            self.lives[-1].dies_at = None

    async def call(self, work: Callable[[TradingFloor], Awaitable[T]]) -> T:
        """
        Have the desk do something, once it lives.

        Raises:
            DeskDied: It ended before it answered; what became of the request is not known.
        """
        await self._living.wait()
        floor, life = self._floor, self.lives[-1]
        assert floor is not None
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._calls[answer] = None
        answer.add_done_callback(self._calls.pop)
        life.spawn(_answer(work, floor, answer))
        return await answer

    async def living_floor(self) -> TradingFloor:
        """The floor of the present life."""
        await self._living.wait()
        assert self._floor is not None
        return self._floor

    def die_soon(self, within_steps: int) -> None:
        """End the present life at one of its next steps."""
        if self.may_die and not self.lives[-1].is_over:
            self.lives[-1].dies_at = self.lives[-1].steps + within_steps

    def end_life(self) -> None:
        """Let the present life end in peace, its journal whole."""
        self._remember_trace()
        self.journal.close()
        for life in self.lives:
            life.is_over = True

    def bury(self) -> None:
        """Tidy up after everybody."""
        for life in self.lives:
            life.bury()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def digest(self) -> str:
        """SHA-256 of everything every life recorded, and of the venue's truth."""
        text = "\n".join([*self.traces, *map(repr, self.truth.tape), str(self.account.cash), repr(self.counted)])
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def counted(self) -> Counter[str]:
        """Faults that happened, by kind."""
        found = Counter({str(kind): count for kind, count in sorted(self.faults.by_kind.items()) if count})
        if self.venue.torn:
            found[str(Fault.LEGS_APART)] = self.venue.torn
        return found

    def is_there(self, order_id: str) -> bool:
        """Whether an order is at the venue or may still arrive there."""
        return self.wire.is_under_way(order_id) or order_id in self.venue._orders

    def listener(self, _at: datetime, _kind: str, seen: object, decision: Decision | None) -> None:
        """Overhear the desk."""
        self.overheard.hear(self.journal, seen, decision)

    def _on_step(self, at: datetime) -> None:
        self.venue.on_step(MarketStep(at=at))
        self.watchman.look(at)

    def _clock_jumps(self) -> bool:
        if self.market.always_two_sided:
            return False
        self.faults.add(Fault.CLOCK_JUMP)
        return True

    def _tempt_fate(self) -> None:
        """An order leaves: the worst moment to die."""
        if self.may_die and self.random.random() < _DIES_SENDING:
            self.die_soon(1 + int(self.random.integers(40)))

    def _is_killed(self) -> bool:
        return self.overheard.is_killed(self.journal)

    def _is_able(self) -> bool:
        return self._living.is_set() and self.wire.is_connected

    def _open_journal(self) -> CrashingJournal:
        return CrashingJournal(self.directory / "journal", self.random, lambda: None)

    def _bear(self) -> None:
        life = Life(len(self.lives) + 1, self._on_death)
        if self.may_die:
            life.dies_at = 1 + int(self.random.exponential(3600 / self.options.rates.crash * _STEPS_A_SECOND))
        self.lives.append(life)
        found = Surroundings(
            opening=self.opening,
            market=self.market,
            broker=self.broker,
            journal=self.journal,
            clock=self.clock,
            ids=self.ids,
            listener=self.listener,
            ends=self.ends,
            is_ready=self._living.set,
        )
        floor: TradingFloor = life.run(lambda: start_desk(found))
        self._floor, self.overheard.desk = floor, floor.desk
        life.spawn(self._keep(life, found, floor))

    async def _keep(self, life: Life, found: Surroundings, floor: TradingFloor) -> None:
        try:
            await keep_desk(found, floor)
        except Exception as failure:  # noqa: BLE001  # a desk must not fail, whatever the reason
            self.truth.note(Broken.OTHER, f"the desk failed: {failure!r}")
            if self.options.restarts:
                life.end()

    def _on_death(self, _: Life) -> None:
        self.faults.add(Fault.CRASH)
        self._living.clear()
        self._remember_trace()
        self.journal.lose_power()
        for answer in list(self._calls):
            if not answer.done():
                answer.set_exception(DeskDied())
        self.wire.in_world(self._bear_again())

    async def _bear_again(self) -> None:
        pause = float(self.random.uniform(*_RESTARTS_AFTER_S))
        if self.options.worst_moments:
            await asyncio.sleep(pause / 2)
            self.surprises.happen()
            pause = pause / 2 + _LONGER_THAN_ANYBODY_LOOKS_BACK_S
        await asyncio.sleep(pause)
        self.journal = self._open_journal()
        self.overheard.forget_after(self.journal.head.seq)
        self.broker.see_recovery()
        self._bear()

    def _remember_trace(self) -> None:
        if self._floor is not None:
            # The chain's hash covers every byte that was recorded, and costs nothing beside it.
            self.traces.append(self.journal.head.hash)


async def _answer(
    work: Callable[[TradingFloor], Awaitable[T]], floor: TradingFloor, answer: "asyncio.Future[T]"
) -> None:
    try:
        result = await work(floor)
    except Exception as problem:  # noqa: BLE001  # whoever called is told, whatever it is
        if not answer.done():
            answer.set_exception(problem)
    else:
        if not answer.done():
            answer.set_result(result)
