"""Starting again, and comparing our books with the broker's."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from tradecore.desk.commands import Halt, NoteLoss, NoteProtection, OpenDay, Reconcile, Recover, Resume
from tradecore.desk.decisions import Action, CancelAtBroker, Decision, Difference, Done, Reconciled
from tradecore.desk.external import adopt_order
from tradecore.desk.groups import Group
from tradecore.desk.latches import OPERATORS, Latch
from tradecore.desk.losses import loss_readings, note_loss
from tradecore.desk.state import DeskState, EntryRun, Mismatch
from tradecore.model.alerts import Alert, Severity
from tradecore.model.money import CENT, Money
from tradecore.model.order_lifecycle import Step, take
from tradecore.model.orders import Order, OrderState
from tradecore.model.standing import StandingPlan

LASTING: Final = timedelta(seconds=5)
_CASH: Final = "cash"


def recover(state: DeskState, command: Recover) -> Decision:
    """
    A new life of the desk: what was on its way is unknown, price steps end, nothing is opened before the books agree.
    """
    state.opening = command.opening
    state.tickets.retire()
    lost = tuple(_lost_plan(plan) for plan in state.armed.values())
    state.armed.clear()
    state.latches[Latch.STARTING] = "starting: not reconciled with the broker yet"
    state.mismatches.clear()
    unknown = [order for order in state.orders.values() if _was_on_its_way(order)]
    for order in unknown:
        state.keep(take(order, Step.LOSE))
    wanted = set(state.entries)
    state.entries.clear()
    actions: list[Action] = []
    for group in state.groups.values():
        actions += _end_entry(state, group, wanted=group.intent_id in wanted)
    ids = tuple(order.client_order_id for order in unknown)
    return Decision(outcome=Done(what="recovered", order_ids=ids), actions=tuple(actions), alerts=lost)


def _lost_plan(plan: StandingPlan) -> Alert:
    text = f"{plan.text}: no longer armed since the desk was started anew; arm it again if it is still wanted"
    return Alert("PLAN_LOST", Severity.CRITICAL, text)


def _was_on_its_way(order: Order) -> bool:
    pending = order.state is OrderState.PENDING_CANCEL and order.resumes is OrderState.SUBMITTED
    return pending or order.state is OrderState.SUBMITTED


def _end_entry(state: DeskState, group: Group, *, wanted: bool) -> Iterator[Action]:
    """Withdraw what works; an entry that rests with its own terms, and that nobody took back, goes on resting."""
    for order in state.entry_orders(group):
        if not order.may_be_at_venue:
            continue
        if order.state is OrderState.PENDING_CANCEL:
            # Nobody knows whether the former life's request left: it is asked for again.
            yield CancelAtBroker(order.client_order_id)
        elif wanted and not group.plan.adaptive and group.plan.worst_price is not None:
            state.entries[group.intent_id] = EntryRun(group.intent_id, group.label, group.plan.worst_price)
        elif order.state is not OrderState.UNKNOWN:
            state.keep(take(order, Step.ASK_CANCEL))
            yield CancelAtBroker(order.client_order_id)


def open_day(state: DeskState, command: OpenDay) -> Decision:
    """A trading day begins: counters at zero; what was only armed or previewed is over."""
    state.day.begin(command.day, command.equity)
    state.tickets.end_day()
    state.armed.clear()
    state.latches.pop(Latch.DAILY_LOSS, None)
    state.warned_pct = 0
    return Decision(outcome=Done(what=f"trading day {command.day}"))


def reconcile(state: DeskState, command: Reconcile) -> Decision:
    """
    Compare the broker's open orders, positions and cash with ours.

    Orders of others are adopted. A difference that is seen for the first time is reported; one that lasts locks its
    instrument (cash: latches the desk) and is alerted, until the books agree again.
    """
    adopted = [report for report in command.orders if report.open and report.client_order_id not in state.orders]
    alerts = [adopt_order(state, report, command.at) for report in adopted]
    found = dict(_mismatches(state, command))
    kept = {key: _since(state, key, text, command.at) for key, text in found.items()}
    lasting = {key: one.text for key, one in kept.items() if command.at - one.since >= LASTING}
    alerts += _lock(state, lasting)
    state.mismatches = kept
    if len(lasting) == len(kept):
        state.latches.pop(Latch.STARTING, None)
    differences = [Difference("order", r.client_order_id, "not ours", "open", "adopted") for r in adopted]
    differences += [_difference(key, text, lasting) for key, text in found.items()]
    return Decision(outcome=Reconciled(differences=tuple(differences)), alerts=tuple(alerts))


def _mismatches(state: DeskState, command: Reconcile) -> Iterator[tuple[str, str]]:
    ours: dict[str, Decimal] = {}
    for group in state.open_groups:
        for held in group.holdings:
            ours[held.instrument.symbol] = ours.get(held.instrument.symbol, Decimal(0)) + held.quantity
    brokers = {position.instrument.symbol: position.quantity for position in command.positions}
    for symbol in sorted({*ours, *brokers}):
        mine, theirs = ours.get(symbol, Decimal(0)), brokers.get(symbol, Decimal(0))
        if mine != theirs:
            yield symbol, f"{mine:f} here, {theirs:f} at the broker"
    expected = expected_cash(state)
    # Average costs are divided, and what is divided does not end; a broker's cash does, with the cent.
    if abs((expected - command.account.cash).amount) >= CENT / 2:
        yield _CASH, f"{expected} here, {command.account.cash} at the broker"


def expected_cash(state: DeskState) -> Money:
    """Cash by our own books: what the account began with, and every fill and fee since."""
    cash = state.opening.cash if state.opening.cash is not None else state.opening.equity
    for group in state.groups.values():
        cash += group.realised - group.fees
    return cash - state.held_cost()


def _since(state: DeskState, key: str, text: str, now: datetime) -> Mismatch:
    before = state.mismatches.get(key)
    return before if before is not None and before.text == text else Mismatch(text, now)


def _lock(state: DeskState, lasting: Mapping[str, str]) -> Iterator[Alert]:
    symbols = {key: text for key, text in lasting.items() if key != _CASH}
    for symbol, text in symbols.items():
        if state.locks.get(symbol) != text:
            yield Alert("POSITION_MISMATCH", Severity.CRITICAL, f"{symbol}: {text}; nothing is opened in it")
    for symbol in [symbol for symbol in state.locks if symbol not in symbols]:
        yield Alert("POSITION_AGREES", Severity.INFO, f"{symbol}: the books agree again")
    state.locks = symbols
    if _CASH in lasting and Latch.BOOKS not in state.latches:
        yield Alert("CASH_MISMATCH", Severity.CRITICAL, f"cash: {lasting[_CASH]}; nothing is opened")
    if _CASH in lasting:
        state.latches[Latch.BOOKS] = f"cash differs: {lasting[_CASH]}"
    elif state.latches.pop(Latch.BOOKS, None):
        yield Alert("CASH_AGREES", Severity.INFO, "cash: the books agree again")


def _difference(key: str, text: str, lasting: Mapping[str, str]) -> Difference:
    ours, _, brokers = text.partition(", ")
    kind = "cash" if key == _CASH else "position"
    return Difference(kind, key, ours, brokers, "alerted" if key in lasting else "reported")


def take_loss(state: DeskState, command: NoteLoss) -> Decision:
    """Warn of the day's loss, or latch, by the worst of its three readings."""
    readings = loss_readings(state, command.view)
    worst = readings.worst
    if worst is None:
        return Decision(outcome=Done(what="the day's loss can't be measured"))
    equity = command.view.account.equity if command.view.account else None
    alerts = note_loss(state, worst, equity)
    return Decision(outcome=Done(what=f"daily loss {worst}"), alerts=tuple(alerts))


