"""A trading floor on virtual time beside a market that stands still: SPY's 674 call, quoted as the test says."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np

from adapters.memory.broker import MemoryBroker
from adapters.memory.journal import MemoryJournal
from adapters.memory.market import MemoryMarket
from adapters.simulated.seeded_ids import SeededIds
from adapters.simulated.virtual_time import VirtualClock, VirtualTimeLoop
from adapters.system.time import LoopTimers
from tradecore.desk.commands import PreviewOrder
from tradecore.model.chain import OptionChain
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.instruments import Price
from tradecore.model.money import usd
from tradecore.model.plans import Proposal
from tradecore.model.terms import Limit
from tradecore.ports.broker import Broker
from tradecore.ports.clock import Clock
from tradecore.ports.journal import Journal
from tradecore.risk.limits import Limits
from tradecore.testing.builders import CALL, FEES, SPY, TEN, TODAY, a_desk, a_proposal, a_quote, some_limits
from tradecore.usecases.answers import PreviewAnswer
from tradecore.usecases.floor import TradingFloor, decide, take_event
from tradecore.usecases.previewing import new_ticket, ticket_answer
from tradecore.usecases.views import fresh_view

Story = Callable[["StillMarket"], Awaitable[None]]
LIMITS: Final = some_limits(delta_cap=Decimal(500), delta_cap_after_move=Decimal(500))
"""The shipped limits, with room for two of the scene's calls."""
FIFTY = np.array([50], dtype=np.int64)


class LateBroker(MemoryBroker):
    """Takes its time before and after it takes an order, and remembers every order it was sent."""

    def __init__(self, clock: Clock, delay: Callable[[], float]) -> None:
        """An account of $10,000; `delay` draws seconds."""
        super().__init__(clock, account="T1", cash=usd(10_000), fees=FEES)
        self._delay = delay
        self.received: list[ConfirmedOrder] = []

    async def submit(self, order: ConfirmedOrder) -> None:
        """Take the order on its way, and answer later."""
        await asyncio.sleep(self._delay())
        self.received.append(order)
        await super().submit(order)
        await asyncio.sleep(self._delay())


@dataclass(slots=True)
class StillMarket:
    """A floor whose market changes only when it is told to."""

    floor: TradingFloor
    market: MemoryMarket
    broker: LateBroker
    asked: int = field(default=0)

    async def pass_time(self, seconds: float) -> None:
        """Wait, then quote everything afresh."""
        await self.floor.timers.sleep_until(self.floor.clock.now() + timedelta(seconds=seconds))
        self.quote()

    def quote(self, bid: str = "1.00", ask: str = "1.02", size: str = "50") -> None:
        """Quote the call like this from now on; at most `size` contracts trade now."""
        now = self.floor.clock.now()
        self.market.put_quote(a_quote(SPY, "669.99", "670.01", now=now))
        self.market.put_chain(_chain(bid, ask, now))
        self.broker.show(a_quote(CALL, bid, ask, size=size, now=now))

    async def preview(self, principal: str = "model", limit: str | None = None, **changes: Any) -> PreviewAnswer:
        """A ticket to buy one call, adaptive or at a limit; every one for another request."""
        self.asked += 1
        terms = None if limit is None else Limit(Price(Decimal(limit)))
        proposal = a_proposal(terms=terms, strategy=f"s{self.asked}", label=f"S{self.asked}", **changes)
        return await self.ask(principal, proposal, (("contracts", "1"), ("strategy", proposal.strategy)))

    async def ask(self, principal: str, proposal: Proposal, arguments: tuple[tuple[str, str], ...]) -> PreviewAnswer:
        """A ticket for this proposal."""
        token, ticket = new_ticket(self.floor, arguments)
        view = await fresh_view(self.floor, (CALL,))
        command = PreviewOrder(
            at=self.floor.clock.now(), principal=principal, ticket=ticket, proposal=proposal, view=view
        )
        answer = ticket_answer(self.floor, await decide(self.floor, command), token)
        if not isinstance(answer, PreviewAnswer):
            raise TypeError(f"the scene's order was refused: {answer.refusal.message}")
        return answer


def in_a_still_market(
    seed: int,
    story: Story,
    *,
    delay: Callable[[], float],
    journal: Journal | None = None,
    wire: Callable[[Broker], Broker] = lambda broker: broker,
    limits: Limits = LIMITS,
) -> None:
    """Run a story on virtual time; what it raises is raised here. `wire` is what lies between desk and broker."""
    loop = VirtualTimeLoop()
    clock = VirtualClock(loop, TEN)
    timers = LoopTimers(clock)
    market, broker = MemoryMarket(clock), LateBroker(clock, delay)
    floor = TradingFloor(
        desk=a_desk(limits=limits),
        underlying=SPY,
        market=market,
        broker=wire(broker),
        journal=journal or MemoryJournal(),
        clock=clock,
        timers=timers,
        ids=SeededIds(f"campaign/{seed}"),
        strategies={},
    )
    scene = StillMarket(floor, market, broker)

    async def run() -> None:
        scene.quote()
        events = asyncio.ensure_future(_take_events(scene))
        await story(scene)
        await timers.stop()
        broker.shut()
        await events

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(run())


async def _take_events(scene: StillMarket) -> None:
    async for event in scene.floor.broker.events():
        await take_event(scene.floor, event)


def memory_disk() -> Path | None:
    """A file system without a disk behind it, where there is one."""
    found = Path("/dev/shm")
    return found if found.is_dir() else None


def _chain(bid: str, ask: str, now: datetime) -> OptionChain:
    return OptionChain(
        underlying=SPY.symbol,
        expiry=TODAY,
        contracts=(CALL,),
        bid_cents=np.array([int(Decimal(bid) * 100)], dtype=np.int64),
        ask_cents=np.array([int(Decimal(ask) * 100)], dtype=np.int64),
        bid_size=FIFTY,
        ask_size=FIFTY,
        at=now,
        received_at=now,
        source="campaign",
    )
