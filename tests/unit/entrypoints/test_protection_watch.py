"""The watch over a held option on a scripted market: when a stop, a target or the clock closes it."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.memory.broker import MemoryBroker
from adapters.memory.journal import MemoryJournal
from adapters.memory.market import MemoryMarket
from adapters.simulated.seeded_ids import SeededIds
from adapters.simulated.virtual_time import VirtualClock, VirtualTimeLoop
from adapters.system.time import LoopTimers
from entrypoints.limits_file import load_limits, shipped_fees
from tradecore.desk.commands import PreviewOrder, Redeem
from tradecore.desk.decisions import Confirmed
from tradecore.desk.desk import Desk
from tradecore.desk.new_ticket import NewTicket
from tradecore.desk.opening import DeskOpening
from tradecore.model.account import AccountSnapshot
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.instruments import Equity, OptionContract, Right
from tradecore.model.market import ContractGreeks, MarketView, Quote
from tradecore.model.money import usd
from tradecore.model.plans import Proposal, Protection, Signal, SizeRequest
from tradecore.model.terms import Leg, Side
from tradecore.ports.market_data import MarketStep
from tradecore.usecases.floor import TradingFloor, decide, take_event
from tradecore.usecases.protecting import ProtectionWatch

TEN = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
DAY = date(2026, 11, 20)
SPY = Equity("SPY")
CALL = OptionContract("SPY", DAY, Right.CALL, Decimal(601))
SECOND = timedelta(seconds=1)


class Watched:
    """One call bought at 1.00 (stop 0.50, target 2.00) and a watch over it; `tick` shows the next quote."""

    def __init__(self) -> None:
        self.loop = VirtualTimeLoop()
        self.clock = VirtualClock(self.loop, TEN)
        self.market = MemoryMarket(self.clock)
        self.broker = MemoryBroker(self.clock, account="SIM", cash=usd(10_000), fees=shipped_fees())
        opening = DeskOpening(
            account="SIM",
            mode="simulated",
            day=DAY,
            equity=usd(10_000),
            limits=load_limits("default"),
            fees=shipped_fees(),
        )
        self.floor = TradingFloor(
            desk=Desk(opening),
            underlying=SPY,
            market=self.market,
            broker=self.broker,
            journal=MemoryJournal(),
            clock=self.clock,
            timers=LoopTimers(self.clock),
            ids=SeededIds("watch"),
            strategies={},
        )
        self.watch = ProtectionWatch(self.floor)

    async def buy(self) -> None:
        self.quote("1.00", "1.02")
        view = self.view()
        proposal = Proposal(
            strategy="by_hand",
            label="HAND",
            legs=(Leg(CALL, Side.BUY),),
            size=SizeRequest(contracts=Decimal(1)),
            protection=Protection(stop_pct=Decimal(50), target_pct=Decimal(100), out_by=time(15, 20)),
            signal=Signal(present=True, why="a test"),
            reason="a test",
        )
        ticket = NewTicket(intent_id="i1", token_hash="t1")
        now = self.clock.now()
        await decide(self.floor, PreviewOrder(at=now, principal="me", ticket=ticket, proposal=proposal, view=view))
        fresh = NewTicket(intent_id="i2", token_hash="t2")
        redeem = Redeem(at=now, principal="me", token_hash="t1", given=(), fresh=fresh, view=view)
        decision = await decide(self.floor, redeem)
        assert isinstance(decision.outcome, Confirmed), decision.outcome
        self.broker.show(self.quoted("0.99", "1.00"))
        await self.hear()

    def quoted(self, bid: str, ask: str, instrument: OptionContract | Equity = CALL) -> Quote:
        now = self.clock.now()
        many = Decimal(50)
        return Quote(instrument, Decimal(bid), Decimal(ask), many, many, now, now, "test")

    def quote(self, bid: str, ask: str) -> None:
        self.market.put_quote(self.quoted("599.99", "600.01", SPY))
        self.market.put_quote(self.quoted(bid, ask))
        self.broker.show(self.quoted(bid, ask))

    def view(self) -> MarketView:
        greeks = ContractGreeks(CALL, 0.2, 0.3, 0.1, -0.01, 0.05, delta_after_rise=0.6, delta_after_fall=0.1)
        account = AccountSnapshot(
            account="SIM",
            at=self.clock.now(),
            cash=usd(10_000),
            equity=usd(10_000),
            buying_power=usd(10_000),
            options_buying_power=usd(10_000),
        )
        quotes = {"SPY": self.quoted("599.99", "600.01", SPY), CALL.symbol: self.quoted("1.00", "1.02")}
        return MarketView(
            quotes=quotes,
            greeks={CALL.symbol: greeks},
            account=account,
            chain_at=self.clock.now(),
        )

    async def hear(self) -> None:
        """Take in what the broker said so far."""
        while not self.broker._events.empty():
            event = self.broker._events.get_nowait()
            if event is not None:
                await take_event(self.floor, event)

    async def tick(self, seconds: float, bid: str, ask: str) -> None:
        """Let time pass, show a quote, let the watch look."""
        await asyncio.sleep(seconds)
        self.quote(bid, ask)
        await self.look()

    async def look(self) -> None:
        step = MarketStep(at=self.clock.now(), quotes=(self.quoted("599.99", "600.01", SPY),))
        await self.watch.look(step)
        await self.hear()

    def exits(self) -> list[str]:
        """Roles of exits that left the house."""
        orders = self.floor.desk.orders.values()
        return [
            str(o.role) for o in orders if o.role.value != "entry" and o.state.value not in ("emulated", "canceled")
        ]


Script = Callable[[Watched], Coroutine[Any, Any, None]]


@pytest.fixture
def watched() -> Watched:
    return Watched()


def play(watched: Watched, script: Script) -> None:
    async def run() -> None:
        await watched.buy()
        await script(watched)
        await watched.floor.timers.stop()  # type: ignore[attr-defined]

    try:
        watched.loop.run_until_complete(run())
    finally:
        watched.loop.close()


def test_one_quote_below_the_stop_is_not_enough(watched: Watched) -> None:
    async def script(day: Watched) -> None:
        await day.tick(1, "0.50", "0.51")
        await day.tick(1, "0.51", "0.52")
        await day.tick(1, "0.50", "0.51")
        assert day.exits() == []

    play(watched, script)


def test_two_quotes_at_the_stop_half_a_second_apart_fire_it(watched: Watched) -> None:
    async def script(day: Watched) -> None:
        await day.tick(1, "0.50", "0.51")
        await day.tick(0.4, "0.50", "0.51")
        assert day.exits() == []
        await day.tick(0.1, "0.49", "0.50")
        assert day.exits() == ["stop"]

    play(watched, script)


def test_a_stop_one_cent_away_does_not_fire(watched: Watched) -> None:
    async def script(day: Watched) -> None:
        for _ in range(5):
            await day.tick(1, "0.51", "0.52")
        assert day.exits() == []

    play(watched, script)


def test_a_wide_spread_is_waited_out_for_three_seconds_and_no_longer(watched: Watched) -> None:
    """Spread 0.10 at a mid of 0.50 is wide (limit: the larger of 2 ticks and 5 %)."""

    async def script(day: Watched) -> None:
        await day.tick(1, "0.45", "0.55")
        for _ in range(2):
            await day.tick(1, "0.45", "0.55")
            assert day.exits() == []
        await day.tick(1, "0.45", "0.55")
        assert day.exits() == ["stop"]

    play(watched, script)


def test_a_quote_that_passed_the_stop_and_fell_silent_is_not_waited_for(watched: Watched) -> None:
    async def script(day: Watched) -> None:
        await day.tick(1, "0.50", "0.51")
        await asyncio.sleep(3)
        await day.look()
        assert day.exits() == []
        await asyncio.sleep(0.1)
        await day.look()
        assert day.exits() == ["stop"]

    play(watched, script)


def test_a_target_fires_at_once_and_not_a_cent_early(watched: Watched) -> None:
    async def script(day: Watched) -> None:
        await day.tick(1, "1.99", "2.00")
        assert day.exits() == []
        await day.tick(1, "2.00", "2.01")
        assert day.exits() == ["target"]

    play(watched, script)


def test_the_clock_closes_what_neither_stop_nor_target_did(watched: Watched) -> None:
    """15:15, the expiry clock, comes before the plan's own 15:20."""

    async def script(day: Watched) -> None:
        until = datetime(2026, 11, 20, 20, 15, tzinfo=UTC) - day.clock.now()
        await day.tick(until.total_seconds() - 1, "1.00", "1.01")
        assert day.exits() == []
        await day.tick(1, "1.00", "1.01")
        assert day.exits() == ["exit"]

    play(watched, script)


def test_a_broker_that_does_not_answer_does_not_keep_the_watch_waiting(watched: Watched) -> None:
    """The exit's answer takes eight seconds; the watch is back at once, for the other groups and the next tick."""

    async def script(day: Watched) -> None:
        usual = day.broker.submit

        async def slow(order: ConfirmedOrder) -> None:
            await asyncio.sleep(8)
            await usual(order)

        day.broker.submit = slow  # type: ignore[method-assign]
        await day.tick(1, "0.49", "0.50")
        began = day.clock.now()
        await day.tick(1, "0.48", "0.49")
        assert day.clock.now() - began == SECOND
        assert day.exits() == ["stop"], "it is on its way"
        await asyncio.sleep(9)
        await day.hear()
        assert not day.floor.desk.open_groups

    play(watched, script)
