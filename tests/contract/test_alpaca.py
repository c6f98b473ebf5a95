"""The Alpaca adapter keeps the ports' promises over the wire, faults included."""

import asyncio
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.contract.alpaca_at_simulator import CALL_SYMBOL, LONG_AGO, AlpacaAtSimulator

from adapters.alpaca import guard
from adapters.alpaca.addresses import on_this_machine
from adapters.alpaca.calls import Calls
from adapters.alpaca.live_quotes import LiveQuotes
from adapters.alpaca.lookups import AlpacaLookups
from adapters.alpaca.market import AlpacaMarket, Feeds
from adapters.alpaca.orders import each_order
from tradecore.errors import DuplicateOrder, OutcomeUnknown, Unavailable
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.events import Canceled, Filled, Settlement
from tradecore.model.instruments import Equity, Price, parse_instrument
from tradecore.model.money import ZERO, usd
from tradecore.model.sessions import session_on
from tradecore.model.terms import Effect, Leg, Limit, Side
from tradecore.ports.broker import BrokerOrderStatus
from tradecore.testing.broker_contract import BrokerContract, BrokerWorld
from tradecore.testing.market_data_contract import MarketDataContract, MarketWorld
from tradecore.testing.orders import a_confirmed_order

DAY = date(2026, 11, 20)


class _AtSimulator:
    @pytest.fixture(autouse=True)
    def _opened(self, tmp_path: Path) -> Iterator[None]:
        self.there = AlpacaAtSimulator(tmp_path / "sim")
        yield
        self.there.end()


class TestAlpacaBroker(_AtSimulator, BrokerContract):
    def open_venue(self) -> BrokerWorld:
        return self.there.world()

    def test_positions_and_cash_are_the_sum_of_fills(self) -> None:
        """To the hundredth of a cent, which is as much of the cash as the wire tells; positions are exact."""
        world = self._quoted()
        world.submit(self._buy(world, "tc-e-0", limit="1.02", quantity="4"))
        world.show(Decimal("1.00"), Decimal("1.02"), Decimal(10))
        world.submit(self._sell(world, "tc-e-1", quantity="1"))
        world.show(Decimal("1.00"), Decimal("1.02"), Decimal(10))
        fills = [*world.fills("tc-e-0"), *world.fills("tc-e-1")]
        spent = sum((usd(f.side.sign * f.quantity * f.price * 100) + f.fee for f in fills), ZERO)
        account = world.run(world.broker.account())
        assert abs((account.cash - (world.cash - spent)).amount) <= Decimal("0.00005")
        (held,) = world.run(world.broker.positions())
        assert (held.instrument, held.quantity) == (world.contract, Decimal(3))

    @pytest.mark.parametrize("limit", ["0.90", "0.81"])
    def test_an_offer_without_a_bid_fills_who_pays_it(self, limit: str) -> None:
        """As it does at an exchange."""
        world = self._quoted()
        world.submit(self._buy(world, "tc-h-0", limit=limit))
        world.show(None, Decimal("0.82"), Decimal(10))
        assert [fill.price for fill in world.fills("tc-h-0")] == ([Decimal("0.82")] if limit == "0.90" else [])


class TestAlpacaMarket(_AtSimulator, MarketDataContract):
    def open_market(self) -> MarketWorld:
        session = session_on(DAY)
        assert session is not None
        there = self.there
        there.show(Decimal("1.00"), Decimal("1.02"), Decimal(10))
        return MarketWorld(there.market, Equity("SPY"), DAY, session.opens, there.clock.now, there.run)


def buy(order_id: str, limit: str = "1.02", quantity: int = 1) -> ConfirmedOrder:
    leg = Leg(parse_instrument(CALL_SYMBOL), Side.BUY)
    return a_confirmed_order(order_id, leg, quantity=Decimal(quantity), terms=Limit(Price(Decimal(limit))))


