"""What really happened, by the venue's own books, and every promise that was broken on the way."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from adapters.simulated.accounts import SimulatedAccount
from adapters.simulated.faults import Fault
from adapters.simulated.order_book import WorkingOrder
from tradecore.model.confirmed import ConfirmedOrder
from tradecore.model.events import Execution, Filled
from tradecore.model.money import ZERO, Money, usd
from tradecore.model.terms import Effect, Limit, Side

CAP: Final = usd(500)
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
class Promise:
    """What one preview offered: so many units, until then; `given` once its exact token came back in time."""

    quantity: Decimal
    expires_at: datetime
    given: bool = False


@dataclass(slots=True)
class _Holding:
    quantity: Decimal = _NONE
    cost: Decimal = _NONE


@dataclass(slots=True)
class Truth:
    """
    Judges every order as it leaves the desk and as the venue receives it, and every execution.

    `durable` tells whether an order id stands in what would survive a loss of power, `killed` whether an engaged kill
    switch does; `standing` are the executions not taken back. `excused` is what surprises of the broker added to the
    worst case by themselves.
    """

    account: SimulatedAccount
    durable: Callable[[str], bool]
    killed: Callable[[], bool]
    standing: Callable[[], Sequence[Filled]]
    begins_with: Money
    promises: dict[str, Promise] = field(default_factory=dict)
    orders: list[WorkingOrder] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    excused: Money = ZERO
    tape: list[Execution] = field(default_factory=list)
    _gross: Counter[tuple[str, str]] = field(default_factory=Counter)
    _holdings: dict[tuple[str, str], _Holding] = field(default_factory=dict)
    _realised: Decimal = _NONE
    _is_breached: bool = False

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
        if order.effect is Effect.OPEN and self.killed():
            self.note(Broken.UNCONFIRMED, f"{order_id} takes risk and left after the kill switch was engaged")

    def received(self, working: WorkingOrder) -> None:
        """The venue takes an order."""
        self.orders.append(working)
        order = working.order
        if not isinstance(order, ConfirmedOrder):
            return
        if order.effect is Effect.OPEN:
            self._judge_entry(order)
        self.look()

    def executed(self, execution: Execution) -> None:
        """The venue executes, takes back or restates; `look` once all legs of a unit have."""
        self.tape.append(execution)
        if isinstance(execution, Filled):
            self._book(execution)
            self._gross[execution.client_order_id, execution.instrument.symbol] += int(execution.quantity)
        else:
            self._book_again()

    def surprise(self, _: Fault, act: Callable[[], object]) -> None:
        """Let a surprise happen; what it adds to the worst case was nobody's decision."""
        before = self.worst_case()
        excused, self.excused = self.excused, usd(10**9)
        act()
        after = self.worst_case()
        self.excused = excused
        if before is not None and after is not None:
            self.excused += (after - before).at_least_zero()
        # A broker that takes one leg away uncovers the other: nobody's decision, and no bound until it is closed.

    def excuse(self, amount: Money) -> None:
        """A leg that was owed never trades."""
        self.excused += amount

    def look(self) -> None:
        """Compare the worst case, and what was bought for each promise, with what was allowed."""
        worst = self.worst_case()
        if worst is not None and worst > CAP + self.excused and not self._is_breached:
            self._is_breached = True
            self.note(Broken.BREACH, f"{worst} can be lost, the cap is {CAP} and {self.excused} were surprises")
        for working in self.orders:
            order = working.order
            gross = [self._gross[order.client_order_id, leg.instrument.symbol] / leg.ratio for leg in order.legs]
            if max(gross) > order.quantity:
                self.note(Broken.DUPLICATE, f"{order.client_order_id} executed more than its {order.quantity}")
        for intent, bought in _bought_for_promises(self.orders).items():
            promise = self.promises.get(intent)
            if promise is not None and bought > promise.quantity:
                self.note(Broken.DUPLICATE, f"{intent}: {bought} bought or working, {promise.quantity} confirmed")

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
        return spent + margin + usd(max(self._realised, _NONE)) + self._reserved() - owed(self.orders)

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
        promise = self.promises.get(intent_of(order_id))
        if promise is None or not promise.given:
            self.note(Broken.UNCONFIRMED, f"{order_id} takes risk that nobody confirmed")
        elif order_id.endswith("-0") and order.confirmed_at >= promise.expires_at:
            self.note(Broken.UNCONFIRMED, f"{order_id} was confirmed when its ticket had expired")

    def _book_again(self) -> None:
        self._holdings.clear()
        self._realised = _NONE
        for fill in self.standing():
            self._book(fill)

    def _book(self, fill: Filled) -> None:
        # Average cost, one book per intent: groups of the same contract do not net against each other.
        held = self._holdings.setdefault((intent_of(fill.client_order_id), fill.instrument.symbol), _Holding())
        signed = fill.side.sign * fill.quantity
        if held.quantity * signed >= 0:
            held.cost += signed * fill.price
        else:
            closing = min(abs(signed), abs(held.quantity)) * (1 if signed > 0 else -1)
            average = held.cost / held.quantity
            self._realised += -closing * (fill.price - average) * fill.instrument.multiplier
            held.cost += closing * average + (signed - closing) * fill.price
        held.quantity += signed


def intent_of(order_id: str) -> str:
    """The intent an order id of ours names; other orders name themselves."""
    parts = order_id.split("-")
    return parts[1] if parts[0] == "tc" and len(parts) == 3 else order_id


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
