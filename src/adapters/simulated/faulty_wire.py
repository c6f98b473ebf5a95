"""The network between a desk and a simulated venue, with everything a network does to messages."""

import asyncio
import contextvars
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from adapters.simulated.faults import (
    EVENT_FAULTS,
    NO_FAULTS,
    QUERY_FAULTS,
    REQUEST_FAULTS,
    Chance,
    Fault,
    FaultCount,
    FaultRates,
)
from adapters.simulated.replica import Reading, Replica
from adapters.simulated.venue import SimulatedVenue
from tradecore.errors import OutcomeUnknown, PortError, Unavailable
from tradecore.model.account import AccountSnapshot
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.events import BrokerEvent, Execution
from tradecore.ports.broker import Broker, BrokerCapabilities, BrokerOrder, BrokerPosition
from tradecore.ports.clock import Clock

T = TypeVar("T")

TIME_OUT_S: Final = 2.0
LATEST_ARRIVAL_S: Final = 25.0
_LATE_S: Final = (3.0, LATEST_ARRIVAL_S)
_DOUBLED_AFTER_S: Final = (0.05, 5.0)
_EVENT_LATE_S: Final = (0.5, 20.0)
# An answer as old as the oldest, to a question after the latest arrival, is still within the venue's bound of 30 s.
_LAG_S: Final = (1.0, 4.5)
_ASKING_S: Final = (0.004, 0.03)
_OUTAGE_S: Final = (2.0, 30.0)
_SILENCE_S: Final = (5.0, 40.0)
_SWAPPED_AT_MOST_S: Final = 1.0


