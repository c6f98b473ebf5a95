"""Any order of commands and venue events with condors and standing plans: caps hold, nothing naked is left alone."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.unit.tradecore.desk.test_condors import LEGS

from tradecore.desk.commands import AdjustProtection, ExitCause, PreviewAdjustment, TriggerExit
from tradecore.desk.decisions import Confirmed, Decision, Previewed, Send, TicketKind
from tradecore.desk.groups import Group
from tradecore.desk.standing_commands import FirePlan, PreviewStanding
from tradecore.model.events import Accepted, Expired
from tradecore.model.instruments import Instrument, OptionContract
from tradecore.model.market import MarketView
from tradecore.model.orders import OrderState, Role
from tradecore.model.plans import Proposal
from tradecore.model.terms import Side
from tradecore.risk.picture import TradingState
from tradecore.testing.builders import (
    TODAY,
    a_desk,
    a_fill,
    a_proposal,
    a_quote,
    a_ticket,
    a_view,
    some_greeks,
    some_limits,
    some_protection,
)
from tradecore.testing.desk_driver import DeskDriver

CAP = Decimal(600)
WIDTH = Decimal(2)
MOST_EACH = Decimal(450)
LIMITS = some_limits(
    max_daily_loss=CAP,
    max_daily_loss_pct=Decimal(50),
    max_weekly_loss=Decimal(5_000),
    per_trade_max_loss=MOST_EACH,
    max_heat_pct=Decimal(100),
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
    max_repeated_executions=1000,
)
# Mids of put wing, sold put, sold call, call wing: a credit of 0.72 where nothing moved.
MIDS = tuple(Decimal(mid) for mid in ("0.39", "0.71", "0.93", "0.53"))
PICK = st.integers(0, 10**6)
MOSTLY = st.sampled_from([True, True, False])
MOVES = st.integers(-30, 60)


class AnyCondorDay(RuleBasedStateMachine):
    """A desk that sells condors and arms plans, a broker that fills leg by leg, and a trader who does anything."""

    def __init__(self) -> None:
        super().__init__()
        self.driver = DeskDriver(desk=a_desk(limits=LIMITS))
        self.moved = [Decimal(0)] * len(LEGS)
        self.open_at_venue: dict[str, Send] = {}
        self.legs_filled: dict[str, dict[Instrument, Decimal]] = {}
        self.executions: list[tuple[OptionContract, Decimal]] = []
        self.confirmed: set[str] = set()
        self.bounds: dict[str, tuple[Decimal, Decimal, Decimal]] = {}
        self.names = itertools.count(1)

    def carry_out(self, decision: Decision) -> Decision:
        desk = self.driver.desk
        if isinstance(decision.outcome, Confirmed) and decision.outcome.kind in (TicketKind.OPEN, TicketKind.ARM):
            self.confirmed.add(decision.outcome.intent_id)
        for action in decision.actions:
            if not isinstance(action, Send):
                continue
            order = self.driver.order(action.order.client_order_id)
            assert order.client_order_id not in self.legs_filled, "an order id is sent once"
            self.open_at_venue[order.client_order_id] = action
            self.legs_filled[order.client_order_id] = {}
            if order.role is not Role.ENTRY:
                continue
            intent = order.client_order_id.split("-")[1]
            assert intent in self.confirmed, "an entry left that nobody confirmed"
            assert desk.trading[0] is TradingState.ACTIVE
            exposure = desk.exposure()
            committed = exposure.committed()
            assert committed is not None, "something without a bound was opened"
            assert exposure.loss_today.amount + committed.amount <= CAP, "the gate let more be risked than the cap"
            price = getattr(order.terms, "price", None)
            assert price is not None, "an entry has a price"
            if intent in self.bounds:
                worst_price, most, worst_loss = self.bounds[intent]
                assert price <= worst_price, "a standing plan never pays more than was confirmed"
                assert order.quantity <= most
                lost = (WIDTH + price) * 100 * order.quantity
                assert lost <= worst_loss, "nor risks more"
            assert (WIDTH + price) * 100 * order.quantity <= MOST_EACH
        return decision

    def view(self, worthless: int | None = None) -> MarketView:
        """Each leg two cents wide around its mid; one of them may be offered without a bid."""
        quotes = []
        for index, (leg, mid, moved) in enumerate(zip(LEGS, MIDS, self.moved, strict=True)):
            shown = max(mid + moved, Decimal("0.02"))
            bid = None if index == worthless else str(shown - Decimal("0.01"))
            quotes.append(a_quote(leg.instrument, bid, str(shown + Decimal("0.01")), now=self.driver.now))
        deltas = (-0.18, -0.26, 0.34, 0.18)
        pairs = zip(LEGS, deltas, strict=True)
        greeks = {leg.instrument.symbol: some_greeks(leg.instrument, d, rise=d, fall=d) for leg, d in pairs}
        return a_view(*quotes, greeks=greeks, now=self.driver.now)

    def proposal(self, contracts: int) -> Proposal:
        return a_proposal(
            *LEGS, contracts=str(contracts), strategy="iron_condor_30_delta", label="IC",
            protection=some_protection("100", "50"),
        )  # fmt: skip

    def a_group(self, pick: int) -> Group | None:
        groups = self.driver.desk.groups
        return groups[pick % len(groups)] if groups else None

    # The trader.

    @rule(contracts=st.integers(1, 6))
    def enter(self, contracts: int) -> None:
        if isinstance(self.driver.preview(self.proposal(contracts), view=self.view()).outcome, Previewed):
            self.carry_out(self.driver.confirm(view=self.view()))

    @rule(contracts=st.integers(1, 3))
    def hold(self, contracts: int) -> None:
        self.enter(contracts)
        for _ in LEGS:
            self.fill(len(self.open_at_venue) - 1, leg=0, units=contracts)

    @precondition(lambda self: self.driver.tickets)
    @rule(pick=PICK)
    def confirm_any(self, pick: int) -> None:
        self.carry_out(self.driver.confirm(pick % self.driver.tickets + 1, view=self.view()))

    @rule(
        contracts=st.integers(1, 6),
        worst=st.none() | st.integers(-250, 50),
        confirm=st.sampled_from([True, True, False]),
    )
    def arm(self, contracts: int, worst: int | None, confirm: bool) -> None:
        self.driver.tickets += 1
        command = PreviewStanding(
            at=self.driver.now, principal="model", ticket=a_ticket(self.driver.tickets), parameters=(),
            strategy="iron_condor_30_delta", proposal=self.proposal(contracts), until=None,
            worst_price=None if worst is None else Decimal(worst) / 100, view=self.view(),
        )  # fmt: skip
        shown = self.driver.desk.handle(command)
        if isinstance(shown.outcome, Previewed) and confirm:
            self.carry_out(self.driver.confirm(view=self.view()))
        for plan in self.driver.desk.armed_plans:
            self.bounds[plan.intent_id] = (plan.worst_price, plan.quantity, plan.worst_loss.amount)

    @precondition(lambda self: self.bounds)
    @rule(pick=PICK, contracts=st.integers(1, 6), over=st.sampled_from([False, False, True]))
    def fire(self, pick: int, contracts: int, over: bool) -> None:
        plans = self.driver.desk.armed_plans
        plan_id = plans[pick % len(plans)].plan_id if plans else f"arm-{min(self.bounds)}"
        proposal = None if over else self.proposal(contracts)
        before = {plan.plan_id for plan in plans}
        decision = FirePlan(at=self.driver.now, plan_id=plan_id, proposal=proposal, view=self.view())
        self.carry_out(self.driver.desk.handle(decision))
        gone = before - {plan.plan_id for plan in self.driver.desk.armed_plans}
        assert gone <= {plan_id}, "one plan fires at a time"

    @rule(pick=PICK, stop=st.integers(-400, 100), gain=st.integers(-400, 100), looser=st.booleans())
    def manage(self, pick: int, stop: int, gain: int, looser: bool) -> None:
        group = self.a_group(pick)
        if group is None:
            return
        before = group.exit_levels()
        protection = replace(
            group.protection or some_protection(), stop_level=Decimal(stop) / 100, target_level=Decimal(gain) / 100
        )
        asked: dict[str, Any] = {
            "at": self.driver.now, "principal": "model", "group": group.label, "protection": protection,
        }  # fmt: skip
        if looser:
            self.driver.tickets += 1
            ticket = a_ticket(self.driver.tickets)
            self.carry_out(self.driver.desk.handle(PreviewAdjustment(**asked, ticket=ticket, view=self.view())))
            assert group.exit_levels() == before
            return
        self.carry_out(self.driver.desk.handle(AdjustProtection(**asked, why="asked", view=self.view())))
        for old, new, sign in zip(before, group.exit_levels(), (1, -1), strict=True):
            assert old is None or (new is not None and sign * new >= sign * old), "never left later without a ticket"

    @rule(pick=PICK, part=st.booleans())
    def close(self, pick: int, part: bool) -> None:
        group = self.a_group(pick)
        if group is None:
            return
        if isinstance(
            self.driver.preview_close(group.label, "1" if part else None, view=self.view()).outcome, Previewed
        ):
            self.carry_out(self.driver.confirm(view=self.view()))

    @rule(flatten=st.booleans(), one_in_four=st.integers(0, 3))
    def kill(self, flatten: bool, one_in_four: int) -> None:
        if one_in_four:
            return
        self.carry_out(self.driver.kill(flatten=flatten))
        assert self.driver.desk.armed_plans == ()

    @rule()
    def lift(self) -> None:
        if isinstance(self.driver.preview_lift().outcome, Previewed):
            self.carry_out(self.driver.confirm(view=self.view()))

    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        ids = list(self.driver.desk.orders) or ["none"]
        self.carry_out(self.driver.cancel(ids[pick % len(ids)]))

    # Time, the market, and what the desk's own watch does.

    @rule(seconds=st.sampled_from([0.5, 2, 40]))
    def wait(self, seconds: float) -> None:
        self.driver.wait(seconds)

    @rule(leg=st.integers(0, 3), cents=MOVES)
    def move(self, leg: int, cents: int) -> None:
        self.moved[leg] = Decimal(cents) / 100

    @rule(pick=PICK)
    def step_entries(self, pick: int) -> None:
        intents = sorted(self.confirmed) or ["none"]
        self.carry_out(self.driver.step_entry(intents[pick % len(intents)], view=self.view()))

    @rule(pick=PICK, waited=st.sampled_from(["0", "1", "5"]), worthless=st.none() | st.integers(0, 3))
    def step_exits(self, pick: int, waited: str, worthless: int | None) -> None:
        group = self.a_group(pick)
        if group is not None:
            self.carry_out(self.driver.step_exit(waited, group=group.label, view=self.view(worthless)))

    @rule()
    def watch(self) -> None:
        """As the protection watch does at each step: what lost its cover is closed."""
        for group in self.driver.desk.open_groups:
            if group.closing is None and self.driver.desk.is_left_uncovered(group):
                view, at = self.view(), self.driver.now
                command = TriggerExit(at=at, group=group.label, cause=ExitCause.CUT_OFF, seen=(), view=view)
                self.carry_out(self.driver.desk.handle(command))
                assert group.closing is not None, "a naked leg is never left alone"

    # The venue, true to its own books: legs fill apart, late and in parts; orders end at any time.

    def a_live_id(self, pick: int) -> str | None:
        ids = list(self.open_at_venue)
        return ids[pick % len(ids)] if ids else None

    @rule(pick=PICK)
    def accept(self, pick: int) -> None:
        if (order_id := self.a_live_id(pick)) is not None:
            self.carry_out(self.driver.desk.apply(Accepted(order_id, self.driver.now)))

    @rule(pick=PICK, leg=st.integers(0, 3), units=st.integers(1, 6))
    def fill(self, pick: int, leg: int, units: int) -> None:
        order_id = self.a_live_id(pick)
        if order_id is None:
            return
        order = self.driver.order(order_id)
        done = self.legs_filled[order_id]
        waiting = [one for one in order.legs if done.get(one.instrument, Decimal(0)) < one.ratio * order.quantity]
        chosen = waiting[leg % len(waiting)]
        contract = chosen.instrument
        assert isinstance(contract, OptionContract)
        rest = chosen.ratio * order.quantity - done.get(contract, Decimal(0))
        quantity = min(Decimal(units), rest)
        done[contract] = done.get(contract, Decimal(0)) + quantity
        if all(done.get(one.instrument, Decimal(0)) == one.ratio * order.quantity for one in order.legs):
            del self.open_at_venue[order_id]
        self.executions.append((contract, chosen.side.sign * quantity))
        self.carry_out(self.driver.desk.apply(self._execution(order_id, contract, chosen.side, quantity)))

    def _execution(self, order_id: str, contract: OptionContract, side: Side, quantity: Decimal) -> Any:
        index = next(number for number, leg in enumerate(LEGS) if leg.instrument == contract)
        price = max(MIDS[index] + self.moved[index], Decimal("0.02"))
        return a_fill(
            str(quantity), str(price), order_id=order_id, exec_id=f"e{next(self.names)}", side=side,
            instrument=contract, when=self.driver.now,
        )  # fmt: skip

    @rule(pick=PICK, expired=st.booleans())
    def end(self, pick: int, expired: bool) -> None:
        order_id = self.a_live_id(pick)
        if order_id is None:
            return
        del self.open_at_venue[order_id]
        if expired:
            self.carry_out(self.driver.desk.apply(Expired(order_id, self.driver.now)))
        else:
            self.carry_out(self.driver.canceled(order_id))

    @precondition(lambda self: self.driver.desk.open_groups)
    @rule(pick=PICK)
    def liquidate(self, pick: int) -> None:
        """The broker closes one contract that is held."""
        held = [p for group in self.driver.desk.open_groups for p in group.holdings]
        position = held[pick % len(held)]
        contract, side = position.instrument, Side.SELL if position.quantity > 0 else Side.BUY
        assert isinstance(contract, OptionContract)
        name = f"ext-{next(self.names)}"
        self.executions.append((contract, side.sign * Decimal(1)))
        self.carry_out(self.driver.desk.apply(self._execution(name, contract, side, Decimal(1))))

    # What holds at every moment.

    @invariant()
    def the_groups_add_up_to_the_broker_s_position(self) -> None:
        ours: dict[object, Decimal] = {}
        for group in self.driver.desk.groups:
            for position in group.holdings:
                ours[position.instrument] = ours.get(position.instrument, Decimal(0)) + position.quantity
        theirs: dict[object, Decimal] = {}
        for contract, signed in self.executions:
            theirs[contract] = theirs.get(contract, Decimal(0)) + signed
        assert {k: v for k, v in ours.items() if v} == {k: v for k, v in theirs.items() if v}

    @invariant()
    def one_exit_of_a_group_works_and_asks_for_no_more_than_is_held(self) -> None:
        for group in self.driver.desk.groups:
            mine = [self.driver.order(order_id) for order_id in group.order_ids]
            live = [o for o in mine if o.role is not Role.ENTRY and o.may_be_at_venue]
            wanted = [o for o in live if o.state is not OrderState.PENDING_CANCEL]
            assert len(wanted) <= 1
            assert not [o for o in wanted if group.holds_less_than(o)]

    @invariant()
    def what_is_held_whole_has_a_stop_and_a_target_or_is_being_closed(self) -> None:
        desk = self.driver.desk
        for group in desk.open_groups:
            if group.closing is not None or group.protection is None:
                continue
            standing = [o for o in desk.orders.values() if o.group == group.label and o.state is OrderState.EMULATED]
            if group.open_units():
                assert {order.role for order in standing} == {Role.STOP, Role.TARGET}
                assert all(order.quantity == group.open_units() for order in standing)

    @invariant()
    def results_equal_the_cash_of_the_standing_fills(self) -> None:
        desk = self.driver.desk
        fills = [fill for order in desk.orders.values() for fill in order.fills]
        cash = sum((-f.side.sign * f.quantity * f.price * 100 - f.fee.amount for f in fills), Decimal(0))
        held = sum((p.cost * 100 for group in desk.groups for p in group.holdings), Decimal(0))
        booked = sum((g.realised.amount - g.fees.amount for g in desk.groups), Decimal(0))
        assert abs(booked - held - cash) < Decimal("1e-9")
        day = desk.day.result(TODAY)
        assert abs((day.realised - day.fees).amount - booked) < Decimal("1e-9")


TestAnyCondorDay: Callable[[], object] = AnyCondorDay.TestCase
AnyCondorDay.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