def note_protection(state: DeskState, command: NoteProtection) -> Decision:
    """Take no more risk while something held is not protected; go on once all of it is."""
    before = state.latches.get(Latch.UNPROTECTED)
    if not command.unprotected:
        state.latches.pop(Latch.UNPROTECTED, None)
        alerts = (Alert("PROTECTED_AGAIN", Severity.INFO, "everything held is protected again"),) if before else ()
        return Decision(outcome=Done(what="all protected"), alerts=alerts)
    text = protection_text(command.unprotected, command.reason)
    if text is None:
        raise ValueError("nothing is unprotected")
    state.latches[Latch.UNPROTECTED] = text
    alert = Alert("UNPROTECTED", Severity.CRITICAL, text)
    return Decision(outcome=Done(what=text), alerts=() if before == text else (alert,))


def protection_text(unprotected: tuple[str, ...], reason: str) -> str | None:
    """What the latch says of these groups; None when there are none."""
    return f"not protected: {', '.join(unprotected)}: {reason}" if unprotected else None


def halt(state: DeskState, command: Halt) -> Decision:
    """The operator stops everything but cancels; what is left without protection is told."""
    state.latches[Latch.HALT] = f"halted by {command.principal}: {command.reason}"
    held = ", ".join(f"{g.label} {g.open_units():f}" for g in state.open_groups) or "nothing"
    text = f"{state.latches[Latch.HALT]}; left without protection: {held}"
    return Decision(outcome=Done(what=text), alerts=(Alert("HALTED", Severity.CRITICAL, text),))


def resume(state: DeskState, command: Resume) -> Decision:
    """The operator releases what only the operator may: halt, kill switch, weekly loss, drawdown, strategies."""
    released = [str(latch) for latch in OPERATORS if state.latches.pop(latch, None)]
    released += [f"strategy {name}" for name in state.stopped]
    state.stopped.clear()
    if command.equity is not None and str(Latch.DRAWDOWN) in released:
        state.day.high_water, state.day.changed = command.equity, True
    left = ", ".join(f"{latch} ({reason})" for latch, reason in state.latches.items())
    text = f"resumed by {command.principal}: released {', '.join(released) or 'nothing'}"
    text += f"; still holds: {left}" if left else ""
    return Decision(outcome=Done(what=text), alerts=(Alert("RESUMED", Severity.WARNING, text),))