class FaultyWire(Broker):
    """
    Carries requests, answers and events; everything that goes wrong comes from one seed.

    What is under way belongs to the world and not to whoever sent it: a desk that dies does not stop its request. A
    request arrives at the latest 25 s after it was sent; the sender gives up on its answer after 2 s.
    """

    def __init__(self, venue: SimulatedVenue, clock: Clock, rates: FaultRates, seed: int, count: FaultCount) -> None:
        """Lay the wire; call `start` on the loop it shall run on."""
        self._venue = venue
        self._clock = clock
        self._chance = Chance(rates, seed, count)
        self._replica = Replica(venue)
        self._world = contextvars.copy_context()
        # By age: what ends them must always meet them in the same order.
        self._tasks: dict[asyncio.Task[None], None] = {}
        self._under_way: Counter[str | None] = Counter()
        self._listener: asyncio.Queue[BrokerEvent | None] = asyncio.Queue()
        self._held: list[BrokerEvent] = []
        self._swapped: BrokerEvent | None = None
        self._connected = True
        self._silent = False

    def start(self) -> None:
        """Begin to carry events, and to fail."""
        self.in_world(self._carry_events())
        self.in_world(self._now_and_then(Fault.DISCONNECT, self._disconnect))
        self.in_world(self._now_and_then(Fault.SILENCE, self._fall_silent))

    def stop_faults(self) -> None:
        """From here on everything arrives, once, in order and on time; what was lost stays lost."""
        self._chance.rates = NO_FAULTS
        self._connected = True
        self._speak_again()

    async def close(self) -> None:
        """Cut the wire; what is under way is gone."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def is_connected(self) -> bool:
        """Whether anything gets through."""
        return self._connected

    @property
    def capabilities(self) -> BrokerCapabilities:
        """Those of the venue."""
        return self._venue.capabilities

    async def submit(self, order: ConfirmedOrder) -> None:
        """Send an order on its way."""
        await self._request(partial(self._venue.submit, order), order.client_order_id)

    def is_under_way(self, client_order_id: str) -> bool:
        """Whether a request with this order, or a copy of it, may still arrive."""
        return self._under_way[client_order_id] > 0

    async def cancel(self, client_order_id: str) -> None:
        """Send a cancellation on its way."""
        await self._request(partial(self._venue.cancel, client_order_id))

    async def order(self, client_order_id: str) -> BrokerOrder | None:
        """One order, perhaps as it stood a while ago."""
        return await self._query(
            partial(self._venue.order, client_order_id), lambda reading: reading.orders.get(client_order_id)
        )

    async def open_orders(self) -> Sequence[BrokerOrder]:
        """Open orders, perhaps as they stood a while ago."""
        return await self._query(self._venue.open_orders, lambda reading: reading.open_orders)

    async def executions(self, since: datetime) -> Sequence[Execution]:
        """Executions, perhaps without the newest."""
        return await self._query(
            partial(self._venue.executions, since), lambda reading: reading.executions_since(since)
        )

    async def positions(self) -> Sequence[BrokerPosition]:
        """Holdings, perhaps as they stood a while ago."""
        return await self._query(self._venue.positions, lambda reading: reading.positions)

    async def account(self) -> AccountSnapshot:
        """Balances, perhaps as they stood a while ago."""
        return await self._query(self._venue.account, lambda reading: reading.account)

    async def events(self) -> AsyncIterator[BrokerEvent]:
        """What the wire delivers from now on, to the newest listener only; there is no replay."""
        listener: asyncio.Queue[BrokerEvent | None] = asyncio.Queue()
        self._listener = listener
        while (event := await listener.get()) is not None:
            yield event

    def in_world(self, work: Coroutine[Any, Any, None]) -> None:
        """Run work that no desk's death stops, until `close`."""
        task = asyncio.get_running_loop().create_task(work, context=self._world.copy())
        self._tasks[task] = None
        task.add_done_callback(self._tasks.pop)

    async def _request(self, work: Callable[[], Awaitable[None]], submits: str | None = None) -> None:
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # Whoever asked may be dead by the time the answer comes.
        answer.add_done_callback(_heard)
        self.in_world(self._carry(work, answer, submits))
        await answer

    async def _carry(
        self, work: Callable[[], Awaitable[None]], answer: "asyncio.Future[None]", submits: str | None
    ) -> None:
        self._under_way[submits] += 1
        await self._carry_once_or_twice(work, answer)
        self._under_way[submits] -= 1

    async def _carry_once_or_twice(self, work: Callable[[], Awaitable[None]], answer: "asyncio.Future[None]") -> None:
        if not self._connected:
            self._refuse(answer, Unavailable("no connection to the venue"))
            return
        fault = self._chance.fate(REQUEST_FAULTS)
        if fault is None:
            await self._deliver(work, answer)
        elif fault is Fault.REQUEST_DOUBLED:
            # What comes back is the answer to either of them: something on the way may have sent it again.
            first, second = (answer, None) if self._chance.between((0, 1)) < 0.5 else (None, answer)
            await self._deliver(work, first)
            await asyncio.sleep(self._chance.between(_DOUBLED_AFTER_S))
            await self._deliver(work, second)
        elif fault is Fault.THROTTLED:
            self._refuse(answer, Unavailable("429: too many requests"))
        elif fault is Fault.SERVER_ERROR:
            if self._chance.between((0, 1)) < 0.5:
                await self._deliver(work, None)
            self._refuse(answer, OutcomeUnknown("503: the venue can't say"))
        else:
            await self._carry_badly(fault, work, answer)

    async def _carry_badly(
        self, fault: Fault, work: Callable[[], Awaitable[None]], answer: "asyncio.Future[None]"
    ) -> None:
        late = self._chance.between(_LATE_S) - TIME_OUT_S if fault is Fault.REQUEST_LATE else None
        if fault is Fault.ANSWER_LOST:
            await self._deliver(work, None)
        await asyncio.sleep(TIME_OUT_S)
        self._refuse(answer, OutcomeUnknown(f"no answer within {TIME_OUT_S:g} s"))
        if late is not None:
            await asyncio.sleep(late)
            await self._deliver(work, None)

    async def _deliver(self, work: Callable[[], Awaitable[None]], answer: "asyncio.Future[None] | None") -> None:
        problem: PortError | None = None
        try:
            await work()
        except PortError as refused:
            problem = refused
        if answer is None or answer.done():
            return
        if not self._connected:
            self._refuse(answer, OutcomeUnknown("the connection broke before the answer came"))
        elif problem is not None:
            self._refuse(answer, problem)
        else:
            answer.set_result(None)

    def _refuse(self, answer: "asyncio.Future[None]", problem: PortError) -> None:
        if not answer.done():
            answer.set_exception(problem)

    async def _query(self, now: Callable[[], Awaitable[T]], then: Callable[[Reading], T]) -> T:
        if not self._connected:
            raise Unavailable("no connection to the venue")
        fault = self._chance.fate(QUERY_FAULTS)
        if fault is Fault.QUERY_FAILED:
            await asyncio.sleep(self._chance.between((0.05, TIME_OUT_S)))
            raise Unavailable("the venue did not answer")
        if fault is Fault.QUERY_LAGGED:
            reading = self._replica.as_of(self._clock.now() - timedelta(seconds=self._chance.between(_LAG_S)))
            if reading is not None:
                return then(reading)
        await asyncio.sleep(self._chance.between(_ASKING_S))
        found = await now()
        await asyncio.sleep(self._chance.between(_ASKING_S))
        return found

    async def _carry_events(self) -> None:
        lags = self._chance.rates.query_lagged > 0
        if lags:
            await self._replica.read(self._clock.now(), None)
        async for event in self._venue.events():
            if lags:
                await self._replica.read(self._clock.now(), event.client_order_id)
            if self._silent:
                self._held.append(event)
            elif self._connected:
                self._carry_event(event)
        self._listener.put_nowait(None)

    def _carry_event(self, event: BrokerEvent) -> None:
        fault = self._chance.fate(EVENT_FAULTS)
        if fault is Fault.EVENT_LOST:
            return
        if fault is Fault.EVENTS_SWAPPED and self._swapped is None:
            self._swapped = event
            self.in_world(self._later(_SWAPPED_AT_MOST_S, self._let_go_swapped))
            return
        if fault is Fault.EVENT_LATE:
            self.in_world(self._later(self._chance.between(_EVENT_LATE_S), partial(self._hear, event)))
            return
        self._hear(event)
        self._let_go_swapped()
        if fault is Fault.EVENT_DOUBLED:
            self.in_world(self._later(self._chance.between(_EVENT_LATE_S), partial(self._hear, event)))

    def _let_go_swapped(self) -> None:
        swapped, self._swapped = self._swapped, None
        if swapped is not None:
            self._hear(swapped)

    def _hear(self, event: BrokerEvent) -> None:
        if self._connected:
            self._listener.put_nowait(event)

    async def _disconnect(self) -> None:
        self._connected = False
        await asyncio.sleep(self._chance.between(_OUTAGE_S))
        self._connected = True

    async def _fall_silent(self) -> None:
        self._silent = True
        await asyncio.sleep(self._chance.between(_SILENCE_S))
        self._speak_again()

    def _speak_again(self) -> None:
        self._silent = False
        held, self._held = self._held, []
        for event in held:
            self._hear(event)

    async def _now_and_then(self, kind: Fault, happen: Callable[[], Awaitable[None]]) -> None:
        while (wait := self._chance.until(kind)) is not None:
            await asyncio.sleep(wait)
            if self._chance.happens(kind):
                await happen()

    async def _later(self, seconds: float, act: Callable[[], None]) -> None:
        await asyncio.sleep(seconds)
        act()


def _heard(answer: "asyncio.Future[None]") -> None:
    if not answer.cancelled():
        answer.exception()
