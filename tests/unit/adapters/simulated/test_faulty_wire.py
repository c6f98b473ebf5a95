"""Each fault of the wire alone: what the sender is told, what the venue received, what is heard of it."""

import asyncio
import contextvars
from collections.abc import Awaitable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.simulated.accounts import SimulatedAccount
from adapters.simulated.faults import NO_FAULTS, Fault, FaultCount, FaultRates
from adapters.simulated.faulty_wire import LATEST_ARRIVAL_S, FaultyWire
from adapters.simulated.jumping_clock import JumpingClock
from adapters.simulated.surprises import Surprises
from adapters.simulated.venue import SimulatedVenue
from adapters.simulated.virtual_time import VirtualClock, VirtualTimeLoop
from tradecore.errors import DuplicateOrder, OutcomeUnknown, PortError, Unavailable
from tradecore.model.events import Accepted, BrokerEvent, Filled
from tradecore.model.fees import FeeSchedule
from tradecore.model.instruments import OptionContract, Price, Right
from tradecore.model.market import Quote
from tradecore.model.money import usd
from tradecore.model.terms import Leg, Limit, Side
from tradecore.testing.orders import a_confirmed_order

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
CALL = OptionContract("SPY", TODAY, Right.CALL, Decimal(600))
FREE = FeeSchedule(per_contract=Decimal(0), taf_per_contract_sold=Decimal(0), as_of=TODAY)
_OF_THE_WIRE = [kind.value for kind in Fault if kind not in (Fault.CRASH, Fault.CLOCK_JUMP)]
ALWAYS, AT_ONCE = 1.0, 3600.0 * 10


class Wired:
    """A venue behind a wire with these faults, quoting the call 1.00 x 1.02."""

    def __init__(self, seed: int = 1, every: float = 0.0, **rates: float) -> None:
        self.loop = VirtualTimeLoop()
        self.clock = VirtualClock(self.loop, NOON)
        shown = Quote(CALL, Decimal("1.00"), Decimal("1.02"), Decimal(50), Decimal(50), NOON, NOON, "test")
        self.account = SimulatedAccount("test", usd(10_000), FREE)
        self.rates = FaultRates(**{**dict.fromkeys(_OF_THE_WIRE, every), **rates})
        self.count = FaultCount()
        self.venue = SimulatedVenue(
            account=self.account,
            clock=self.clock,
            quote_of=lambda _: shown,
            seed=seed,
            closes=NOON + timedelta(hours=4),
        )
        self.wire = FaultyWire(self.venue, self.clock, self.rates, seed, self.count)
        self.heard: list[BrokerEvent] = []
        self.listening = self.loop.create_task(self._listen())
        self.run(self._start())

    async def _start(self) -> None:
        self.wire.start()

    async def _listen(self) -> None:
        async for event in self.wire.events():
            self.heard.append(event)

    def run(self, work: Awaitable[Any]) -> Any:
        async def waits() -> Any:
            return await work

        return self.loop.run_until_complete(waits())

    def wait(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))

    def buy(self, order_id: str = "tc-a-0", limit: str = "1.02") -> PortError | None:
        order = a_confirmed_order(
            order_id, Leg(CALL, Side.BUY), quantity=Decimal(1), terms=Limit(Price(Decimal(limit)))
        )
        try:
            self.run(self.wire.submit(order))
        except PortError as problem:
            return problem
        return None

    @property
    def held(self) -> Decimal:
        return self.account.holdings.get(CALL, Decimal(0))

    def end(self) -> None:
        self.run(self.wire.close())
        self.listening.cancel()
        self.run(asyncio.gather(self.listening, return_exceptions=True))
        self.loop.close()


@pytest.fixture
def worlds() -> Iterator[list[Wired]]:
    opened: list[Wired] = []
    yield opened
    for world in opened:
        world.end()


def test_a_lost_request_never_arrives_and_its_outcome_is_unknown(worlds: list[Wired]) -> None:
    world = Wired(request_lost=ALWAYS)
    worlds.append(world)
    assert isinstance(world.buy(), OutcomeUnknown)
    world.wait(120)
    assert world.held == 0
    assert world.count.by_kind == {Fault.REQUEST_LOST: 1}


