"""Two brokers, one story: the memory broker and the simulated venue agree on every order, holding and cent."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from adapters.memory.broker import MemoryBroker
from adapters.simulated.accounts import SimulatedAccount
from adapters.simulated.venue import Latency, SimulatedVenue
from adapters.simulated.virtual_time import VirtualClock, VirtualTimeLoop
from tradecore.errors import Rejected
from tradecore.model.fees import FeeSchedule
from tradecore.model.instruments import Instrument, OptionContract, Price, Right
from tradecore.model.market import Quote
from tradecore.model.money import usd
from tradecore.model.terms import Effect, Leg, Limit, Market, Side
from tradecore.ports.broker import Broker
from tradecore.ports.market_data import MarketStep
from tradecore.testing.orders import a_confirmed_order

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
CONTRACTS = tuple(OptionContract("SPY", date(2026, 11, 20), right, Decimal(600)) for right in Right)
CASH = usd(50_000)
FEES = FeeSchedule(per_contract=Decimal("0.05"), taf_per_contract_sold=Decimal("0.00279"), as_of=date(2026, 11, 1))
MANY = Decimal(1000)


class TwoBrokers(RuleBasedStateMachine):
    """Any orders of one contract each, bought at the touch or far below, sold at market, cancelled, repeated."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualTimeLoop()
        self.clock = VirtualClock(self.loop, NOON)
        self.quotes: dict[Instrument, Quote] = {}
        self.memory = MemoryBroker(self.clock, account="test", cash=CASH, fees=FEES)
        self.venue = SimulatedVenue(
            account=SimulatedAccount("test", CASH, FEES),
            clock=self.clock,
            quote_of=self.quotes.get,
            seed=1,
            closes=NOON + timedelta(hours=4),
            latency=Latency(least_ms=0, most_ms=0),
        )
        self.ids: list[str] = []
        for contract in CONTRACTS:
            self.show(contract, 100)

    def both(self, ask: Callable[[Broker], Awaitable[Any]]) -> tuple[Any, Any]:
        return self.run(ask(self.memory)), self.run(ask(self.venue))

    def run(self, work: Awaitable[Any]) -> Any:
        async def waits() -> Any:
            try:
                return await work
            except Rejected as refusal:
                return type(refusal)

        return self.loop.run_until_complete(waits())

    def show(self, contract: OptionContract, cents: int) -> None:
        bid, ask = Decimal(cents) / 100, Decimal(cents + 1) / 100
        now = self.clock.now()
        quote = Quote(contract, bid, ask, MANY, MANY, now, now, "test")
        self.quotes[contract] = quote

        async def step() -> None:
            self.memory.show(quote)
            self.venue.on_step(MarketStep(at=now, quotes=(quote,)))
            await asyncio.sleep(0.001)

        self.run(step())

    @rule(contract=st.sampled_from(CONTRACTS), cents=st.integers(50, 200))
    def quote(self, contract: OptionContract, cents: int) -> None:
        self.show(contract, cents)

    def submit(self, side: Side, contract: OptionContract, terms: Limit | Market, again: bool) -> None:
        if not again or not self.ids:
            self.ids.append(f"tc-{len(self.ids)}-0")
        effect = Effect.OPEN if side is Side.BUY else Effect.CLOSE
        order = a_confirmed_order(self.ids[-1], Leg(contract, side), quantity=Decimal(1), terms=terms, effect=effect)
        one, other = self.both(lambda broker: broker.submit(order))
        assert one == other, "one takes what the other refuses"

    @rule(contract=st.sampled_from(CONTRACTS), far=st.booleans(), again=st.booleans())
    def buy(self, contract: OptionContract, far: bool, again: bool) -> None:
        ask = self.quotes[contract].ask
        assert ask is not None
        self.submit(Side.BUY, contract, Limit(Price(Decimal("0.05") if far else ask)), again)

    @rule(contract=st.sampled_from(CONTRACTS))
    def sell(self, contract: OptionContract) -> None:
        self.submit(Side.SELL, contract, Market(), again=False)

    @rule(pick=st.integers(0, 10**6))
    def cancel(self, pick: int) -> None:
        order_id = self.ids[pick % len(self.ids)] if self.ids else "tc-nobody-0"
        one, other = self.both(lambda broker: broker.cancel(order_id))
        assert one == other

    @invariant()
    def they_hold_the_same(self) -> None:
        one, other = self.both(lambda broker: broker.positions())
        assert one == other

    @invariant()
    def they_have_the_same_cash(self) -> None:
        one, other = self.both(lambda broker: broker.account())
        assert one.cash == other.cash

    @invariant()
    def they_report_the_same_orders(self) -> None:
        one, other = self.both(lambda broker: broker.open_orders())
        assert one == other
        for order_id in self.ids:
            one, other = self.run(self.memory.order(order_id)), self.run(self.venue.order(order_id))
            assert one == other

    @invariant()
    def they_executed_the_same(self) -> None:
        one, other = self.both(lambda broker: broker.executions(NOON))
        names = [(fill.client_order_id, fill.quantity, fill.price, fill.fee) for fill in one]
        assert names == [(fill.client_order_id, fill.quantity, fill.price, fill.fee) for fill in other]

    def teardown(self) -> None:
        self.loop.close()


TestTwoBrokers = TwoBrokers.TestCase
TestTwoBrokers.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
