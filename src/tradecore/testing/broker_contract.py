"""What every Broker promises; subclass BrokerContract in a test module and open your venue."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from tradecore.errors import Rejected
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.events import Accepted, BrokerEvent, Canceled, Filled
from tradecore.model.instruments import OptionContract, Price
from tradecore.model.money import ZERO, Money, usd
from tradecore.model.terms import Effect, Leg, Limit, Market, Side
from tradecore.ports.broker import Broker
from tradecore.testing.orders import a_confirmed_order


@dataclass(slots=True)
class BrokerWorld:
    """
    An open venue with an account that holds `cash` and nothing else.

    `show(bid, ask, size)` makes that the market of `contract` (a None side is not quoted) and lets the venue act on
    it; `seen()` are the events delivered so far; `run` runs a coroutine where the venue lives.
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
        with pytest.raises(Rejected):
            world.submit(order)
        world.show(_BID, _ASK, _SIZE)
        assert sum(fill.quantity for fill in world.fills("tc-c-0")) == 1

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

    @pytest.mark.parametrize(("bid", "ask"), [(None, _ASK), (_BID, None)])
    def test_a_one_sided_quote_fills_nothing(self, bid: Decimal | None, ask: Decimal | None) -> None:
        """Half a market is no market."""
        world = self._quoted()
        world.submit(self._buy(world, "tc-h-0", limit="0.90"))
        world.show(bid and Decimal("0.80"), ask and Decimal("0.82"), _SIZE)
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
