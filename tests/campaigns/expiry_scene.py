"""One expiry: a desk with a position at a simulated broker, a close, a night, and the books of the next morning."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.request import Request, urlopen

import orjson
from tests.contract.alpaca_at_simulator import AlpacaAtSimulator

from adapters.simulated.brokerage.expiring import assign
from tradecore.desk.commands import OpenDay, Reconcile
from tradecore.desk.decisions import CancelAtBroker, Decision, Reconciled, Send
from tradecore.desk.desk import Desk
from tradecore.desk.folding import Folding
from tradecore.desk.groups import Group
from tradecore.desk.recovery import LASTING
from tradecore.errors import Rejected
from tradecore.model.encoding import encode
from tradecore.model.events import BrokerEvent
from tradecore.model.instruments import OptionContract, Price, Right
from tradecore.model.market import MarketView, Quote
from tradecore.model.plans import Proposal
from tradecore.model.sessions import Session, session_on
from tradecore.model.terms import Leg, Limit, Side
from tradecore.risk.prices import net_quote
from tradecore.testing.builders import SPY, a_desk, a_proposal, a_view, some_greeks, some_limits
from tradecore.testing.desk_driver import DeskDriver

FULL_DAY: Final = date(2026, 11, 20)
HALF_DAY: Final = date(2026, 11, 27)
_MUCH: Final = Decimal(1_000_000)
_LIMITS: Final = some_limits(
    max_daily_loss=_MUCH, max_daily_loss_pct=Decimal(100), max_weekly_loss=_MUCH, per_trade_max_loss=_MUCH,
    max_heat_pct=Decimal(100), max_order_cost=_MUCH, max_position_pct=Decimal(100), delta_cap=_MUCH,
    delta_cap_after_move=_MUCH, spread_check_enabled=False, collar_enabled=False, allow_early_close=True,
    max_quote_age_s=Decimal(120), max_underlying_age_s=Decimal(120), max_chain_age_s=Decimal(120),
)  # fmt: skip
_PUT, _CALL = Right.PUT, Right.CALL
# Legs as right, dollars beyond the price at the close where both are in the money, and side.
STRUCTURES: Final[dict[str, tuple[tuple[Right, int, Side], ...]]] = {
    "call": ((_CALL, 0, Side.BUY),),
    "put": ((_PUT, 0, Side.BUY),),
    "call spread": ((_CALL, 0, Side.BUY), (_CALL, 2, Side.SELL)),
    "put spread sold": ((_PUT, -2, Side.BUY), (_PUT, 0, Side.SELL)),
    "condor": ((_PUT, -4, Side.BUY), (_PUT, -2, Side.SELL), (_CALL, 1, Side.SELL), (_CALL, 3, Side.BUY)),
}


class _Settled:
    """The tape of a share whose last trade of the day is given."""

    def __init__(self, tape: Any, price: Decimal) -> None:
        self._tape, self._price = tape, price

    def trade(self, at: datetime) -> Any:
        """The last trade, at the price of the scene."""
        found = self._tape.trade(at)
        return None if found is None else found._replace(price=self._price)

    def __getattr__(self, name: str) -> Any:
        """The rest as it is."""
        return getattr(self._tape, name)


class ExpiryScene:
    """The desk's decisions are carried out at the broker over HTTP; what the broker says is applied."""

    def __init__(self, directory: Path, chance: Random, day: date) -> None:
        """A desk on an account of the broker, an hour and a half before the last opening."""
        found = session_on(day)
        assert found is not None
        self.session: Session = found
        self.chance = chance
        self.there = AlpacaAtSimulator(directory, start=f"{day}T{'10:30' if found.is_half_day else '13:30'}")
        self._taken = 0
        self.sent: list[tuple[datetime, str]] = []
        self.told: list[str] = []
        account = self.there.run(self.there.broker.account())
        desk = a_desk(limits=_LIMITS, day=day, equity=str(account.equity.amount), account=account.account)
        self.driver = DeskDriver(desk=desk, now=self.now)
        self.folding = Folding(desk.opening)
        self.step(1)

    @property
    def now(self) -> datetime:
        """The broker's present."""
        return self.there.clock.now()

    def end(self) -> None:
        """Stop the broker."""
        self.there.end()

    # Time.

    def step(self, seconds: float) -> None:
        """Let time pass and take what the broker says."""
        self.there.control("step", seconds=seconds)
        self.driver.now = self.now
        self.listen()

    def pass_until(self, when: datetime) -> None:
        """Let time pass."""
        if when > self.now:
            self.step((when - self.now).total_seconds())

    def close_at(self, price: Decimal) -> None:
        """Let the underlying end the day at this price."""
        listings = self.there.server.simulation.brokerage.listings
        usual: Callable[..., Any] = listings.tape
        closes = self.session.closes

        def tape(root: str, at: datetime) -> Any:
            found = usual(root, at)
            return _Settled(found, price) if root == "SPY" and closes <= at < closes + timedelta(hours=1) else found

        listings.tape = tape  # type: ignore[method-assign, assignment]

    # The market.

    def usual_close(self) -> Decimal:
        """Where the underlying would end the day."""
        listings = self.there.server.simulation.brokerage.listings
        trade = listings.tape("SPY", self.session.closes).trade(self.session.closes)
        assert trade is not None
        return Decimal(trade.price)

    def view(self, contracts: Iterable[OptionContract], *, generous: bool = False) -> MarketView:
        """Quotes of now; generous ones ask for and offer what nobody pays."""
        every = [self._quote(one) for one in contracts]
        quotes = [quote for quote in every if quote is not None]
        if generous:
            quotes = [replace(one, bid=Decimal(400), ask=Decimal(401)) for one in quotes]
        spot = self._quote(SPY)
        account = self.there.run(self.there.broker.account())
        greeks = {quote.instrument.symbol: some_greeks(quote.instrument, 0.1, rise=0.1, fall=0.1) for quote in quotes}
        named = ([spot] if spot is not None else []) + quotes
        return a_view(
            *(replace(one, at=self.now, received_at=self.now) for one in named),
            greeks=greeks, account=account, now=self.now,
        )  # fmt: skip

    def _quote(self, instrument: Any) -> Quote | None:
        found: Quote | None = self.there.run(self.there.market.quote(instrument))
        return found

    # The desk.

    def carry_out(self, decision: Decision) -> Decision:
        """Send and cancel what the desk decided."""
        self.told += [alert.code for alert in decision.alerts]
        self.folding.take(encode(self.driver.desk.after_images()))
        for action in decision.actions:
            if isinstance(action, Send):
                self.sent.append((self.now, action.order.client_order_id))
                self._sent(action)
            elif isinstance(action, CancelAtBroker):
                self._try(self.there.broker.cancel(action.client_order_id))
        self.listen()
        return decision

    def _sent(self, action: Send) -> None:
        why = self._try(self.there.broker.submit(action.order))
        outcome = "received" if why is None else "refused"
        self.carry_out(self.driver.sent(action.order.client_order_id, outcome))

    def _try(self, request: Any) -> str | None:
        try:
            self.there.run(request)
        except Rejected as no:
            return str(no)
        return None

    def listen(self) -> None:
        """Apply what the broker's stream brought."""
        self.there.run(self.there.heard(1 + self.there.sent))
        while self._taken < len(self.there.events):
            self._taken += 1
            self.apply(self.there.events[self._taken - 1])

    def apply(self, event: BrokerEvent) -> None:
        """Apply one event and carry out what follows."""
        self.carry_out(self.driver.desk.apply(event))

    def restart(self) -> None:
        """A new desk on what the old one recorded."""
        self.folding.take(encode(self.driver.desk.after_images()))
        self.driver.desk = Desk(self.driver.desk.opening, self.folding.state())

    def legs(self, structure: str, close: Decimal) -> tuple[Leg, ...]:
        """The structure around this price at the close."""
        middle = int(close)
        return tuple(
            Leg(OptionContract("SPY", self.session.day, right, Decimal(middle + beyond)), side)
            for right, beyond, side in STRUCTURES[structure]
        )

    def proposal(self, legs: tuple[Leg, ...], quantity: int, view: MarketView) -> Proposal:
        """The structure at the touch, or at half a dollar where nobody quotes it whole; without stop or target."""
        net = net_quote(legs, view)
        price = Decimal("0.50") if net is None else net.ask
        return a_proposal(
            *legs, contracts=str(quantity), strategy="expiry", label="EXP", protection=None,
            terms=Limit(Price(price)),
        )  # fmt: skip

    def open(self, legs: tuple[Leg, ...], quantity: int) -> str:
        """Preview, confirm and fill at the touch; why not, where the gate refuses."""
        view = self.view(leg.instrument for leg in legs if isinstance(leg.instrument, OptionContract))
        shown = self.carry_out(self.driver.preview(self.proposal(legs, quantity, view), view=view))
        if hasattr(shown.outcome, "message"):
            return str(shown.outcome.message)
        self.carry_out(self.driver.confirm(view=view))
        for _ in range(20):
            if self.driver.desk.open_groups and not self.driver.desk.live_orders:
                return ""
            self.step(5)
        for order in self.driver.desk.live_orders:
            self.carry_out(self.driver.cancel(order.client_order_id))
        self.step(2)
        return ""

    @property
    def groups(self) -> Sequence[Group]:
        """What is held."""
        return self.driver.desk.open_groups

    def contracts(self) -> list[OptionContract]:
        """Options held."""
        every = [held.instrument for group in self.groups for held in group.holdings]
        return [one for one in every if isinstance(one, OptionContract)]

    # What the broker does by itself.

    def liquidate(self, contract: OptionContract) -> None:
        """The broker closes one holding."""
        self._ask("/_sim/liquidate", {"symbol": contract.symbol})
        self.listen()

    def keep_from_exercise(self, contract: OptionContract) -> None:
        """Whoever owns the account lets a contract expire."""
        self._ask(f"/v2/positions/{contract.symbol}/do-not-exercise", {})

    def assign(self, contract: OptionContract, quantity: Decimal) -> None:
        """A part of what was sold is assigned."""
        brokerage = self.there.server.simulation.brokerage
        (account,) = brokerage.books.accounts.values()
        assign(brokerage.books, account, contract, quantity)

    def _ask(self, path: str, body: dict[str, Any]) -> None:
        keys = {"APCA-API-KEY-ID": "k", "APCA-API-SECRET-KEY": "s", "Content-Type": "application/json"}
        urlopen(Request(self.there.url + path, orjson.dumps(body), keys), timeout=5).close()

    # The next morning.

    def learn_settlements(self) -> None:
        """Ask for all executions, twice, and apply them in order."""
        for _ in range(2):
            self.step(61)
            found = self.there.run(self.there.broker.executions(self.driver.desk.opened_at))
            for event in sorted(found, key=lambda one: one.at):
                self.apply(event)

    def differences(self) -> list[str]:
        """What the desk's reconciliation finds, and cash to the cent."""
        broker = self.there.broker

        async def books() -> Any:
            return await asyncio.gather(broker.open_orders(), broker.positions(), broker.account())

        orders, positions, account = self.there.run(books())
        command = Reconcile(at=self.now + LASTING, orders=tuple(orders), positions=tuple(positions), account=account)
        outcome = self.driver.desk.handle(command).outcome
        assert isinstance(outcome, Reconciled)
        off = (self.driver.desk.expected_cash - account.cash).amount
        found = [str(one) for one in outcome.differences]
        return found + ([f"cash is off by {off}"] if abs(off) >= Decimal("0.005") else [])

    def open_day(self, day: date) -> None:
        """The next trading day begins."""
        equity = self.there.run(self.there.broker.account()).equity
        self.carry_out(self.driver.desk.handle(OpenDay(at=self.now, day=day, equity=equity)))
