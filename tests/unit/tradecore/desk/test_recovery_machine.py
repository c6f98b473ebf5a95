"""Any day, with crashes at any moment, orders that got lost, and others who trade on the account."""

import dataclasses
from collections.abc import Callable
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from tests.unit.tradecore.desk.test_desk_machine import PICK, AnyDay

from tradecore.desk.commands import NotFound, Recover, SettleUnknown
from tradecore.desk.decisions import Decision, Done, Send
from tradecore.desk.desk import Desk
from tradecore.desk.folding import Folding
from tradecore.desk.state import DeskState
from tradecore.model.encoding import encode
from tradecore.model.orders import OrderState, Role
from tradecore.model.terms import Side
from tradecore.risk.picture import TradingState
from tradecore.testing.builders import CALL, a_fill


def remembered(state: DeskState) -> tuple[object, ...]:
    """All of a desk that a restart must not lose."""
    groups = [dataclasses.replace(group) for group in state.groups.values()]
    day = state.day
    results = {when: result for when, result in day.results.items() if result.realised.amount or result.fees.amount}
    counters = (day.today, day.equity_at_open, day.high_water, results, day.trades, day.consecutive_losses)
    pace = (day.last_loss_at, day.last_stop_at, day.intents, day.executions)
    standing = (state.latches, state.kill_latch, state.engagements, state.flattened_latch, state.locks, state.stopped)
    told = (state.warned_pct, state.unanswered, state.mismatches, state.labels)
    return dict(state.orders), groups, counters, pace, standing, told


class AnyLife(AnyDay):
    """As any day; the journal is a folding that takes every image the desk leaves."""

    def __init__(self) -> None:
        super().__init__()
        self.folding = Folding(self.driver.desk.opening)
        self.lost: set[str] = set()
        self.lives = 1

    def journal(self) -> None:
        images = self.driver.desk.after_images()
        self.folding.take(encode(images))

    def carry_out(self, decision: Decision) -> Decision:
        known = set(self.sent_ids)
        resent = [a.order.client_order_id for a in decision.actions if isinstance(a, Send)]
        again = [order_id for order_id in resent if order_id in known]
        for order_id in again:
            # Ids are unique for ever: what the venue has, it has once.
            assert order_id in self.lost or order_id in self.open_at_venue or order_id in self.done
        fresh = {order_id for order_id in again if order_id in self.lost}
        before = {key: send for key, send in self.open_at_venue.items() if key in again}
        super().carry_out(decision)
        for order_id in again:
            self.sent_ids.remove(order_id)
            if order_id in before:
                self.open_at_venue[order_id] = before[order_id]
            elif order_id not in fresh:
                self.open_at_venue.pop(order_id, None)
        self.lost -= fresh
        self.journal()
        return decision

    @rule(pick=PICK)
    def lose_a_request(self, pick: int) -> None:
        """It never arrives, and nobody here knows."""
        order_id = self.a_live_id(pick)
        if order_id is None or self.driver.order(order_id).state is not OrderState.SUBMITTED:
            return
        del self.open_at_venue[order_id]
        self.lost.add(order_id)
        self.tell(self.driver.sent(order_id, "unknown"))

    @precondition(lambda self: self.lost)
    @rule(pick=PICK, again=st.booleans(), final=st.booleans())
    def ask(self, pick: int, again: bool, final: bool) -> None:
        order_id = sorted(self.lost)[pick % len(self.lost)]
        command = NotFound(
            at=self.driver.now,
            client_order_id=order_id,
            may_send_again=again,
            is_final=final,
            view=self.view(),
        )
        was_unknown = self.driver.order(order_id).is_unknown
        decision = self.tell_decision(command)
        if was_unknown and not final and not decision.actions:
            assert self.driver.order(order_id).is_unknown, "nothing but evidence ends not knowing"

    @precondition(lambda self: self.lost)
    @rule(pick=PICK)
    def settle(self, pick: int) -> None:
        order_id = sorted(self.lost)[pick % len(self.lost)]
        self.tell_decision(SettleUnknown(at=self.driver.now, principal="op", client_order_id=order_id))

    def tell_decision(self, command: NotFound | SettleUnknown) -> Decision:
        decision = self.driver.desk.handle(command)
        self.tell(decision)
        return decision

    @rule(quantity=st.integers(1, 3), buys=st.booleans(), twice=st.booleans())
    def somebody_else_trades(self, quantity: int, buys: bool, twice: bool) -> None:
        name = f"e{next(self.names)}"
        side = Side.BUY if buys else Side.SELL
        signed = side.sign * Decimal(quantity)
        self.executions[name] = (f"ext-{name}", CALL, signed)
        fill = a_fill(str(quantity), "1.00", order_id=f"ext-{name}", exec_id=name, side=side, when=self.driver.now)
        for _ in range(1 + twice):
            self.tell(self.driver.desk.apply(fill))

    @rule()
    def crash(self) -> None:
        """Nothing survives but the images; the new life is the old one, less what only a life knows."""
        self.lives += 1
        before = self.driver.desk._state
        state = self.folding.state()
        assert remembered(state) == remembered(before)
        self.driver.desk = Desk(before.opening, state)
        decision = self.driver.desk.handle(Recover(at=self.driver.now, opening=before.opening))
        assert isinstance(decision.outcome, Done)
        self.tell(decision)
        assert self.driver.desk.trading[0] is not TradingState.ACTIVE
        orders = self.driver.desk.orders.values()
        assert not [order for order in orders if order.state is OrderState.SUBMITTED]
        # The books agree at once here; reconciling has tests of its own.
        self.driver.desk._state.latches.clear()

    @invariant()
    def what_the_images_leave_is_the_desk(self) -> None:
        self.journal()
        assert remembered(self.folding.state()) == remembered(self.driver.desk._state)

    @invariant()
    def what_is_held_is_protected_or_being_closed(self) -> None:
        desk = self.driver.desk
        for group in desk.groups:
            if group.is_open and group.closing is None and group.protection is not None:
                mine = [desk.orders[order_id] for order_id in group.order_ids]
                standing = [order for order in mine if order.state is OrderState.EMULATED]
                assert {order.role for order in standing} == {Role.STOP, Role.TARGET}

    @invariant()
    def no_live_exit_asks_for_more_than_is_held_unless_it_is_being_withdrawn(self) -> None:
        for group in self.driver.desk.groups:
            held = sum((abs(position.quantity) for position in group.holdings), Decimal(0))
            exits = [self.driver.order(i) for i in group.order_ids if self.driver.order(i).role is not Role.ENTRY]
            live = [o for o in exits if o.may_be_at_venue and o.state is not OrderState.PENDING_CANCEL]
            assert all(order.leaves_quantity <= held for order in live)


TestAnyLife: Callable[[], object] = AnyLife.TestCase
AnyLife.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