class TestFaultsOfTheWire(_AtSimulator):
    @pytest.fixture(autouse=True)
    def _quoted(self, _opened: None) -> None:
        self.there.show(Decimal("1.00"), Decimal("1.02"), Decimal(10))

    def at_broker(self) -> list[str]:
        rows = self.there.calls.http.trading("/orders", status="all")
        return [order.report.client_order_id for row in rows for order in each_order(row)]

    @pytest.mark.parametrize("fault", ["accept_then_504", "reset_after_send"])
    def test_an_order_whose_answer_is_lost_is_found_by_its_id_and_was_sent_once(self, fault: str) -> None:
        there = self.there
        there.control("faults", **{fault: 1})
        with pytest.raises(OutcomeUnknown):
            there.run(there.broker.submit(buy("tc-lost-0")))
        found = there.run(there.broker.order("tc-lost-0"))
        assert found.status is BrokerOrderStatus.FILLED
        assert self.at_broker() == ["tc-lost-0"]
        with pytest.raises(DuplicateOrder):
            there.run(there.broker.submit(buy("tc-lost-0")))
        assert self.at_broker() == ["tc-lost-0"]
        there.run(there.heard(1 + there.sent))
        assert [event.quantity for event in there.events if isinstance(event, Filled)] == [1]

    def test_a_request_turned_away_for_its_rate_never_was_an_order(self) -> None:
        there = self.there
        there.control("faults", too_many_requests=1)
        with pytest.raises(Unavailable):
            there.run(there.broker.submit(buy("tc-rate-0")))
        assert there.run(there.broker.order("tc-rate-0")) is None

    def test_a_lost_message_of_a_fill_is_made_up_for_before_the_next_one_is_told(self) -> None:
        there = self.there
        there.show(Decimal("1.00"), Decimal("1.02"), Decimal(2))
        there.control("faults", drop_update=1)
        there.run(there.broker.submit(buy("tc-gap-0", quantity=4)))
        there.show(Decimal("1.00"), Decimal("1.02"), Decimal(2))
        there.run(there.heard(1 + there.sent))
        fills = [event for event in there.events if isinstance(event, Filled)]
        assert [fill.quantity for fill in fills] == [2, 2]
        assert there.run(there.broker.executions(LONG_AGO)) == fills

    def test_a_fill_that_came_before_a_cancellation_is_told_before_it(self) -> None:
        there = self.there
        there.run(there.broker.submit(buy("tc-late-0", limit="0.50", quantity=2)))
        there.control("faults", late_fill=1, drop_update=1)
        there.run(there.broker.cancel("tc-late-0"))
        there.show(Decimal("1.00"), Decimal("1.02"), Decimal(10))
        told = there.run(there.broker.executions(LONG_AGO))
        assert sum(fill.quantity for fill in told) == 2
        ends = [event for event in there.events if isinstance(event, Canceled)]
        assert ends == [] or isinstance(there.events[-2], Filled)

    def test_after_a_disconnect_the_stream_comes_back_and_brings_what_was_missed(self) -> None:
        there = self.there
        before = there.stream.state.connects
        there.control("faults", disconnect=1)

        async def back() -> None:
            async with asyncio.timeout(10):
                while there.stream.state.connects == before or not there.stream.state.connected:
                    await asyncio.sleep(0.01)
            await there.updates.settled()

        there.run(there.broker.submit(buy("tc-away-0")))
        there.run(back())
        assert [event.client_order_id for event in there.events if isinstance(event, Filled)] == ["tc-away-0"]

    def test_the_legs_of_a_spread_are_told_one_by_one_under_the_desk_s_id(self) -> None:
        there = self.there
        chain = there.run(there.market.chain("SPY", DAY))
        row = len(chain) // 4
        legs = Leg(chain.contracts[row], Side.BUY), Leg(chain.contracts[row + 1], Side.SELL)
        terms = Limit(Price(chain.quote(row).ask))
        there.run(there.broker.submit(a_confirmed_order("tc-spread-0", *legs, quantity=Decimal(2), terms=terms)))
        there.run(there.heard(1 + there.sent))
        fills = [event for event in there.events if isinstance(event, Filled)]
        assert {(fill.client_order_id, fill.instrument, fill.quantity) for fill in fills} == {
            ("tc-spread-0", leg.instrument, Decimal(2)) for leg in legs
        }
        assert there.run(there.broker.executions(LONG_AGO)) == fills
        report = there.run(there.broker.order("tc-spread-0"))
        assert report.legs == legs
        assert report.filled_quantity == 2

    def test_nothing_keeps_an_exit_or_a_cancellation_from_being_sent(self) -> None:
        there = self.there
        there.run(there.broker.submit(buy("tc-held-0")))
        there.run(there.broker.submit(buy("tc-open-0", limit="0.50")))
        there.control("faults", too_many_requests=5)
        for number in range(5):
            with pytest.raises(Unavailable):
                there.run(there.broker.submit(buy(f"tc-none-{number}")))
        with pytest.raises(Unavailable, match="orders failed 5 times in a row"):
            there.run(there.broker.submit(buy("tc-none-5")))
        sell = Leg(parse_instrument(CALL_SYMBOL), Side.SELL)
        terms = Limit(Price(Decimal("1.00")))
        there.run(
            there.broker.submit(
                a_confirmed_order("tc-exit-0", sell, quantity=Decimal(1), terms=terms, effect=Effect.CLOSE)
            )
        )
        there.run(there.broker.cancel("tc-open-0"))
        there.show(Decimal("1.00"), Decimal("1.02"), Decimal(10))
        assert there.run(there.broker.positions()) == []
        assert list(there.run(there.broker.open_orders())) == []
        assert any(isinstance(e, Canceled) and e.client_order_id == "tc-open-0" for e in there.events)

    def test_articles_are_dated_and_name_the_ticker(self) -> None:
        there = self.there
        found = there.run(there.market.news(["SPY"], there.clock.now() - timedelta(hours=3)))
        assert found
        assert all("SPY" in item.symbols for item in found)
        assert [item.at for item in found] == sorted(item.at for item in found)