def test_a_late_request_arrives_after_the_sender_gave_up_and_within_the_bound(worlds: list[Wired]) -> None:
    world = Wired(request_late=ALWAYS)
    worlds.append(world)
    assert isinstance(world.buy(), OutcomeUnknown)
    assert world.held == 0
    world.wait(LATEST_ARRIVAL_S)
    assert world.held == 1
    bound = world.wire.capabilities.not_found_is_final_after
    assert bound is not None
    assert bound > timedelta(seconds=LATEST_ARRIVAL_S)


def test_a_lost_answer_leaves_an_order_whose_sender_does_not_know(worlds: list[Wired]) -> None:
    world = Wired(answer_lost=ALWAYS)
    worlds.append(world)
    assert isinstance(world.buy(), OutcomeUnknown)
    assert world.held == 1


def test_a_doubled_request_is_one_order_where_ids_are_unique(worlds: list[Wired]) -> None:
    answers = []
    for seed in range(12):
        world = Wired(seed, request_doubled=ALWAYS)
        worlds.append(world)
        answers.append(world.buy())
        world.wait(10)
        assert world.held == 1
    assert {type(answer) for answer in answers} == {type(None), DuplicateOrder}


def test_a_throttled_request_was_not_taken(worlds: list[Wired]) -> None:
    world = Wired(throttled=ALWAYS)
    worlds.append(world)
    assert isinstance(world.buy(), Unavailable)
    world.wait(60)
    assert world.held == 0


def test_after_a_server_error_the_order_may_be_there_or_not(worlds: list[Wired]) -> None:
    held = set()
    for seed in range(12):
        world = Wired(seed, server_error=ALWAYS)
        worlds.append(world)
        assert isinstance(world.buy(), OutcomeUnknown)
        held.add(world.held)
    assert held == {0, 1}


def test_a_cancellation_meets_the_same_faults(worlds: list[Wired]) -> None:
    world = Wired(answer_lost=ALWAYS)
    worlds.append(world)
    world.buy(limit="0.50")
    with pytest.raises(OutcomeUnknown):
        world.run(world.wire.cancel("tc-a-0"))
    assert list(world.run(world.venue.open_orders())) == []


def test_a_lost_event_is_in_the_executions_all_the_same(worlds: list[Wired]) -> None:
    world = Wired(event_lost=ALWAYS)
    worlds.append(world)
    world.buy()
    world.wait(60)
    assert world.heard == []
    assert len(world.run(world.wire.executions(NOON))) == 1


def test_a_doubled_event_is_heard_twice(worlds: list[Wired]) -> None:
    world = Wired(event_doubled=ALWAYS)
    worlds.append(world)
    world.buy()
    world.wait(60)
    fills = [event for event in world.heard if isinstance(event, Filled)]
    assert len(fills) == 2
    assert fills[0] == fills[1]


def test_swapped_events_are_both_heard_the_later_one_first(worlds: list[Wired]) -> None:
    world = Wired(events_swapped=ALWAYS)
    worlds.append(world)
    world.buy()
    world.wait(60)
    assert [type(event) for event in world.heard] == [Filled, Accepted]


def test_a_lagging_answer_does_not_know_an_order_yet_and_knows_it_later(worlds: list[Wired]) -> None:
    world = Wired(query_lagged=ALWAYS)
    worlds.append(world)
    world.wait(60)
    world.buy()
    assert world.run(world.wire.order("tc-a-0")) is None
    assert list(world.run(world.wire.executions(NOON))) == []
    world.wait(10)
    assert world.run(world.wire.order("tc-a-0")).filled_quantity == 1
    assert len(world.run(world.wire.executions(NOON))) == 1


