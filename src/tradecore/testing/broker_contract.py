"""What every Broker promises; subclass BrokerContract in a test module and open your venue."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tradecore.errors import DuplicateOrder, Rejected
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.events import Accepted, BrokerEvent, Canceled, Execution, Filled
from tradecore.model.instruments import OptionContract, Price
from tradecore.model.money import ZERO, Money, usd
from tradecore.model.terms import Effect, Leg, Limit, Market, Side
from tradecore.ports.broker import Broker, BrokerOrder, BrokerOrderStatus
from tradecore.testing.orders import a_confirmed_order


@dataclass(slots=True)
class BrokerWorld:
    """
    An open venue with an account that holds `cash` and nothing else.

    `show(bid, ask, size)` makes that the market of `contract` (a None side is not quoted) and lets the venue act on
    it, and time passes; `seen()` are the events delivered so far; `run` runs a coroutine where the venue lives.
    """

    broker: Broker
    contract: OptionContract
    cash: Money
    show: Callable[[Decimal | None, Decimal | None, Decimal], None]
    seen: Callable[[], list[BrokerEvent]]
    run: Callable[[Awaitable[Any]], Any]

    def submit(self, order: ConfirmedOrder) -> None:
        """Send an order."""
        self.run(self.broker.submit(order))

    def fills(self, client_order_id: str) -> list[Filled]:
        """Executions of one order."""
        return [e for e in self.seen() if isinstance(e, Filled) and e.client_order_id == client_order_id]

    def report(self, client_order_id: str) -> BrokerOrder:
        """What the venue says of an order it has."""
        found: BrokerOrder | None = self.run(self.broker.order(client_order_id))
        assert found is not None
        return found

    def executions(self, since: datetime) -> Sequence[Execution]:
        """What the venue says was executed."""
        found: Sequence[Execution] = self.run(self.broker.executions(since))
        return found


_BID, _ASK, _SIZE = Decimal("1.00"), Decimal("1.02"), Decimal(10)


class BrokerContract:
    """Promises of the Broker port."""

    @abstractmethod
    def open_venue(self) -> BrokerWorld:
        """A venue during a session; no quote was shown yet."""

    def test_a_marketable_limit_fills_at_its_price_or_better(self) -> None:
        """Accepted first, then filled, all of it, once."""
        world = self._quoted()
        order = self._buy(world, "tc-a-0", limit="1.02", quantity="3")
        world.submit(order)
        world.show(_BID, _ASK, _SIZE)
        kinds = [type(event) for event in world.seen() if event.client_order_id == "tc-a-0"]
        assert kinds[0] is Accepted
        fills = world.fills("tc-a-0")
        assert sum(fill.quantity for fill in fills) == 3
        assert all(fill.price <= Decimal("1.02") for fill in fills)
        assert len({fill.exec_id for fill in fills}) == len(fills)

    def test_a_limit_away_from_the_market_rests_until_cancelled(self) -> None:
        """It is listed as open, then canceled, then gone."""
        world = self._quoted()
        world.submit(self._buy(world, "tc-b-0", limit="0.50"))
        world.show(_BID, _ASK, _SIZE)
        assert [order.client_order_id for order in world.run(world.broker.open_orders())] == ["tc-b-0"]
        world.run(world.broker.cancel("tc-b-0"))
        world.show(_BID, _ASK, _SIZE)
        assert [type(e) for e in world.seen() if e.client_order_id == "tc-b-0"] == [Accepted, Canceled]
        assert list(world.run(world.broker.open_orders())) == []

    def test_submitting_the_same_id_twice_places_one_order(self) -> None:
        """A client order id is never two orders."""
        world = self._quoted()
        order = self._buy(world, "tc-c-0", limit="1.02", quantity="1")
        world.submit(order)
        world.show(_BID, _ASK, _SIZE)
        assert self._is_duplicate(world, order) or not world.broker.capabilities.unique_ids_for_ever
        world.show(_BID, _ASK, _SIZE)
        expected = 1 if world.broker.capabilities.unique_ids_for_ever else 2
        assert sum(fill.quantity for fill in world.fills("tc-c-0")) == expected

    def test_an_id_is_a_duplicate_while_its_order_is_open(self) -> None:
        """Whatever the venue declares, two open orders never share an id."""
        world = self._quoted()
        order = self._buy(world, "tc-k-0", limit="0.50")
        world.submit(order)
        assert self._is_duplicate(world, order)
        assert len(world.run(world.broker.open_orders())) == 1

    def test_an_id_of_a_cancelled_order_is_a_duplicate_where_ids_are_unique_for_ever(self) -> None:
        """The declared capability is what the venue does."""
        world = self._quoted()
        order = self._buy(world, "tc-l-0", limit="0.50")
        world.submit(order)
        world.run(world.broker.cancel("tc-l-0"))
        world.show(_BID, _ASK, _SIZE)
        assert self._is_duplicate(world, order) is world.broker.capabilities.unique_ids_for_ever

    def test_an_order_reports_where_it_stands(self) -> None:
        """Working, then canceled; another one filled; each with its legs, quantity and limit."""
        world = self._quoted()
        world.submit(self._buy(world, "tc-m-0", limit="0.50", quantity="2"))
        working = world.report("tc-m-0")
        assert (working.status, working.open) == (BrokerOrderStatus.WORKING, True)
        assert working.legs == (Leg(world.contract, Side.BUY),)
        assert [working.quantity, working.filled_quantity, working.limit_price] == [2, 0, Decimal("0.50")]
        world.run(world.broker.cancel("tc-m-0"))
        world.show(_BID, _ASK, _SIZE)
        canceled = world.report("tc-m-0")
        assert (canceled.status, canceled.open) == (BrokerOrderStatus.CANCELED, False)
        world.submit(self._buy(world, "tc-m-1", limit="1.02"))
        world.show(_BID, _ASK, _SIZE)
        filled = world.report("tc-m-1")
        assert (filled.status, filled.open) == (BrokerOrderStatus.FILLED, False)
        assert filled.filled_quantity == 1

    def test_an_order_at_market_names_no_limit(self) -> None:
        """None, not zero."""
        world = self._quoted()
        world.submit(self._buy(world, "tc-n-0", limit="1.02"))
        world.show(_BID, _ASK, _SIZE)
        world.submit(self._sell(world, "tc-n-1", quantity="1"))
        world.show(_BID, _ASK, _SIZE)
        assert world.report("tc-n-1").limit_price is None

    def test_executions_are_the_fills_of_the_stream(self) -> None:
        """The same ids, in the same order, whole."""
        world = self._quoted()
        opened = world.executions(datetime.min.replace(tzinfo=UTC))
        world.submit(self._buy(world, "tc-o-0", limit="1.02", quantity="3"))
        world.show(_BID, _ASK, _SIZE)
        world.submit(self._sell(world, "tc-o-1", quantity="1"))
        world.show(_BID, _ASK, _SIZE)
        fills = [*world.fills("tc-o-0"), *world.fills("tc-o-1")]
        assert list(opened) == []
        assert list(world.executions(fills[0].at)) == fills

    def test_executions_before_the_asked_time_are_left_out(self) -> None:
        """At or after, by the time of the execution itself."""
        world = self._quoted()
        world.submit(self._buy(world, "tc-p-0", limit="1.02"))
        world.show(_BID, _ASK, _SIZE)
        world.submit(self._buy(world, "tc-p-1", limit="1.02"))
        world.show(_BID, _ASK, _SIZE)
        (first,), (second,) = world.fills("tc-p-0"), world.fills("tc-p-1")
        assert first.at < second.at
        assert list(world.executions(second.at)) == [second]
        assert list(world.executions(second.at + timedelta(microseconds=1))) == []

    def test_an_unknown_order_is_none_and_can_t_be_cancelled(self) -> None:
        """Looking up is no error, cancelling is refused."""
        world = self._quoted()
        assert world.run(world.broker.order("tc-nobody-0")) is None
        with pytest.raises(Rejected):
            world.run(world.broker.cancel("tc-nobody-0"))

    def test_an_ended_order_can_t_be_cancelled(self) -> None:
        """It has filled; the refusal is definitive."""
        world = self._quoted()
        world.submit(self._buy(world, "tc-d-0", limit="1.02", quantity="1"))
        world.show(_BID, _ASK, _SIZE)
        with pytest.raises(Rejected):
            world.run(world.broker.cancel("tc-d-0"))

    def test_positions_and_cash_are_the_sum_of_fills(self) -> None:
        """To the last digit, fees included."""
        world = self._quoted()
        world.submit(self._buy(world, "tc-e-0", limit="1.02", quantity="4"))
        world.show(_BID, _ASK, _SIZE)
        world.submit(self._sell(world, "tc-e-1", quantity="1"))
        world.show(_BID, _ASK, _SIZE)
        fills = [*world.fills("tc-e-0"), *world.fills("tc-e-1")]
        spent = sum((usd(f.side.sign * f.quantity * f.price * 100) + f.fee for f in fills), ZERO)
        account = world.run(world.broker.account())
        assert account.cash == world.cash - spent
        assert [(p.instrument, p.quantity) for p in world.run(world.broker.positions())] == [
            (world.contract, Decimal(3))
        ]

    def test_a_flat_account_has_no_positions(self) -> None:
        """Flat holdings are not listed."""
        world = self._quoted()
        assert list(world.run(world.broker.positions())) == []

    def test_an_order_that_can_t_be_paid_is_refused(self) -> None:
        """Nothing is bought on credit."""
        world = self._quoted()
        with pytest.raises(Rejected):
            world.submit(self._buy(world, "tc-f-0", limit="1.02", quantity="100000"))
        assert world.run(world.broker.order("tc-f-0")) is None

    def test_an_uncovered_short_option_is_refused(self) -> None:
        """Selling what is not held would risk without bound."""
        world = self._quoted()
        with pytest.raises(Rejected):
            world.submit(self._sell(world, "tc-g-0", quantity="1"))

    def test_a_side_that_nobody_quotes_fills_nothing(self) -> None:
        """A purchase needs an offer."""
        world = self._quoted()
        world.submit(self._buy(world, "tc-h-0", limit="0.90"))
        world.show(Decimal("0.80"), None, _SIZE)
        assert world.fills("tc-h-0") == []

    def test_no_more_fills_at_once_than_is_shown(self) -> None:
        """Displayed size bounds an execution."""
        world = self._quoted(size=Decimal(2))
        world.submit(self._buy(world, "tc-i-0", limit="1.02", quantity="5"))
        world.show(_BID, _ASK, Decimal(2))
        fills = world.fills("tc-i-0")
        assert fills
        assert all(fill.quantity <= 2 for fill in fills)
        report = world.run(world.broker.order("tc-i-0"))
        assert report.filled_quantity == sum(fill.quantity for fill in fills)

    def test_the_account_names_itself_and_values_what_it_holds(self) -> None:
        """Equity is cash plus holdings."""
        world = self._quoted()
        before = world.run(world.broker.account())
        assert before.cash == before.equity == world.cash
        world.submit(self._buy(world, "tc-j-0", limit="1.02", quantity="1"))
        world.show(_BID, _ASK, _SIZE)
        after = world.run(world.broker.account())
        assert Decimal(95) <= after.equity.amount - after.cash.amount <= Decimal(105)

    def _is_duplicate(self, world: BrokerWorld, order: ConfirmedOrder) -> bool:
        try:
            world.submit(order)
        except DuplicateOrder:
            return True
        return False

    def _quoted(self, size: Decimal = _SIZE) -> BrokerWorld:
        world = self.open_venue()
        world.show(_BID, _ASK, size)
        return world

    def _buy(self, world: BrokerWorld, order_id: str, *, limit: str, quantity: str = "1") -> ConfirmedOrder:
        terms = Limit(Price(Decimal(limit)))
        return a_confirmed_order(order_id, Leg(world.contract, Side.BUY), quantity=Decimal(quantity), terms=terms)

    def _sell(self, world: BrokerWorld, order_id: str, *, quantity: str) -> ConfirmedOrder:
        leg = Leg(world.contract, Side.SELL)
        return a_confirmed_order(order_id, leg, quantity=Decimal(quantity), terms=Market(), effect=Effect.CLOSE)