class TestExpiryOverTheWire(_AtSimulator):
    def test_what_expiry_made_of_options_is_told_as_executions_that_explain_positions_and_cash(self) -> None:
        """SPY stands near 600: the call of 590 is exercised, that of 612 expires."""
        there = self.there
        deep, far = "SPY261120C00590000", "SPY261120C00612000"
        for number, symbol in enumerate((deep, far)):
            leg = Leg(parse_instrument(symbol), Side.BUY)
            order = a_confirmed_order(f"tc-x-{number}", leg, quantity=Decimal(1), terms=Limit(Price(Decimal("40.00"))))
            there.run(there.broker.submit(order))
        there.control("step", seconds=6 * 3600)
        found = [one for one in there.run(there.broker.executions(LONG_AGO)) if isinstance(one, Filled)]
        settled = {one.instrument.symbol: one for one in found if one.settlement}
        assert {symbol: one.settlement for symbol, one in settled.items()} == {
            deep: Settlement.EXERCISED,
            far: Settlement.EXPIRED,
            "SPY": Settlement.EXERCISED,
        }
        shares = settled["SPY"]
        assert (shares.side, shares.quantity, shares.price) == (Side.BUY, Decimal(100), Decimal(590))
        held: dict[str, Decimal] = {}
        cash = there.world().cash
        for one in found:
            symbol = one.instrument.symbol
            held[symbol] = held.get(symbol, Decimal(0)) + one.side.sign * one.quantity
            cash -= usd(one.side.sign * one.quantity * one.price * one.instrument.multiplier) + one.fee
        positions = there.run(there.broker.positions())
        assert {s: q for s, q in held.items() if q} == {p.instrument.symbol: p.quantity for p in positions}
        assert abs((there.run(there.broker.account()).cash - cash).amount) <= Decimal("0.00005")
        again = [one for one in there.run(there.broker.executions(LONG_AGO)) if isinstance(one, Filled)]
        assert not [one for one in again if one.settlement], "asked for once a minute"


class TestAlpacaLookups(_AtSimulator, MarketDataContract):
    def open_market(self) -> MarketWorld:
        session = session_on(DAY)
        assert session is not None
        there = self.there
        there.show(Decimal("1.00"), Decimal("1.02"), Decimal(10))
        return MarketWorld(AlpacaLookups(there.market), Equity("SPY"), DAY, session.opens, there.clock.now, there.run)

    def test_what_is_looked_up_is_neither_streamed_nor_fetched_again(self) -> None:
        world = self.open_market()
        chain = world.run(world.market.chain("SPY", DAY))
        assert chain is not None
        for contract in chain.contracts:
            world.run(world.market.quote(contract))
        assert self.there.market.live.wanted == ()
        assert world.run(self.there.market.refresh()) == 0

    def test_however_much_is_looked_up_what_trades_is_answered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def no_sleep(_: float) -> None:
            pass

        monkeypatch.setattr(guard, "asyncio", SimpleNamespace(sleep=no_sleep))
        there = self.there
        calls = Calls(
            key="k", secret="s", addresses=on_this_machine(there.url), seconds=lambda: 0.0, unix_seconds=lambda: 0.0
        )
        market = AlpacaMarket(calls, clock=there.clock, feeds=Feeds("sip", "opra"), live=LiveQuotes(lambda: 0.0))
        market.live.standing = lambda _: None  # type: ignore[method-assign, assignment]
        asked = 0
        for _ in range(60):
            try:
                there.run(AlpacaLookups(market).quote(Equity("SPY")))
            except Unavailable:
                break
            asked += 1
        assert 20 < asked < 60, "a third of 180 may go at once, half of it to what only looks"
        for _ in range(20):
            assert there.run(market.quote(Equity("SPY"))) is not None
        calls.close()
