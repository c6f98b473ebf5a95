"""What really happened, by the venue's own books, and every promise that was broken on the way."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from tests.simulation.intent_book import IntentBook, intent_of
from tests.simulation.promises import Promise, departures

from adapters.simulated.accounts import SimulatedAccount
from adapters.simulated.faults import Fault
from adapters.simulated.order_book import WorkingOrder
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.events import Execution, Filled
from tradecore.model.money import ZERO, Money, usd
from tradecore.model.terms import Effect, Limit, Side

CAP: Final = usd(500)
# By then a desk knows what others did on its account, whatever the wire does.
_KNOWN_AFTER: Final = timedelta(seconds=90)
_NONE: Final = Decimal(0)


class Broken(StrEnum):
    """Which promise."""

    LOST = "lost"
    DUPLICATE = "duplicate"
    BREACH = "breach"
    UNCONFIRMED = "unconfirmed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise."""

    kind: Broken
    text: str


@dataclass(slots=True)
class Truth:
    """
    Judges every order as it leaves the desk and as the venue receives it, and every execution.

    `durable` tells whether an order id stands in what would survive a loss of power, `killed` whether an engaged kill
    switch does, `unknown` other orders whose outcome the desk has not known for a while; `standing` are the executions
    not taken back. `excused` is what surprises of the broker added to the worst case by themselves, `surprised` the
    intents they changed; `left_at` when an exit of an intent last left the desk.
    """

    account: SimulatedAccount
    now: Callable[[], datetime]
    durable: Callable[[str], bool]
    killed: Callable[[], bool]
    unknown: Callable[[str], list[str]]
    standing: Callable[[], Sequence[Filled]]
    begins_with: Money
    promises: dict[str, Promise] = field(default_factory=dict)
    orders: list[WorkingOrder] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    excused: list[tuple[datetime, Money]] = field(default_factory=list)
    surprised: set[str] = field(default_factory=set)
    tape: list[Execution] = field(default_factory=list)
    book: IntentBook = field(default_factory=IntentBook)
    left_at: dict[str, datetime] = field(default_factory=dict)
    _left: set[str] = field(default_factory=set)
    _closing: set[str] = field(default_factory=set)
    _gross: Counter[tuple[str, str]] = field(default_factory=Counter)
    _is_breached: bool = False
    _covered_until: Money | None = None
    _is_surprising: bool = False

    def note(self, kind: Broken, text: str) -> None:
        """Keep a violation, each text once."""
        violation = Violation(kind, text)
        if violation not in self.violations:
            self.violations.append(violation)

    def leaves(self, order: ConfirmedOrder) -> None:
        """The desk hands an order to the wire."""
        order_id = order.client_order_id
        if not self.durable(order_id):
            self.note(Broken.UNCONFIRMED, f"{order_id} left before its intent was durable")
        if order.effect is Effect.OPEN:
            self._judge_entry(order)
        else:
            self.left_at[intent_of(order_id)] = self.now()
        self._left.add(order_id)

    def received(self, working: WorkingOrder) -> None:
        """The venue takes an order."""
        self.orders.append(working)
        order = working.order
        if not isinstance(order, ConfirmedOrder):
            return
        if order.effect is Effect.CLOSE and intent_of(order.client_order_id) in self.promises:
            # What others opened and the desk closes is not told apart by intents.
            self._closing.add(order.client_order_id)
        self.look()

    def executed(self, execution: Execution) -> None:
        """The venue executes, takes back or restates; `look` once all legs of a unit have."""
        self.tape.append(execution)
        order_id = execution.client_order_id
        if not isinstance(execution, Filled):
            self.surprised.add(intent_of(order_id))
            self.book.book_again(self.standing())
            return
        if not order_id.startswith("tc-") and not self._is_surprising and execution.side is Side.BUY:
            self.excuse(usd(execution.quantity * execution.price * execution.instrument.multiplier) + execution.fee)
        reduces = self.book.book(execution)
        self._gross[order_id, execution.instrument.symbol] += int(execution.quantity)
        if order_id in self._closing and not reduces and intent_of(order_id) not in self.surprised:
            self.note(Broken.DUPLICATE, f"{order_id} closed more than was held")

    def surprise(self, _kind: Fault, act: Callable[[], object]) -> None:
        """Let a surprise happen; what it adds to the worst case was nobody's decision."""
        before = self.worst_case()
        self._is_surprising = True
        act()
        self._is_surprising = False
        after = self.worst_case()
        if after is not None and before is not None:
            self.excuse(after - before)
        elif before is not None:
            # A broker that takes one leg away uncovers the other: nobody's decision, and no bound until it is closed.
            self._covered_until = before - self._excused()
        self.surprised |= self.book.moved_by_others

    def excuse(self, amount: Money) -> None:
        """What nobody decided adds to what can be lost."""
        if amount > ZERO:
            self.excused.append((self.now(), amount))

    def look(self) -> None:
        """Compare the worst case, and what was bought for each promise, with what was allowed."""
        if self._is_surprising:
            return
        self._compare_with_the_cap()
        for working in self.orders:
            order = working.order
            gross = [self._gross[order.client_order_id, leg.instrument.symbol] / leg.ratio for leg in order.legs]
            if max(gross) > order.quantity:
                self.note(Broken.DUPLICATE, f"{order.client_order_id} executed more than its {order.quantity}")
        for intent, bought in _bought_for_promises(self.orders).items():
            promise = self.promises.get(intent)
            if promise is not None and bought > promise.quantity:
                self.note(Broken.DUPLICATE, f"{intent}: {bought} bought or working, {promise.quantity} confirmed")

    def _compare_with_the_cap(self) -> None:
        worst = self.worst_case()
        if self._covered_until is not None:
            if worst is None or any(quantity < 0 for quantity in self.account.holdings.values()):
                return
            self.excuse(worst - self._covered_until - self._excused())
            self._covered_until = None
        if worst is not None and worst > CAP + self._excused() and not self._is_breached:
            self._is_breached = True
            self.note(Broken.BREACH, f"{worst} can be lost, the cap is {CAP} and {self._excused()} were surprises")

    def worst_case(self) -> Money | None:
        """
        What the day can lose if every bought option ends worthless; None while something is uncovered.

        Cash spent so far and what working entries may still spend; profits already made are not counted against it.
        A credit whose leg is still owed is as good as received.
        """
        margin = self.account.margin() if any(q < 0 for q in self.account.holdings.values()) else ZERO
        if margin is None:
            return None
        spent = self.begins_with - self.account.cash
        return spent + margin + usd(max(self.book.realised, _NONE)) + self._reserved() - owed(self.orders)

    def _excused(self) -> Money:
        return sum((money for _, money in self.excused), ZERO)

    def _reserved(self) -> Money:
        total = ZERO
        for working in self.orders:
            terms, order = working.terms, working.order
            if working.is_open and order.effect is Effect.OPEN and isinstance(terms, Limit):
                price = max(terms.price, _NONE)
                total += usd(working.leaves * price * order.legs[0].instrument.multiplier)
        return total

    def _judge_entry(self, order: ConfirmedOrder) -> None:
        order_id = order.client_order_id
        for departure in departures(order, self.promises.get(intent_of(order_id)), again=order_id in self._left):
            self.note(Broken.UNCONFIRMED, departure)
        if self.killed():
            self.note(Broken.UNCONFIRMED, f"{order_id} takes risk and left after the kill switch was engaged")
        for other in self.unknown(order_id):
            self.note(Broken.UNCONFIRMED, f"{order_id} takes risk while the outcome of {other} is not known")
        worst, news = self.worst_case(), self.now() - _KNOWN_AFTER
        allowed = CAP + sum((money for at, money in self.excused if at > news), ZERO)
        if worst is not None and worst + _cost(order) > allowed and self._covered_until is None:
            self.note(Broken.BREACH, f"{order_id} left although {worst} can be lost, and {_cost(order)} more with it")


def _cost(order: ConfirmedOrder) -> Money:
    """What a debit can lose, without its fees."""
    price = max(order.terms.price, _NONE) if isinstance(order.terms, Limit) else _NONE
    return usd(order.quantity * price * order.legs[0].instrument.multiplier)


def owed(orders: Iterable[WorkingOrder]) -> Money:
    """Credits of legs that have not traded yet although their unit has."""
    total = ZERO
    for working in orders:
        for leg, quantity, price in working.owed:
            total += usd(quantity * price * leg.instrument.multiplier * (1 if leg.side is Side.SELL else 0))
    return total


def _bought_for_promises(orders: Sequence[WorkingOrder]) -> dict[str, Decimal]:
    bought: dict[str, Decimal] = {}
    for working in orders:
        order = working.order
        if isinstance(order, ConfirmedOrder) and order.effect is Effect.OPEN:
            units = max(working.of_leg.get(leg.instrument, _NONE) / leg.ratio for leg in order.legs)
            waiting = working.leaves if working.is_open else _NONE
            intent = intent_of(order.client_order_id)
            bought[intent] = bought.get(intent, _NONE) + units + waiting
    return bought
