# mypy: disable-error-code="comparison-overlap"
"""The order transition table, every pair of it, and any order of venue events."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tradecore.errors import IllegalTransition
from tradecore.model.events import (
    Accepted,
    BrokerEvent,
    Busted,
    Canceled,
    CancelRefused,
    Corrected,
    Expired,
    Filled,
    Refused,
    Replaced,
    ReplaceRefused,
    Triggered,
)
from tradecore.model.order_lifecycle import Progress, Step, apply_event, take
from tradecore.model.orders import ENDED, Order, OrderState
from tradecore.model.terms import Limit, Side
from tradecore.testing.builders import CALL, SPY, TEN, a_contract, a_fill, a_leg, an_order

S = OrderState
ID = "tc-i1-0"

# Typed from FIX 4.4 appendix D / NautilusTrader's order model, the house plan (UNKNOWN is left only by the venue's
# evidence, late fills always count, a partial fill never hides a pending cancel, an event that comes twice or too late
# changes nothing, an order we took for never sent lives if the venue says so), not from the code.
# Columns: DENY EMULATE RELEASE SUBMIT LOSE ASK_UPDATE ASK_CANCEL ACCEPT REJECT TRIGGER UPDATE REFUSE_UPDATE CANCEL
#          REFUSE_CANCEL EXPIRE PARTLY_FILL FILL BUST CORRECT;   "=" stays, "<" resumes, "." impossible.
_CODES = {
    "IN": S.INITIALIZED, "DE": S.DENIED, "EM": S.EMULATED, "RE": S.RELEASED, "SU": S.SUBMITTED, "UN": S.UNKNOWN,
    "AC": S.ACCEPTED, "TR": S.TRIGGERED, "PU": S.PENDING_UPDATE, "PC": S.PENDING_CANCEL, "PF": S.PARTIALLY_FILLED,
    "FI": S.FILLED, "CA": S.CANCELED, "EX": S.EXPIRED, "RJ": S.REJECTED,
}  # fmt: skip
_TABLE = """
     DE EM RL SU LO AU AC AP RJ TR UP RU CA RC EX PF FI BU CO
