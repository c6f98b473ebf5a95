"""A trading floor around the scene's market, with a broker that notes when an order reached it."""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import numpy as np

from adapters.memory.broker import MemoryBroker
from adapters.memory.clock import ManualClock
from adapters.memory.market import MemoryMarket
from adapters.simulated.seeded_ids import SeededIds
from adapters.system.time import LoopTimers
from benchmarks.desk_scene import CALL, FEES, NOW, SPY, a_desk, a_proposal
from tradecore.desk.commands import PreviewOrder
from tradecore.desk.decisions import Previewed
from tradecore.model.chain import OptionChain
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.events import Filled
from tradecore.model.market import Quote
from tradecore.model.money import usd
from tradecore.ports.journal import Journal
from tradecore.ports.market_data import MarketStep
from tradecore.usecases.confirming import confirm
from tradecore.usecases.floor import TradingFloor, decide, take_event
from tradecore.usecases.previewing import new_ticket
from tradecore.usecases.protecting import ProtectionWatch
from tradecore.usecases.views import fresh_view

_PRINCIPAL = "bench"
_TURNS = 1_000


class NotingBroker(MemoryBroker):
    """Takes every order, fills nothing, and notes the nanosecond at which it was called."""

    def __init__(self, clock: ManualClock) -> None:
        """An account of $10,000."""
        super().__init__(clock, account=_PRINCIPAL, cash=usd(10_000), fees=FEES)
        self.submitted: list[ConfirmedOrder] = []
        self.submitted_ns = 0

    async def submit(self, order: ConfirmedOrder) -> None:
        """Note it."""
        self.submitted_ns = time.perf_counter_ns()
        self.submitted.append(order)


class FloorScene:
    """One fresh floor; its clock stands until `pass_time`."""

    def __init__(self, journal: Journal) -> None:
        """A flat desk beside a market that quotes SPY and one call."""
        self.clock = ManualClock(NOW)
        self.market = MemoryMarket(self.clock)
        self.broker = NotingBroker(self.clock)
        self.floor = TradingFloor(
            desk=a_desk(),
            underlying=SPY,
            market=self.market,
            broker=self.broker,
            journal=journal,
            clock=self.clock,
            timers=LoopTimers(self.clock),
            ids=SeededIds(_PRINCIPAL),
            strategies={},
        )
        self.show("0.57", "0.58")

    def show(self, bid: str, ask: str) -> Sequence[Quote]:
        """Quote the call like this now, and SPY as ever."""
        now, size = self.clock.now(), Decimal(50)
        spy = Quote(SPY, Decimal("599.60"), Decimal("599.61"), size, size, now, now, "bench")
        self.market.put_quote(spy)
        fifty = np.array([50], dtype=np.int64)
        chain = OptionChain(
            underlying=SPY.symbol,
            expiry=CALL.expiry,
            contracts=(CALL,),
            bid_cents=np.array([Decimal(bid) * 100], dtype=np.int64),
            ask_cents=np.array([Decimal(ask) * 100], dtype=np.int64),
            bid_size=fifty,
            ask_size=fifty,
            at=now,
            received_at=now,
            source="bench",
        )
        self.market.put_chain(chain)
        return spy, chain.quote(0)

    async def preview(self) -> str:
        """Preview one call; the token."""
        floor = self.floor
        token, ticket = new_ticket(floor, (("strategy", "bench"),))
        view = await fresh_view(floor, (CALL,))
        command = PreviewOrder(
            at=self.clock.now(), principal=_PRINCIPAL, ticket=ticket, proposal=a_proposal(), view=view
        )
        decision = await decide(floor, command)
        if not isinstance(decision.outcome, Previewed):
            raise RuntimeError(f"the scene's order was refused: {decision.outcome}")
        return token

    async def confirm(self, token: str) -> int:
        """Nanoseconds from the call of the use case until the order reached the broker."""
        began = time.perf_counter_ns()
        await confirm(self.floor, _PRINCIPAL, token, wait=timedelta(0))
        return self.broker.submitted_ns - began

    async def hold_one_call(self) -> None:
        """Own one call at 0.58."""
        await self.confirm(await self.preview())
        order = self.broker.submitted[-1]
        leg = order.legs[0]
        fee = FEES.fee(leg.instrument, leg.side, order.quantity)
        fill = (leg.instrument, leg.side, order.quantity, Decimal("0.58"), fee)
        await take_event(self.floor, Filled(order.client_order_id, self.clock.now(), "e1", *fill))

    async def stop_out(self) -> int:
        """Nanoseconds from the market step that confirms a passed stop until its exit reached the broker."""
        watch = ProtectionWatch(self.floor)
        for _ in range(self.floor.desk.opening.limits.stop_confirmations or 1):
            self.clock.advance(timedelta(seconds=3))
            step = MarketStep(at=self.clock.now(), quotes=tuple(self.show("0.20", "0.21")))
            began = time.perf_counter_ns()
            for quote in step.quotes:
                self.floor.board.put_quote(quote)
            await watch.look(step)
        # The watch sends an exit beside its round, so that a broker that hangs holds up no other.
        for _ in range(_TURNS):
            if len(self.broker.submitted) == 2:
                break
            await asyncio.sleep(0)
        if len(self.broker.submitted) != 2:
            raise RuntimeError("the scene's stop did not fire")
        return self.broker.submitted_ns - began

    async def close(self) -> None:
        """Stop what runs beside."""
        timers = self.floor.timers
        if isinstance(timers, LoopTimers):
            await timers.stop()
