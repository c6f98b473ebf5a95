"""The venue's order of things: priority, partial fills, stops, several legs, collateral."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.simulated.accounts import SimulatedAccount
from adapters.simulated.venue import SimulatedVenue
from adapters.simulated.virtual_time import VirtualClock, VirtualTimeLoop
from tradecore.errors import Rejected
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.events import BrokerEvent, Canceled, Expired, Filled, Settlement, Triggered
from tradecore.model.fees import FeeSchedule
from tradecore.model.instruments import Equity, Instrument, OptionContract, Price, Right
from tradecore.model.market import Quote
from tradecore.model.money import ZERO, usd
from tradecore.model.terms import (
    Effect,
    Leg,
    Limit,
    Market,
    PriceTerms,
    Side,
    Stop,
    StopLimit,
    TimeInForce,
    TrailingStop,
)
from tradecore.ports.market_data import MarketStep
from tradecore.testing.orders import a_confirmed_order

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
CALL = OptionContract("SPY", TODAY, Right.CALL, Decimal(600))
HIGHER = OptionContract("SPY", TODAY, Right.CALL, Decimal(605))
FEES = FeeSchedule(per_contract=Decimal("0.05"), taf_per_contract_sold=Decimal("0.00279"), as_of=TODAY)
SPY = Equity("SPY")


class Floor:
    """A venue, its quotes, and everything it said."""

    def __init__(self, cash: int = 10_000) -> None:
        self.loop = VirtualTimeLoop()
        self.clock = VirtualClock(self.loop, NOON)
        self.quotes: dict[Instrument, Quote] = {}
        self.account = SimulatedAccount("test", usd(cash), FEES)
        self.venue = SimulatedVenue(
            account=self.account,
            clock=self.clock,
            quote_of=self.quotes.get,
            seed=5,
            closes=NOON + timedelta(hours=4),
        )
        self.events: list[BrokerEvent] = []
        self.task = self.loop.create_task(self._listen())

    async def _listen(self) -> None:
        async for event in self.venue.events():
            self.events.append(event)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def send(
        self,
        order_id: str,
        *legs: Leg,
        terms: PriceTerms,
        quantity: int = 1,
        ioc: bool = False,
        effect: Effect = Effect.OPEN,
    ) -> None:
        force = TimeInForce.IMMEDIATE_OR_CANCEL if ioc else TimeInForce.DAY
        order: ConfirmedOrder = a_confirmed_order(
            order_id,
            *legs,
            quantity=Decimal(quantity),
            terms=terms,
            effect=effect,
            time_in_force=force,
        )
        self.run(self.venue.submit(order))

    def show(self, instrument: Instrument, bid: str, ask: str, size: int = 10) -> None:
        now = self.clock.now()
        many = Decimal(size)
        self.quotes[instrument] = Quote(instrument, Decimal(bid), Decimal(ask), many, many, now, now, "test")

        async def step() -> None:
            self.venue.on_step(MarketStep(at=now))

        self.run(step())
        self.run(asyncio.sleep(1))

    def fills(self, order_id: str) -> list[tuple[str, Decimal, Decimal]]:
        mine = (e for e in self.events if isinstance(e, Filled) and e.client_order_id == order_id)
        return [(e.instrument.symbol, e.quantity, e.price) for e in mine]

    def filled(self, order_id: str) -> Decimal:
        return sum((quantity for _, quantity, _ in self.fills(order_id)), Decimal(0))

    def end(self) -> None:
        self.task.cancel()
        self.run(_gone(self.task))
        self.loop.close()


async def _gone(task: "asyncio.Task[None]") -> None:
    await asyncio.gather(task, return_exceptions=True)


OpenFloor = Callable[..., Floor]


@pytest.fixture
def opened() -> Iterator[OpenFloor]:
    floors: list[Floor] = []

    def open_floor(cash: int = 10_000) -> Floor:
        floors.append(Floor(cash))
        floors[-1].show(CALL, "1.00", "1.02")
        return floors[-1]

    yield open_floor
    for floor in floors:
        floor.end()


def test_the_better_price_trades_before_the_earlier_order(opened: OpenFloor) -> None:
    floor = opened()
    floor.send("tc-low-0", Leg(CALL, Side.BUY), terms=Limit(Price(Decimal("0.95"))))
    floor.send("tc-high-0", Leg(CALL, Side.BUY), terms=Limit(Price(Decimal("0.97"))))
    floor.show(CALL, "0.93", "0.95")
    first = next(e.client_order_id for e in floor.events if isinstance(e, Filled))
    assert first == "tc-high-0"


def test_at_one_price_the_earlier_order_trades_first(opened: OpenFloor) -> None:
    floor = opened()
    for name in ("tc-one-0", "tc-two-0"):
        floor.send(name, Leg(CALL, Side.BUY), terms=Limit(Price(Decimal("0.95"))))
    floor.show(CALL, "0.93", "0.95")
    assert [e.client_order_id for e in floor.events if isinstance(e, Filled)] == ["tc-one-0", "tc-two-0"]


def test_an_order_larger_than_what_is_shown_fills_in_parts(opened: OpenFloor) -> None:
    floor = opened()
    floor.show(CALL, "1.00", "1.02", size=2)
    floor.send("tc-part-0", Leg(CALL, Side.BUY), terms=Limit(Price(Decimal("1.02"))), quantity=5)
    assert floor.filled("tc-part-0") <= 2
    for _ in range(12):
        floor.show(CALL, "1.00", "1.02", size=2)
    assert floor.filled("tc-part-0") == 5


def test_an_immediate_order_cancels_what_it_can_t_fill(opened: OpenFloor) -> None:
    floor = opened()
    floor.send("tc-ioc-0", Leg(CALL, Side.BUY), terms=Limit(Price(Decimal("0.90"))), ioc=True)
    floor.show(CALL, "1.00", "1.02")
    assert [type(e) for e in floor.events if e.client_order_id == "tc-ioc-0"][-1] is Canceled


def test_a_stop_waits_for_its_trigger_and_then_trades_at_market(opened: OpenFloor) -> None:
    floor = opened()
    floor.send("tc-buy-0", Leg(CALL, Side.BUY), terms=Limit(Price(Decimal("1.02"))))
    floor.send("tc-stop-0", Leg(CALL, Side.SELL), terms=Stop(Price(Decimal("0.80"))))
    floor.show(CALL, "0.81", "0.83")
    assert floor.fills("tc-stop-0") == []
    floor.show(CALL, "0.80", "0.82")
    assert any(isinstance(e, Triggered) for e in floor.events)
    assert floor.fills("tc-stop-0") == [(CALL.symbol, Decimal(1), Decimal("0.80"))]


def test_a_stop_limit_does_not_sell_below_its_limit(opened: OpenFloor) -> None:
    floor = opened()
    floor.send("tc-buy-0", Leg(CALL, Side.BUY), terms=Limit(Price(Decimal("1.02"))))
    terms = StopLimit(Price(Decimal("0.80")), Price(Decimal("0.79")))
    floor.send("tc-stop-0", Leg(CALL, Side.SELL), terms=terms)
    floor.show(CALL, "0.70", "0.72")
    assert floor.fills("tc-stop-0") == []
    floor.show(CALL, "0.79", "0.81")
    assert floor.fills("tc-stop-0") == [(CALL.symbol, Decimal(1), Decimal("0.79"))]


def test_a_trailing_stop_follows_up_and_never_back(opened: OpenFloor) -> None:
    """Bid rises to 1.50, so a 0.20 trail fires at 1.30, although it began at 1.00."""
    floor = opened()
    floor.send("tc-buy-0", Leg(CALL, Side.BUY), terms=Limit(Price(Decimal("1.02"))))
    floor.send("tc-trail-0", Leg(CALL, Side.SELL), terms=TrailingStop(Decimal("0.20")))
    for bid in ("1.50", "1.40", "1.31"):
        floor.show(CALL, bid, str(Decimal(bid) + Decimal("0.02")))
        assert floor.fills("tc-trail-0") == []
    floor.show(CALL, "1.30", "1.32")
    assert floor.fills("tc-trail-0") == [(CALL.symbol, Decimal(1), Decimal("1.30"))]


def test_a_spread_trades_as_one_at_its_net_price(opened: OpenFloor) -> None:
    """Buy 600C at 1.02, sell 605C at 0.40: a net debit of 0.62 is the limit that just trades."""
    floor = opened()
    floor.show(HIGHER, "0.40", "0.42")
    legs = (Leg(CALL, Side.BUY), Leg(HIGHER, Side.SELL))
    floor.send("tc-wide-0", *legs, terms=Limit(Price(Decimal("0.61"))))
    assert floor.fills("tc-wide-0") == []
    floor.send("tc-spread-0", *legs, terms=Limit(Price(Decimal("0.62"))))
    floor.show(HIGHER, "0.40", "0.42")
    prices = [(CALL.symbol, Decimal(1), Decimal("1.02")), (HIGHER.symbol, Decimal(1), Decimal("0.40"))]
    assert floor.fills("tc-spread-0") == prices


def test_a_credit_spread_ties_up_its_width(opened: OpenFloor) -> None:
    """Sell 600C at 1.00, buy 605C at 0.42: 5.00 wide, $500 of margin, $58 received less two fees."""
    floor = opened(cash=600)
    floor.show(HIGHER, "0.40", "0.42")
    legs = (Leg(CALL, Side.SELL), Leg(HIGHER, Side.BUY))
    floor.send("tc-credit-0", *legs, terms=Limit(Price(Decimal("-0.58"))))
    floor.show(HIGHER, "0.40", "0.42")
    account = floor.run(floor.venue.account())
    assert account.cash == usd(600) + usd(58) - usd("0.05") * 2 - usd("0.00279")
    assert account.options_buying_power == account.cash - usd(500)
    with pytest.raises(Rejected, match="insufficient"):
        floor.send("tc-more-0", *legs, terms=Limit(Price(Decimal("-0.58"))))


def test_a_naked_short_call_and_a_short_share_are_refused(opened: OpenFloor) -> None:
    floor = opened()
    with pytest.raises(Rejected, match="uncovered"):
        floor.send("tc-naked-0", Leg(CALL, Side.SELL), terms=Market())
    floor.show(SPY, "600.00", "600.01")
    with pytest.raises(Rejected, match="short"):
        floor.send("tc-short-0", Leg(SPY, Side.SELL), terms=Market())


def test_nothing_is_taken_after_the_close(opened: OpenFloor) -> None:
    floor = opened()
    floor.run(asyncio.sleep(4 * 3600))
    with pytest.raises(Rejected, match="closed"):
        floor.send("tc-late-0", Leg(CALL, Side.BUY), terms=Limit(Price(Decimal("1.02"))))


def test_events_arrive_in_the_order_they_happened(opened: OpenFloor) -> None:
    floor = opened()
    for number in range(20):
        floor.send(f"tc-{number}-0", Leg(CALL, Side.BUY), terms=Limit(Price(Decimal("0.50"))))
    floor.run(asyncio.sleep(1))
    times = [event.at for event in floor.events]
    assert times == sorted(times)
    assert len(times) == 20


@pytest.mark.parametrize(("spot", "worth"), [("603.10", "3.11"), ("599.98", "0.00")])
def test_at_the_close_an_expiring_option_that_an_order_would_close_is_settled_at_its_value(
    opened: OpenFloor, spot: str, worth: str
) -> None:
    """A 600 call with the underlying at 603.10 x 603.12 is worth 603.11 - 600 = 3.11; below 600 nothing."""
    floor = opened()
    floor.send("tc-in-0", Leg(CALL, Side.BUY), terms=Limit(Price(Decimal("1.02"))))
    floor.send("tc-high-0", Leg(CALL, Side.SELL), terms=Limit(Price(Decimal("9.00"))), effect=Effect.CLOSE)
    floor.send("tc-rest-0", Leg(HIGHER, Side.BUY), terms=Limit(Price(Decimal("0.01"))))
    floor.show(SPY, spot, str(Decimal(spot) + Decimal("0.02")))
    floor.run(asyncio.sleep(4 * 3600))
    floor.run(_done(floor.venue.end_session))
    floor.run(asyncio.sleep(1))
    assert floor.fills("tc-high-0") == [(CALL.symbol, Decimal(1), Decimal(worth))]
    assert floor.account.holdings == {}
    assert [e.client_order_id for e in floor.events if isinstance(e, Expired)] == ["tc-rest-0"]


@pytest.mark.parametrize(("spot", "worth"), [("603.10", "3.11"), ("599.98", "0.00")])
def test_at_the_close_what_nobody_closes_is_settled_too_and_says_so(opened: OpenFloor, spot: str, worth: str) -> None:
    floor = opened()
    floor.send("tc-in-0", Leg(CALL, Side.BUY), terms=Limit(Price(Decimal("1.02"))))
    floor.show(SPY, spot, str(Decimal(spot) + Decimal("0.02")))
    floor.run(asyncio.sleep(4 * 3600))
    cash = floor.account.cash
    floor.run(_done(floor.venue.end_session))
    floor.run(asyncio.sleep(1))
    (settled,) = [event for event in floor.events if isinstance(event, Filled) and event.settlement]
    assert (settled.side, settled.quantity, settled.price) == (Side.SELL, Decimal(1), Decimal(worth))
    assert (settled.settlement, settled.fee) == (Settlement.EXPIRED, ZERO)
    assert floor.account.holdings == {}
    assert floor.account.cash - cash == usd(Decimal(worth) * 100)


def test_after_the_close_only_the_closing_of_what_expired_is_taken(opened: OpenFloor) -> None:
    floor = opened()
    floor.send("tc-in-0", Leg(CALL, Side.BUY), terms=Limit(Price(Decimal("1.02"))))
    floor.show(SPY, "601.00", "601.00")
    floor.run(asyncio.sleep(4 * 3600))
    with pytest.raises(Rejected, match="closed"):
        floor.send("tc-more-0", Leg(CALL, Side.BUY), terms=Market())
    floor.send("tc-out-0", Leg(CALL, Side.SELL), terms=Market(), effect=Effect.CLOSE)
    floor.run(asyncio.sleep(1))
    assert floor.fills("tc-out-0") == [(CALL.symbol, Decimal(1), Decimal("1.00"))]
    floor.venue.open_session(floor.clock.now() + timedelta(hours=5))
    floor.show(HIGHER, "1.00", "1.02")
    floor.send("tc-next-0", Leg(HIGHER, Side.BUY), terms=Market())
    floor.run(asyncio.sleep(1))
    assert floor.filled("tc-next-0") == 1


async def _done(work: Callable[[], None]) -> None:
    work()
