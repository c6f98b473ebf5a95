"""Every broker keeps the promises of the Broker port."""

import asyncio
from collections.abc import Awaitable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.memory.broker import MemoryBroker
from adapters.memory.clock import ManualClock
from adapters.simulated.accounts import SimulatedAccount
from adapters.simulated.faults import NO_FAULTS, FaultCount
from adapters.simulated.faulty_wire import FaultyWire
from adapters.simulated.venue import SimulatedVenue
from adapters.simulated.virtual_time import VirtualClock, VirtualTimeLoop
from tradecore.model.events import BrokerEvent
from tradecore.model.fees import FeeSchedule
from tradecore.model.instruments import Instrument, OptionContract, Right
from tradecore.model.market import Quote, QuoteBar, SidePrices
from tradecore.model.money import usd
from tradecore.ports.broker import Broker
from tradecore.ports.market_data import MarketStep
from tradecore.testing.broker_contract import BrokerContract, BrokerWorld

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
CALL = OptionContract("SPY", date(2026, 11, 20), Right.CALL, Decimal(600))
CASH = usd(10_000)
FEES = FeeSchedule(
    per_contract=Decimal("0.05"),
    taf_per_contract_sold=Decimal("0.00279"),
    as_of=date(2026, 11, 1),
)


def a_quote(bid: Decimal | None, ask: Decimal | None, size: Decimal, at: datetime) -> Quote:
    return Quote(CALL, bid, ask, size if bid else Decimal(0), size if ask else Decimal(0), at, at, "test")


class _Heard:
    """Collects a broker's events on a loop, for as long as the test runs."""

    def __init__(self, loop: asyncio.AbstractEventLoop, broker: Broker) -> None:
        self.loop = loop
        self.events: list[BrokerEvent] = []
        self.wires: list[FaultyWire] = []
        self.task = loop.create_task(self._listen(broker))

    async def _listen(self, broker: Broker) -> None:
        async for event in broker.events():
            self.events.append(event)

    def run(self, work: Awaitable[Any]) -> Any:
        async def waits() -> Any:
            return await work

        return self.loop.run_until_complete(waits())

    def wait(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))

    def end(self) -> None:
        for wire in self.wires:
            self.run(wire.close())
        self.task.cancel()
        self.run(asyncio.gather(self.task, return_exceptions=True))
        self.loop.close()


class _Heeded(BrokerContract):
    @pytest.fixture(autouse=True)
    def _ends(self) -> Iterator[None]:
        self.heard: list[_Heard] = []
        yield
        for heard in self.heard:
            heard.end()

    def listen(self, loop: asyncio.AbstractEventLoop, broker: Broker) -> _Heard:
        heard = _Heard(loop, broker)
        self.heard.append(heard)
        return heard


class TestMemoryBroker(_Heeded):
    def open_venue(self) -> BrokerWorld:
        clock = ManualClock(NOON)
        broker = MemoryBroker(clock, account="test", cash=CASH, fees=FEES)
        heard = self.listen(VirtualTimeLoop(), broker)

        def show(bid: Decimal | None, ask: Decimal | None, size: Decimal) -> None:
            clock.advance(timedelta(seconds=1))
            broker.show(a_quote(bid, ask, size, clock.now()))
            heard.wait(0.001)

        return BrokerWorld(broker, CALL, CASH, show, lambda: heard.events, heard.run)


class _Simulated(_Heeded):
    instant = False
    unique_ids_for_ever = True

    def reach(self, venue: SimulatedVenue, clock: VirtualClock) -> Broker:  # noqa: ARG002
        return venue

    def open_venue(self) -> BrokerWorld:
        loop = VirtualTimeLoop()
        clock = VirtualClock(loop, NOON)
        quotes: dict[Instrument, Quote] = {}
        venue = SimulatedVenue(
            account=SimulatedAccount("test", CASH, FEES),
            clock=clock,
            quote_of=quotes.get,
            seed=1,
            closes=NOON + timedelta(hours=4),
            instant=self.instant,
            unique_ids_for_ever=self.unique_ids_for_ever,
        )
        broker = self.reach(venue, clock)
        heard = self.listen(loop, broker)
        if isinstance(broker, FaultyWire):
            heard.run(_start(broker))
            heard.wires.append(broker)

        def show(bid: Decimal | None, ask: Decimal | None, size: Decimal) -> None:
            now = clock.now()
            quotes[CALL] = a_quote(bid, ask, size, now)
            bar = QuoteBar(CALL, now, now + timedelta(minutes=1), _flat(bid, size), _flat(ask, size))

            async def step() -> None:
                venue.on_step(MarketStep(at=now, quotes=(), quote_bars=(bar,)))

            heard.run(step())
            heard.wait(1)

        return BrokerWorld(broker, CALL, CASH, show, lambda: heard.events, heard.run)


class TestSimulatedVenue(_Simulated):
    pass


class TestSimulatedVenueWhoseIdsAreUniqueWhileOpen(_Simulated):
    unique_ids_for_ever = False


class TestSimulatedVenueOnRecordedBars(_Simulated):
    instant = True


class TestSimulatedVenueBehindAWireWithoutFaults(_Simulated):
    def reach(self, venue: SimulatedVenue, clock: VirtualClock) -> Broker:
        return FaultyWire(venue, clock, NO_FAULTS, 1, FaultCount())


async def _start(wire: FaultyWire) -> None:
    wire.start()


def _flat(price: Decimal | None, size: Decimal) -> SidePrices | None:
    return None if price is None else SidePrices(price, price, price, price, size)