IN   DE EM .  SU .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
EM   .  .  RE .  .  .  .  .  .  .  .  .  CA .  EX .  .  .  .
RE   DE .  .  SU .  .  .  .  .  .  .  .  CA .  .  .  .  .  .
SU   DE .  .  .  UN PU PC AC RJ TR .  .  CA .  EX PF FI .  .
UN   DE .  .  SU =  .  PC AC RJ TR .  =  CA =  EX PF FI .  .
AC   .  .  .  .  .  PU PC =  RJ TR =  =  CA =  EX PF FI .  .
TR   .  .  .  .  .  PU PC =  RJ =  =  =  CA =  EX PF FI .  .
PU   .  .  .  .  UN =  PC =  RJ =  <  <  CA =  EX =  FI .  .
PC   .  .  .  .  =  .  =  =  RJ =  =  =  CA <  EX =  FI .  .
PF   .  .  .  .  UN PU PC =  .  =  =  =  CA =  EX =  FI .  .
FI   .  .  .  .  .  .  .  =  .  =  =  =  =  =  =  .  .  .  .
CA   .  .  .  .  .  .  .  =  .  =  =  =  =  =  =  =  FI .  .
EX   .  .  .  .  .  .  .  =  .  =  =  =  =  =  =  =  FI .  .
RJ   .  .  .  .  .  .  .  .  =  .  .  .  .  =  .  =  FI .  .
DE   .  .  .  .  .  .  .  AC RJ TR .  =  CA =  EX PF FI .  .
"""
_ROWS = [line.split() for line in _TABLE.strip().splitlines()[1:]]
PAIRS = [(_CODES[row[0]], step, row[1 + index]) for row in _ROWS for index, step in enumerate(Step)]


def test_the_table_of_this_test_is_complete() -> None:
    assert len(PAIRS) == len(S) * len(Step) == 285


@pytest.mark.parametrize(("state", "step", "wanted"), PAIRS)
def test_each_pair_of_state_and_step(state: OrderState, step: Step, wanted: str) -> None:
    order = an_order(state=state, resumes=S.ACCEPTED if state in (S.PENDING_CANCEL, S.PENDING_UPDATE) else None)
    if wanted == ".":
        with pytest.raises(IllegalTransition, match=f"{step} is not possible while {state}"):
            take(order, step)
        return
    target = state if wanted == "=" else S.ACCEPTED if wanted == "<" else _CODES[wanted]
    assert take(order, step).state is target


def working(*steps: Step, **changes: object) -> Order:
    """An order for two contracts that the venue accepted, then moved by these steps."""
    order = replace(take(take(an_order(), Step.SUBMIT), Step.ACCEPT), **changes)  # type: ignore[arg-type]
    for step in steps:
        order = take(order, step)
    return order


def after(order: Order, *events: BrokerEvent) -> Progress:
    """What the last of these events did."""
    progress = Progress(order)
    for event in events:
        progress = apply_event(progress.order, event)
    return progress


def test_partial_fills_add_up_to_a_filled_order() -> None:
    """1 at 1.00 and 1 at 1.02: average 1.01, two fees of 0.05."""
    order = after(working(), a_fill("1", "1.00"), a_fill("1", "1.02", exec_id="e2")).order
    assert (order.state, order.cumulative_quantity, order.leaves_quantity) == (S.FILLED, 2, 0)
    assert order.average_price == Decimal("1.01")
    assert order.fees.amount == Decimal("0.10")


def test_the_same_execution_again_changes_nothing() -> None:
    once = after(working(), a_fill()).order
    again = after(once, a_fill())
    assert again.repeated
    assert again.booked is None
    assert again.order == once


@pytest.mark.parametrize("end", [Canceled(ID, TEN), Expired(ID, TEN), Refused(ID, TEN, "no")])
def test_a_fill_after_the_end_is_booked_and_late(end: BrokerEvent) -> None:
    ended = after(working(), end).order
    late = after(ended, a_fill())
    assert late.late
    assert late.booked == a_fill()
    assert late.order.state is ended.state
    assert late.order.cumulative_quantity == 1
    full = after(ended, a_fill("2"))
    assert full.late
    assert full.order.state is S.FILLED


def test_a_fill_that_completes_an_order_is_not_late() -> None:
    assert not after(working(), a_fill("2")).late


@pytest.mark.parametrize(
    "fill",
    [
        a_fill("3"),
        a_fill("0"),
        a_fill("-1"),
        a_fill("NaN", fee="0"),
        a_fill("Infinity", fee="0"),
        a_fill("1", "NaN"),
        a_fill("1", "-0.01"),
        a_fill(side=Side.SELL),
        a_fill(instrument=SPY),
        a_fill(instrument=a_contract("675")),
    ],
    ids=["too much", "none", "negative", "nan", "inf", "nan price", "negative price", "side", "share", "strike"],
)
def test_a_fill_that_contradicts_the_order_is_illegal(fill: Filled) -> None:
    with pytest.raises(IllegalTransition):
        apply_event(working(), fill)


def test_a_pending_cancel_keeps_its_label_on_a_partial_fill_and_resumes_when_refused() -> None:
    asked = take(working(), Step.ASK_CANCEL)
    partly = after(asked, a_fill()).order
    assert (partly.state, partly.cumulative_quantity) == (S.PENDING_CANCEL, 1)
    assert after(partly, CancelRefused(ID, TEN, "too late")).order.state is S.PARTIALLY_FILLED
    assert after(asked, CancelRefused(ID, TEN, "no")).order.state is S.ACCEPTED
    assert after(take(working(Step.TRIGGER), Step.ASK_CANCEL), CancelRefused(ID, TEN, "no")).order.state is S.TRIGGERED


def test_a_cancel_that_loses_the_race_ends_in_a_fill() -> None:
    asked = take(working(), Step.ASK_CANCEL)
    filled = after(asked, a_fill("2")).order
    assert filled.state is S.FILLED
    assert after(filled, CancelRefused(ID, TEN, "filled")).order == filled


def test_what_the_venue_said_while_a_cancel_was_pending_is_not_forgotten() -> None:
    """The acceptance overtook the cancel: once that is refused the order is accepted, not merely submitted."""
    asked = take(take(an_order(), Step.SUBMIT), Step.ASK_CANCEL)
    assert after(asked, Accepted(ID, TEN), CancelRefused(ID, TEN, "no")).order.state is S.ACCEPTED
    assert after(asked, Triggered(ID, TEN), CancelRefused(ID, TEN, "no")).order.state is S.TRIGGERED


def test_a_fill_ends_not_knowing() -> None:
    """An unknown order whose cancel is refused after a fill is partly filled: the venue has shown that it lives."""
    unknown = take(take(take(an_order(), Step.SUBMIT), Step.LOSE), Step.ASK_CANCEL)
    assert after(unknown, CancelRefused(ID, TEN, "no")).order.state is S.UNKNOWN
    assert after(unknown, a_fill(), CancelRefused(ID, TEN, "no")).order.state is S.PARTIALLY_FILLED


def test_a_cancel_during_an_update_resumes_what_was_before_both() -> None:
    order = take(take(working(), Step.ASK_UPDATE), Step.ASK_CANCEL)
    assert after(order, ReplaceRefused(ID, TEN, "no")).order.state is S.PENDING_CANCEL
    assert after(order, CancelRefused(ID, TEN, "no")).order.state is S.ACCEPTED


def test_an_update_changes_quantity_and_price_and_resumes() -> None:
    order = after(working(Step.ASK_UPDATE), Replaced(ID, TEN, Decimal(1), Decimal("1.01"))).order
    assert (order.state, order.quantity, order.terms) == (S.ACCEPTED, 1, Limit(Decimal("1.01")))  # type: ignore[arg-type]


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "Infinity"])
def test_an_update_to_no_quantity_is_illegal(quantity: str) -> None:
    with pytest.raises(IllegalTransition):
        apply_event(working(Step.ASK_UPDATE), Replaced(ID, TEN, Decimal(quantity), None))


def test_an_update_below_what_is_filled_is_illegal() -> None:
    order = take(after(working(quantity=Decimal(3)), a_fill("2")).order, Step.ASK_UPDATE)
    with pytest.raises(IllegalTransition):
        apply_event(order, Replaced(ID, TEN, Decimal(1), None))


def test_an_update_to_what_is_filled_completes_the_order() -> None:
    order = take(after(working(), a_fill()).order, Step.ASK_UPDATE)
    done = after(order, Replaced(ID, TEN, Decimal(1), None)).order
    assert (done.state, done.leaves_quantity) == (S.FILLED, 0)


def test_a_bust_takes_the_quantity_back_and_the_execution_never_returns() -> None:
    filled = after(working(), a_fill("1"), a_fill("1", exec_id="e2")).order
    busted = after(filled, Busted(ID, TEN, "e1"))
    assert busted.withdrawn == a_fill("1")
    assert (busted.order.cumulative_quantity, busted.order.state) == (1, S.PARTIALLY_FILLED)
    assert after(busted.order, a_fill("1")).repeated
    assert after(busted.order, Busted(ID, TEN, "e1")).repeated
    assert after(busted.order, Busted(ID, TEN, "e2")).order.state is S.ACCEPTED


def test_a_bust_that_overtakes_its_fill_voids_it() -> None:
    ahead = after(working(), Busted(ID, TEN, "e1"))
    assert (ahead.withdrawn, ahead.repeated) == (None, False)
    assert after(ahead.order, Busted(ID, TEN, "e1")).repeated
    assert after(ahead.order, a_fill()).repeated
    in_order = after(working(), a_fill(), Busted(ID, TEN, "e1")).order
    assert after(ahead.order, a_fill()).order == in_order


@pytest.mark.parametrize("end", [Canceled(ID, TEN), Expired(ID, TEN)])
def test_a_bust_never_brings_an_ended_order_back_to_life(end: BrokerEvent) -> None:
    part = after(working(), a_fill(), end, Busted(ID, TEN, "e1")).order
    assert (part.state is S.CANCELED or part.state is S.EXPIRED, part.cumulative_quantity) == (True, 0)
    late = after(working(), end, a_fill("2"), Busted(ID, TEN, "e1")).order
    assert late.is_ended


def test_a_correction_restates_quantity_and_price() -> None:
    partly = after(working(), a_fill("1", "1.00")).order
    more = after(partly, Corrected(ID, TEN, "e1", Decimal(2), Decimal("1.01")))
    assert (more.order.cumulative_quantity, more.order.state) == (2, S.FILLED)
    assert more.withdrawn == a_fill("1", "1.00")
    assert more.booked is not None
    assert (more.booked.quantity, more.booked.price) == (2, Decimal("1.01"))
    less = after(more.order, Corrected(ID, TEN, "e1", Decimal(1), Decimal("1.01"))).order
    assert (less.cumulative_quantity, less.state) == (1, S.PARTIALLY_FILLED)
    assert after(less, Corrected(ID, TEN, "e1", Decimal(1), Decimal("1.01"))).repeated


@pytest.mark.parametrize(
    ("quantity", "price"), [("3", "1"), ("0", "1"), ("-1", "1"), ("NaN", "1"), ("1", "NaN"), ("1", "-1")]
)
def test_a_correction_that_contradicts_the_order_is_illegal(quantity: str, price: str) -> None:
    order = after(working(), a_fill("1")).order
    with pytest.raises(IllegalTransition):
        apply_event(order, Corrected(ID, TEN, "e1", Decimal(quantity), Decimal(price)))


def test_a_correction_that_overtakes_its_fill_restates_it() -> None:
    correction = Corrected(ID, TEN, "e1", Decimal(2), Decimal("1.01"))
    ahead = after(working(), correction).order
    assert after(ahead, correction).repeated
    filled = after(ahead, a_fill("1", "1.00"))
    assert filled.booked is not None
    assert (filled.booked.quantity, filled.booked.price) == (2, Decimal("1.01"))
    assert filled.order.fills == after(working(), a_fill("1", "1.00"), correction).order.fills
    assert after(filled.order, a_fill("1", "1.00")).repeated


STORY: list[BrokerEvent] = [
    Accepted(ID, TEN),
    Triggered(ID, TEN),
    a_fill("1", "1.00"),
    a_fill("1", "1.02", exec_id="e2"),
    Busted(ID, TEN, "e2"),
    Canceled(ID, TEN),
]


@settings(max_examples=300, deadline=None)
@given(order=st.permutations(STORY), twice=st.lists(st.sampled_from(STORY), max_size=4))
def test_the_same_events_end_in_the_same_state_in_any_order_and_however_often(
    order: list[BrokerEvent], twice: list[BrokerEvent]
) -> None:
    """One contract bought at 1.00, one taken back, the rest canceled: whatever overtakes what."""
    sent = take(an_order(quantity="3"), Step.SUBMIT)
    done = after(sent, *order, *twice).order
    assert (done.state, done.cumulative_quantity, done.average_price) == (S.CANCELED, 1, Decimal("1.00"))


@pytest.mark.parametrize("lost", [S.UNKNOWN, S.DENIED])
def test_an_order_that_turns_up_is_found_once(lost: OrderState) -> None:
    order = an_order(state=lost)
    for event in (Accepted(ID, TEN), Triggered(ID, TEN), a_fill()):
        progress = after(order, event)
        assert progress.found
        assert progress.order.may_be_at_venue
        assert not after(progress.order, Accepted(ID, TEN)).found
    assert not after(working(), a_fill()).found


SPREAD = (a_leg(), a_leg(a_contract("676"), Side.SELL, 2))


def test_a_unit_of_several_legs_is_filled_when_every_leg_is() -> None:
    """Buy 1 and sell 2 a unit: 2 bought and 3 sold make one unit; 4 sold make two."""
    other = a_contract("676")
    order = working(legs=SPREAD)
    order = after(order, a_fill("2"), a_fill("3", "0.40", exec_id="e2", side=Side.SELL, instrument=other)).order
    assert (order.cumulative_quantity, order.state) == (1, S.PARTIALLY_FILLED)
    order = after(order, a_fill("1", "0.40", exec_id="e3", side=Side.SELL, instrument=other)).order
    assert (order.cumulative_quantity, order.state) == (2, S.FILLED)
    # 1.00 - 2 x 0.40
    assert order.average_price == Decimal("0.20")


class AnyVenueStory(RuleBasedStateMachine):
    """Any venue events in any order; a plain ledger of executions says what has to be true."""

    def __init__(self) -> None:
        super().__init__()
        self.order = take(an_order(*SPREAD, quantity="3"), Step.SUBMIT)
        self.ordered = {CALL: 3, SPREAD[1].instrument: 6}
        self.fills: dict[str, tuple[int, int]] = {}
        self.void: set[str] = set()

    def tell(self, event: BrokerEvent) -> Progress | None:
        before = self.order
        try:
            progress = apply_event(self.order, event)
        except IllegalTransition:
            return None
        self.order = progress.order
        assert not (progress.repeated and progress.order != before)
        return progress

    @rule(step=st.sampled_from([Step.ASK_CANCEL, Step.ASK_UPDATE, Step.LOSE]))
    def ask(self, step: Step) -> None:
        try:
            self.order = take(self.order, step)
        except IllegalTransition:
            return

    @rule(make=st.sampled_from([Accepted, Triggered, Canceled, Expired]))
    def say(self, make: Callable[[str, object], BrokerEvent]) -> None:
        self.tell(make(ID, TEN))

    @rule(make=st.sampled_from([Refused, CancelRefused, ReplaceRefused]))
    def refuse(self, make: Callable[[str, object, str], BrokerEvent]) -> None:
        self.tell(make(ID, TEN, "no"))

    @rule(leg=st.integers(0, 1), quantity=st.integers(1, 4), name=st.integers(1, 6))
    def fill(self, leg: int, quantity: int, name: int) -> None:
        exec_id, one = f"e{name}", SPREAD[leg]
        known = exec_id in self.fills or exec_id in self.void
        total = quantity + sum(q for of, q in self.fills.values() if of == leg)
        late = self.order.state in ENDED
        done = self.tell(a_fill(str(quantity), exec_id=exec_id, side=one.side, instrument=one.instrument))
        if known:
            assert done is not None
            assert done.repeated
        elif total > self.ordered[one.instrument]:
            assert done is None
        else:
            assert done is not None, f"a fill was dropped while {self.order.state}"
            assert done.late == late
            self.fills[exec_id] = (leg, quantity)

    @rule(name=st.integers(1, 6))
    def bust(self, name: int) -> None:
        done = self.tell(Busted(ID, TEN, f"e{name}"))
        assert done is not None
        assert (done.withdrawn is not None) == (f"e{name}" in self.fills)
        self.fills.pop(f"e{name}", None)
        self.void.add(f"e{name}")

    @rule(name=st.integers(1, 6), quantity=st.integers(1, 6))
    def correct(self, name: int, quantity: int) -> None:
        known = f"e{name}" in self.fills
        if known and self.tell(Corrected(ID, TEN, f"e{name}", Decimal(quantity), Decimal(1))) is not None:
            self.fills[f"e{name}"] = (self.fills[f"e{name}"][0], quantity)

    @invariant()
    def cumulative_quantity_is_the_whole_units_of_the_standing_fills(self) -> None:
        bought = sum(q for leg, q in self.fills.values() if leg == 0)
        sold = sum(q for leg, q in self.fills.values() if leg == 1)
        assert self.order.cumulative_quantity == min(bought, sold // 2)
        assert 0 <= self.order.cumulative_quantity <= self.order.quantity
        assert bought <= 3
        assert sold <= 6

    @invariant()
    def the_label_agrees_with_the_quantity(self) -> None:
        if self.order.state is S.FILLED:
            assert self.order.leaves_quantity == 0
        if self.order.leaves_quantity == 0:
            assert self.order.state is S.FILLED


TestAnyVenueStory = AnyVenueStory.TestCase
TestAnyVenueStory.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