def test_while_disconnected_nothing_leaves_and_what_happens_is_never_heard(worlds: list[Wired]) -> None:
    world = Wired(disconnect=AT_ONCE)
    worlds.append(world)
    world.buy(limit="0.50")
    refused = 0
    for number in range(200):
        world.wait(0.1)
        refused += isinstance(world.buy(f"tc-b-{number}"), Unavailable)
    accepted = [event for event in world.heard if isinstance(event, Accepted)]
    assert refused > 100
    assert len(accepted) <= 200 - refused + 1


def test_what_happens_in_a_silence_is_heard_after_it(worlds: list[Wired]) -> None:
    world = Wired(silence=AT_ONCE)
    worlds.append(world)
    while not world.count.by_kind[Fault.SILENCE]:
        world.wait(0.1)
    world.buy()
    world.wait(1)
    assert world.heard == []
    assert world.run(world.wire.order("tc-a-0")) is not None
    world.wait(41)
    assert [type(event) for event in world.heard] == [Accepted, Filled]


def test_a_request_goes_on_when_its_sender_dies(worlds: list[Wired]) -> None:
    world = Wired(request_late=ALWAYS)
    worlds.append(world)

    async def dies() -> None:
        order = a_confirmed_order(
            "tc-a-0", Leg(CALL, Side.BUY), quantity=Decimal(1), terms=Limit(Price(Decimal("1.02")))
        )
        task = asyncio.get_running_loop().create_task(world.wire.submit(order))
        await asyncio.sleep(1)
        task.cancel()

    world.run(dies())
    world.wait(30)
    assert world.held == 1


def test_what_is_under_way_does_not_run_in_its_sender_s_context(worlds: list[Wired]) -> None:
    life: contextvars.ContextVar[str] = contextvars.ContextVar("life", default="world")
    world = Wired()
    worlds.append(world)
    seen = []

    async def notes() -> None:
        seen.append(life.get())

    async def mortal() -> None:
        life.set("mortal")
        world.wire.in_world(notes())
        await asyncio.sleep(1)

    world.run(mortal())
    assert seen == ["world"]


def test_once_faults_stop_everything_works(worlds: list[Wired]) -> None:
    world = Wired(every=0.2)
    worlds.append(world)
    world.wait(600)
    world.wire.stop_faults()
    before = world.count.total
    for number in range(50):
        assert world.buy(f"tc-c-{number}", "0.50") is None
        assert world.run(world.wire.order(f"tc-c-{number}")).open
    assert world.count.total == before


def test_rates_repeat_themselves_for_a_seed_and_some_are_none() -> None:
    drawn = [FaultRates.drawn(seed) for seed in range(50)]
    assert drawn == [FaultRates.drawn(seed) for seed in range(50)]
    assert {rates.request_lost > 0 for rates in drawn} == {True, False}
    assert NO_FAULTS.without(Fault.BUST) == NO_FAULTS
    assert drawn[0].without(Fault.REQUEST_LOST).request_lost == 0


def test_surprises_happen_and_end_when_told(worlds: list[Wired]) -> None:
    world = Wired(bust=60, correction=60, liquidation=60, foreign_order=60)
    worlds.append(world)
    surprises = Surprises(world.venue, world.account, (CALL,), world.rates, 3, world.count)

    async def begin() -> None:
        world.wire.in_world(surprises.run())

    world.run(begin())
    world.wait(3600)
    assert set(world.count.by_kind) == {Fault.BUST, Fault.CORRECTION, Fault.LIQUIDATION, Fault.FOREIGN_ORDER}
    surprises.stop()
    before = world.count.total
    world.wait(3600)
    assert world.count.total == before


def test_a_clock_set_back_stands_still_until_time_has_caught_up() -> None:
    loop = VirtualTimeLoop()
    clock = JumpingClock(VirtualClock(loop, NOON))
    clock.set_off(timedelta(seconds=30))
    assert clock.now() == NOON + timedelta(seconds=30)
    clock.set_off(timedelta(seconds=-5))
    loop.advance(10)
    assert clock.now() == NOON + timedelta(seconds=30)
    loop.advance(30)
    assert clock.now() == NOON + timedelta(seconds=35)
    loop.close()
