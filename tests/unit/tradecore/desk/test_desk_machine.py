"""Any order of commands and venue events: what has to be true of a desk at every moment."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tradecore.desk.commands import AdjustProtection, PreviewAdjustment, WithdrawExcess
from tradecore.desk.decisions import Confirmed, Decision, Previewed, Send, TicketKind
from tradecore.model.events import Accepted, Busted, CancelRefused, Expired, Refused
from tradecore.model.instruments import OptionContract
from tradecore.model.market import MarketView
from tradecore.model.orders import OrderState, Role
from tradecore.risk.picture import TradingState
from tradecore.testing.builders import (
    CALL,
    TODAY,
    a_contract,
    a_desk,
    a_fill,
    a_leg,
    a_proposal,
    a_quote,
    a_ticket,
    a_view,
    some_greeks,
    some_limits,
    some_protection,
)
from tradecore.testing.desk_driver import DeskDriver

OTHER = a_contract("676")
CAP = Decimal(320)
LIMITS = some_limits(
    max_daily_loss=CAP,
    per_trade_max_loss=Decimal(320),
    delta_cap=Decimal(10_000),
    delta_cap_after_move=Decimal(10_000),
    max_open_groups=4,
    max_open_groups_per_strategy=4,
    max_trades_per_day=1000,
    max_trades_per_day_per_strategy=1000,
    losses_before_pause=1000,
    losses_before_stop=1000,
    reentry_minutes_after_stop=0,
    max_opens_per_minute=1000,
    duplicate_window_s=Decimal(0),
)
PICK = st.integers(0, 10**6)


class AnyDay(RuleBasedStateMachine):
    """A desk, a model broker that keeps its own ledger, and a trader who does anything at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.driver = DeskDriver(desk=a_desk(limits=LIMITS))
        self.prices = {CALL: Decimal("1.00"), OTHER: Decimal("0.50")}
        self.open_at_venue: dict[str, Send] = {}
        self.done: list[str] = []
        self.filled: dict[str, Decimal] = {}
        self.executions: dict[str, tuple[str, OptionContract, Decimal]] = {}
        self.sent_ids: list[str] = []
        self.redeemed: set[str] = set()
        self.names = itertools.count(1)

    # What the desk orders is carried out; every decision of it goes through here.

    def carry_out(self, decision: Decision) -> Decision:
        opens = [a for a in decision.actions if isinstance(a, Send) and self.role(a) is Role.ENTRY]
        if isinstance(decision.outcome, Confirmed) and decision.outcome.kind is TicketKind.OPEN:
            self.redeemed.add(decision.outcome.intent_id)
        for action in decision.actions:
            if isinstance(action, Send):
                self.sent_ids.append(action.order.client_order_id)
                self.open_at_venue[action.order.client_order_id] = action
        for send in opens:
            intent = send.order.client_order_id.split("-")[1]
            assert intent in self.redeemed, "an entry left without a redeemed ticket"
            assert send.order.authority == f"ticket {intent}"
            assert self.driver.desk.trading[0] is TradingState.ACTIVE
            exposure = self.driver.desk.exposure()
            committed = exposure.committed()
            assert committed is not None
            assert exposure.loss_today.amount + committed.amount <= CAP, "the gate let more be risked than the cap"
        return decision

    def role(self, send: Send) -> Role:
        return self.driver.order(send.order.client_order_id).role

    def view(self) -> MarketView:
        quotes = [a_quote(c, str(p), str(p + Decimal("0.02")), now=self.driver.now) for c, p in self.prices.items()]
        greeks = {contract.symbol: some_greeks(contract) for contract in self.prices}
        return a_view(*quotes, greeks=greeks, now=self.driver.now)

    def a_live_id(self, pick: int) -> str | None:
        ids = sorted(self.open_at_venue)
        return ids[pick % len(ids)] if ids else None

    # The trader.

    @rule(contracts=st.integers(1, 4), contract=st.sampled_from([CALL, OTHER]), strategy=st.sampled_from(["a", "b"]))
    def preview(self, contracts: int, contract: OptionContract, strategy: str) -> None:
        proposal = a_proposal(a_leg(contract), contracts=str(contracts), strategy=strategy)
        self.carry_out(self.driver.preview(proposal, view=self.view()))

    @precondition(lambda self: self.driver.tickets)
    @rule(pick=PICK)
    def confirm_any(self, pick: int) -> None:
        self.carry_out(self.driver.confirm(pick % self.driver.tickets + 1, view=self.view()))

    @rule(contracts=st.integers(1, 3), contract=st.sampled_from([CALL, OTHER]))
    def enter(self, contracts: int, contract: OptionContract) -> None:
        proposal = a_proposal(a_leg(contract), contracts=str(contracts))
        if isinstance(self.driver.preview(proposal, view=self.view()).outcome, Previewed):
            self.carry_out(self.driver.confirm(view=self.view()))

    @rule(contract=st.sampled_from([CALL, OTHER]), contracts=st.integers(1, 3))
    def hold(self, contract: OptionContract, contracts: int) -> None:
        self.enter(contracts, contract)
        self.fill(len(self.open_at_venue) - 1, late=False, quantity=contracts, twice=False)

    @rule(pick=PICK, everything=st.booleans(), part=st.booleans())
    def close(self, pick: int, everything: bool, part: bool) -> None:
        groups = [group.label for group in self.driver.desk.groups] or ["ORB-1"]
        label = None if everything else groups[pick % len(groups)]
        quantity = "1" if part else None
        if isinstance(self.driver.preview_close(label, quantity, view=self.view()).outcome, Previewed):
            self.carry_out(self.driver.confirm(view=self.view()))

    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        ids = list(self.driver.desk.orders) or ["none"]
        self.carry_out(self.driver.cancel(ids[pick % len(ids)]))

    @rule(flatten=st.booleans())
    def kill(self, flatten: bool) -> None:
        self.carry_out(self.driver.kill(flatten=flatten))
        assert self.driver.desk.trading[0] is not TradingState.ACTIVE
        resting = {OrderState.SUBMITTED, OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED, OrderState.UNKNOWN}
        entries = [o for o in self.driver.desk.orders.values() if o.role is Role.ENTRY]
        assert not [order for order in entries if order.state in resting]

    @rule()
    def lift(self) -> None:
        if isinstance(self.driver.preview_lift().outcome, Previewed):
            self.carry_out(self.driver.confirm(view=self.view()))

    @rule(pick=PICK, stop=st.integers(1, 300), gain=st.integers(1, 300), looser=st.booleans())
    def manage(self, pick: int, stop: int, gain: int, looser: bool) -> None:
        groups = [group for group in self.driver.desk.groups if group.protection is not None]
        if not groups:
            return
        group = groups[pick % len(groups)]
        before = group.exit_levels()
        stop_level, target_level = Decimal(stop) / 100, Decimal(gain) / 100
        protection = replace(group.protection or some_protection(), stop_level=stop_level, target_level=target_level)
        asked: dict[str, Any] = {
            "at": self.driver.now,
            "principal": "model",
            "group": group.label,
            "protection": protection,
        }
        if looser:
            self.driver.tickets += 1
            ticket = a_ticket(self.driver.tickets)
            self.carry_out(self.driver.desk.handle(PreviewAdjustment(**asked, ticket=ticket, view=self.view())))
            assert group.exit_levels() == before, "a preview changes nothing"
            return
        self.carry_out(self.driver.desk.handle(AdjustProtection(**asked, why="asked", view=self.view())))
        for old, new, sign in zip(before, group.exit_levels(), (1, -1), strict=True):
            assert old is None or (new is not None and sign * new >= sign * old), "never left later without a ticket"

    # Time and the market.

    @rule(seconds=st.sampled_from([0.5, 2, 40]))
    def wait(self, seconds: float) -> None:
        self.driver.wait(seconds)

    @rule(contract=st.sampled_from([CALL, OTHER]), cents=st.integers(1, 300))
    def quote(self, contract: OptionContract, cents: int) -> None:
        self.prices[contract] = Decimal(cents) / 100

    @rule(pick=PICK)
    def step_entries(self, pick: int) -> None:
        intents = sorted(self.redeemed) or ["none"]
        self.carry_out(self.driver.step_entry(intents[pick % len(intents)], view=self.view()))

    @rule(pick=PICK, cause=st.sampled_from(["stop", "target", "cut_off"]), cents=st.integers(0, 300))
    def trigger(self, pick: int, cause: str, cents: int) -> None:
        groups = [group.label for group in self.driver.desk.groups] or ["ORB-1"]
        price = str(Decimal(cents) / 100)
        label = groups[pick % len(groups)]
        self.carry_out(self.driver.trigger(cause, price, price, group=label, view=self.view()))

    @rule(pick=PICK, waited=st.sampled_from(["0", "1", "5"]))
    def step_exits(self, pick: int, waited: str) -> None:
        groups = [group.label for group in self.driver.desk.groups] or ["ORB-1"]
        self.carry_out(self.driver.step_exit(waited, group=groups[pick % len(groups)], view=self.view()))

    # The venue: it may do anything that is true of its own books, twice, late and out of order.

    def tell(self, decision: Decision) -> None:
        self.carry_out(decision)

    @rule(pick=PICK)
    def accept(self, pick: int) -> None:
        if (order_id := self.a_live_id(pick)) is not None:
            self.tell(self.driver.desk.apply(Accepted(order_id, self.driver.now)))

    @rule(pick=PICK, sending=st.sampled_from(["unknown", "received"]))
    def sending(self, pick: int, sending: str) -> None:
        if (order_id := self.a_live_id(pick)) is not None:
            self.tell(self.driver.sent(order_id, sending))

    @rule(pick=PICK, end=st.sampled_from(["canceled", "expired", "rejected", "cancel refused"]))
    def end(self, pick: int, end: str) -> None:
        order_id = self.a_live_id(pick)
        if order_id is None or (end == "rejected" and self.filled.get(order_id)):
            return
        if end == "cancel refused":
            if self.driver.order(order_id).state is OrderState.PENDING_CANCEL:
                self.tell(self.driver.desk.apply(CancelRefused(order_id, self.driver.now, "no")))
                # What the desk's own watch does within two seconds.
                self.tell(self.driver.desk.handle(WithdrawExcess(at=self.driver.now)))
                assert not self.driver.desk.has_excess
            return
        del self.open_at_venue[order_id]
        self.done.append(order_id)
        if end == "canceled":
            self.tell(self.driver.canceled(order_id))
        elif end == "expired":
            self.tell(self.driver.desk.apply(Expired(order_id, self.driver.now)))
        else:
            self.tell(self.driver.desk.apply(Refused(order_id, self.driver.now, "no")))

    @rule(pick=PICK, late=st.booleans(), quantity=st.integers(1, 3), twice=st.booleans())
    def fill(self, pick: int, late: bool, quantity: int, twice: bool) -> None:
        ids = self.done if late else sorted(self.open_at_venue)
        if not ids:
            return
        order_id = ids[pick % len(ids)]
        order = self.driver.order(order_id)
        units = min(Decimal(quantity), order.quantity - self.filled.get(order_id, Decimal(0)))
        if units <= 0:
            return
        leg = order.legs[0]
        assert isinstance(leg.instrument, OptionContract)
        name = f"e{next(self.names)}"
        # A limit is never filled beyond its price.
        price = getattr(order.terms, "price", self.prices[leg.instrument])
        self.filled[order_id] = self.filled.get(order_id, Decimal(0)) + units
        self.executions[name] = (order_id, leg.instrument, leg.side.sign * units)
        if self.filled[order_id] == order.quantity:
            self.open_at_venue.pop(order_id, None)
        event = a_fill(
            str(units), str(price), order_id=order_id, exec_id=name, side=leg.side, instrument=leg.instrument,
            when=self.driver.now,
        )  # fmt: skip
        self.tell(self.driver.desk.apply(event))
        if twice:
            self.tell(self.driver.desk.apply(event))

    @precondition(lambda self: self.executions)
    @rule(pick=PICK)
    def bust(self, pick: int) -> None:
        name = sorted(self.executions)[pick % len(self.executions)]
        order_id, _, _ = self.executions.pop(name)
        self.tell(self.driver.desk.apply(Busted(order_id, self.driver.now, name)))

    # What holds at every moment.

    @invariant()
    def every_order_id_is_sent_once(self) -> None:
        assert len(set(self.sent_ids)) == len(self.sent_ids)

    @invariant()
    def the_groups_add_up_to_the_broker_s_position(self) -> None:
        ours: dict[object, Decimal] = {}
        for group in self.driver.desk.groups:
            for position in group.holdings:
                ours[position.instrument] = ours.get(position.instrument, Decimal(0)) + position.quantity
        theirs: dict[object, Decimal] = {}
        for _, contract, signed in self.executions.values():
            theirs[contract] = theirs.get(contract, Decimal(0)) + signed
        assert {k: v for k, v in ours.items() if v} == {k: v for k, v in theirs.items() if v}

    @invariant()
    def what_is_held_is_protected_or_being_closed(self) -> None:
        desk = self.driver.desk
        for group in desk.groups:
            if not group.is_open or group.closing is not None:
                continue
            standing = [o for o in desk.orders.values() if o.group == group.label and o.state is OrderState.EMULATED]
            assert {order.role for order in standing} == {Role.STOP, Role.TARGET}
            assert all(order.quantity == group.open_units() for order in standing)

    @invariant()
    def flat_groups_have_no_armed_exits(self) -> None:
        desk = self.driver.desk
        flat = {group.label for group in desk.groups if not group.is_open}
        assert not [o for o in desk.orders.values() if o.group in flat and o.state is OrderState.EMULATED]

    @invariant()
    def no_live_exit_asks_for_more_than_is_held_unless_it_is_being_withdrawn(self) -> None:
        for group in self.driver.desk.groups:
            held = sum((abs(position.quantity) for position in group.holdings), Decimal(0))
            exits = [self.driver.order(i) for i in group.order_ids if self.driver.order(i).role is not Role.ENTRY]
            live = [o for o in exits if o.may_be_at_venue and o.state is not OrderState.PENDING_CANCEL]
            assert len(live) <= 1
            assert all(order.leaves_quantity <= held for order in live)

    @invariant()
    def whatever_may_still_be_bought_is_counted(self) -> None:
        working = {w.group: w.quantity for w in self.driver.desk.exposure().working}
        for order in self.driver.desk.orders.values():
            if order.role is Role.ENTRY and order.may_be_at_venue:
                assert working[order.group] >= order.leaves_quantity

    @invariant()
    def results_equal_the_cash_of_the_standing_fills(self) -> None:
        """Oracle: what came in less what went out, plus what is held at its cost."""
        for group in self.driver.desk.groups:
            fills = [fill for i in group.order_ids for fill in self.driver.order(i).fills]
            cash = sum((-f.side.sign * f.quantity * f.price * 100 for f in fills), Decimal(0))
            cost = sum((position.cost * 100 for position in group.holdings), Decimal(0))
            assert abs(group.realised.amount - (cash + cost)) < Decimal("1e-9")
            assert group.fees.amount == sum((f.fee.amount for f in fills), Decimal(0))
        day = self.driver.desk.day.result(TODAY)
        assert day.fees.amount == sum((g.fees.amount for g in self.driver.desk.groups), Decimal(0))
        total = sum((g.realised.amount for g in self.driver.desk.groups), Decimal(0))
        assert abs(day.realised.amount - total) < Decimal("1e-9")


TestAnyDay: Callable[[], object] = AnyDay.TestCase
AnyDay.TestCase.settings = settings(max_examples=250, stateful_step_count=30, deadline=None)
