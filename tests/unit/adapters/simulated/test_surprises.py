"""What happens to an account whoever trades on it: busts, corrections, liquidations, orders of others, torn legs."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.simulated.accounts import SimulatedAccount
from adapters.simulated.venue import SimulatedVenue
from adapters.simulated.virtual_time import VirtualClock, VirtualTimeLoop
from tradecore.model.events import BrokerEvent, Busted, Canceled, Corrected, Filled
from tradecore.model.fees import FeeSchedule
from tradecore.model.instruments import Instrument, OptionContract, Price, Right
from tradecore.model.market import Quote
from tradecore.model.money import usd
from tradecore.model.terms import Leg, Limit, Side
from tradecore.ports.broker import BrokerOrderStatus
from tradecore.testing.orders import a_confirmed_order

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
CALL = OptionContract("SPY", TODAY, Right.CALL, Decimal(600))
HIGHER = OptionContract("SPY", TODAY, Right.CALL, Decimal(605))
CENT_A_SIDE = FeeSchedule(per_contract=Decimal("0.01"), taf_per_contract_sold=Decimal(0), as_of=TODAY)
LONG, SHORT = Leg(CALL, Side.BUY), Leg(HIGHER, Side.SELL)


class Account:
    """$10,000 at a venue that quotes the lower call 1.00 x 1.02 and the higher one 0.40 x 0.42."""

    def __init__(self, seed: int = 5, legging: float = 0.0) -> None:
        self.loop = VirtualTimeLoop()
        self.clock = VirtualClock(self.loop, NOON)
        shown = (self.quote(CALL, "1.00", "1.02"), self.quote(HIGHER, "0.40", "0.42"))
        self.quotes: dict[Instrument, Quote] = {quote.instrument: quote for quote in shown}
        self.account = SimulatedAccount("test", usd(10_000), CENT_A_SIDE)
        self.venue = SimulatedVenue(
            account=self.account,
            clock=self.clock,
            quote_of=self.quotes.get,
            seed=seed,
            closes=NOON + timedelta(hours=4),
            legging=legging,
        )
        self.events: list[BrokerEvent] = []
        self.task = self.loop.create_task(self._listen())

    @staticmethod
    def quote(instrument: Instrument, bid: str, ask: str) -> Quote:
        return Quote(instrument, Decimal(bid), Decimal(ask), Decimal(50), Decimal(50), NOON, NOON, "test")

    async def _listen(self) -> None:
        async for event in self.venue.events():
            self.events.append(event)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def do(self, action: Callable[[], Any], seconds: float = 1) -> Any:
        async def acts() -> Any:
            done = action()
            await asyncio.sleep(seconds)
            return done

        return self.run(acts())

    def buy(self, order_id: str, *legs: Leg, limit: str, quantity: str = "1", seconds: float = 1) -> None:
        order = a_confirmed_order(order_id, *legs, quantity=Decimal(quantity), terms=Limit(Price(Decimal(limit))))
        self.run(self.venue.submit(order))
        self.run(asyncio.sleep(seconds))

    def end(self) -> None:
        self.task.cancel()
        self.loop.run_until_complete(asyncio.wait([self.task]))
        self.loop.close()

    def status(self, order_id: str) -> BrokerOrderStatus:
        found: BrokerOrderStatus = self.run(self.venue.order(order_id)).status
        return found

    def executions(self) -> list[type]:
        return [type(execution) for execution in self.run(self.venue.executions(NOON))]


@pytest.fixture
def account() -> Iterator[Account]:
    opened = Account()
    yield opened
    opened.end()


def test_a_bust_gives_cash_and_contracts_back_and_leaves_the_order_canceled(account: Account) -> None:
    account.buy("tc-a-0", LONG, limit="1.02")
    fill = next(event for event in account.events if isinstance(event, Filled))
    account.do(lambda: account.venue.bust(fill.exec_id))
    assert account.account.cash == usd(10_000)
    assert account.account.holdings == {}
    assert [type(event) for event in account.events[-2:]] == [Busted, Canceled]
    assert account.status("tc-a-0") is BrokerOrderStatus.CANCELED
    assert account.executions() == [Filled, Busted]


def test_an_execution_is_busted_once(account: Account) -> None:
    account.buy("tc-a-0", LONG, limit="1.02")
    fill = next(event for event in account.events if isinstance(event, Filled))
    account.do(lambda: account.venue.bust(fill.exec_id))
    with pytest.raises(KeyError):
        account.do(lambda: account.venue.bust(fill.exec_id))


def test_a_restated_price_moves_cash_and_keeps_the_fee(account: Account) -> None:
    account.buy("tc-a-0", LONG, limit="1.02")
    fill = next(event for event in account.events if isinstance(event, Filled))
    account.do(lambda: account.venue.restate(fill.exec_id, Decimal(1), Decimal("1.05")))
    assert account.account.cash == usd("9894.99")
    assert account.account.holdings == {CALL: 1}
    assert isinstance(account.events[-1], Corrected)
    assert account.status("tc-a-0") is BrokerOrderStatus.FILLED


def test_a_restated_quantity_takes_contracts_back_and_leaves_the_order_canceled(account: Account) -> None:
    account.buy("tc-a-0", LONG, limit="1.02")
    fill = next(event for event in account.events if isinstance(event, Filled))
    account.do(lambda: account.venue.restate(fill.exec_id, Decimal("0.5"), fill.price))
    assert account.account.holdings == {CALL: Decimal("0.5")}
    assert account.status("tc-a-0") is BrokerOrderStatus.CANCELED


def test_a_liquidation_is_an_order_of_the_broker_that_can_be_looked_up(account: Account) -> None:
    account.buy("tc-a-0", LONG, limit="1.02")
    order_id = account.do(lambda: account.venue.liquidate(CALL))
    assert order_id == "ext-1"
    assert account.account.holdings == {}
    assert account.account.cash == usd("9997.98")
    assert account.status("ext-1") is BrokerOrderStatus.FILLED
    assert [e.client_order_id for e in account.events if isinstance(e, Filled)] == ["tc-a-0", "ext-1"]


def test_nothing_held_is_nothing_to_liquidate(account: Account) -> None:
    assert account.do(lambda: account.venue.liquidate(CALL)) is None


def test_somebody_else_s_order_rests_and_fills_like_any_other(account: Account) -> None:
    resting = account.do(lambda: account.venue.place_for_other((LONG,), Decimal(2), Price(Decimal("0.50"))))
    filled = account.do(lambda: account.venue.place_for_other((LONG,), Decimal(1), Price(Decimal("1.02"))))
    assert (account.status(resting), account.status(filled)) == (BrokerOrderStatus.WORKING, BrokerOrderStatus.FILLED)
    assert account.account.holdings == {CALL: 1}
    assert account.account.cash == usd("9897.99")


def test_somebody_else_can_t_spend_what_is_not_there(account: Account) -> None:
    assert account.do(lambda: account.venue.place_for_other((LONG,), Decimal(1000), None)) is None


@pytest.mark.parametrize("seed", range(12))
def test_legs_that_trade_apart_buy_first_and_end_whole_or_canceled(seed: int) -> None:
    opened = Account(seed=seed, legging=1.0)
    opened.buy("tc-a-0", SHORT, LONG, limit="0.62", quantity="2", seconds=0.1)
    assert opened.account.holdings == {CALL: 2}
    assert opened.status("tc-a-0") is BrokerOrderStatus.WORKING
    opened.run(asyncio.sleep(10))
    ended = {BrokerOrderStatus.FILLED: {CALL: 2, HIGHER: -2}, BrokerOrderStatus.CANCELED: {CALL: 2}}
    assert opened.account.holdings == ended[opened.status("tc-a-0")]
    opened.end()


def test_both_ends_of_legs_that_trade_apart_happen() -> None:
    found = set()
    for seed in range(12):
        opened = Account(seed=seed, legging=1.0)
        opened.buy("tc-a-0", SHORT, LONG, limit="0.62", quantity="2", seconds=10)
        found.add(opened.status("tc-a-0"))
        opened.end()
    assert found == {BrokerOrderStatus.FILLED, BrokerOrderStatus.CANCELED}
