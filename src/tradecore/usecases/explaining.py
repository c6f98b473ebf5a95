"""Why something was refused, closed or cancelled: the figures, the rule, who set it, and what would have passed."""

from dataclasses import dataclass

from tradecore.desk.groups import Group
from tradecore.errors import InvalidRequest
from tradecore.risk.gate import CHECKS
from tradecore.risk.verdict import CheckResult
from tradecore.usecases.answers import OrderLine
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.orders import order_line
from tradecore.usecases.updates import Update

_HISTORY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """
    What is known of one thing.

    `figures` are the failed checks, or of a check what it said last; `set_by` names where the limits came from;
    `smallest_change` is (argument, value); `history` its updates, oldest first.
    """

    subject: str
    what: str
    why: str
    next_step: str
    set_by: str
    figures: tuple[CheckResult, ...] = ()
    smallest_change: tuple[tuple[str, str], ...] = ()
    order: OrderLine | None = None
    history: tuple[Update, ...] = ()


def explain(floor: TradingFloor, subject: str | None) -> Explanation:
    """
    Explain a refusal, an order, a group, a check or an update; without a subject the newest refusal.

    Raises:
        InvalidRequest: Nothing of that name is known.
    """
    found = floor.updates.last_refusal if subject is None else None
    if subject is None and found is None:
        raise InvalidRequest("nothing was refused yet; name an order, a group, an update's id or a check")
    name = subject or (found.subject if found else "")
    if found is None:
        found = next((u for u in reversed(floor.updates.about(name)) if u.refusal is not None), None)
    if found is not None and found.refusal is not None:
        return _of_refusal(floor, found)
    if name in floor.desk.orders:
        return _of_order(floor, name)
    group = next((group for group in floor.desk.groups if group.label == name), None)
    if group is not None:
        return _of_group(floor, group)
    if name in CHECKS:
        return _of_check(floor, name)
    history = floor.updates.about(name)[-_HISTORY:]
    if not history:
        raise InvalidRequest(f"nothing is known of {name[:64]!r}; name an order, a group, an update's id or a check")
    last = history[-1]
    return Explanation(
        subject=name, what=last.kind, why=last.text, next_step="", set_by=_set_by(floor), history=history
    )


def _of_refusal(floor: TradingFloor, update: Update) -> Explanation:
    refusal = update.refusal
    if refusal is None:
        raise TypeError("this update is no refusal")
    verdict = refusal.preview.verdict if refusal.preview else None
    return Explanation(
        subject=str(update.number),
        what=f"refused: {refusal.code}",
        why=refusal.message,
        next_step=refusal.next_step,
        set_by=_set_by(floor),
        figures=verdict.failed if verdict else (),
        smallest_change=tuple((c.argument, c.value) for c in verdict.smallest_change) if verdict else (),
    )


def _of_order(floor: TradingFloor, order_id: str) -> Explanation:
    line = order_line(floor.desk.orders[order_id])
    group = next(group for group in floor.desk.groups if group.label == line.group)
    return Explanation(
        subject=order_id,
        what=f"{line.role} of {line.group}: {line.state}",
        why=line.reason,
        next_step="" if group.is_open or line.filled_quantity < line.quantity else "nothing is open",
        set_by=f"{group.authority}; {_set_by(floor)}",
        order=line,
        history=floor.updates.about(order_id)[-_HISTORY:],
    )


def _of_group(floor: TradingFloor, group: Group) -> Explanation:
    history = [update for order_id in group.order_ids for update in floor.updates.about(order_id)]
    history += floor.updates.about(group.label)
    history.sort(key=lambda update: update.number)
    closing = group.closing
    state = "is being closed" if closing else ("is open" if group.is_open else "is flat")
    return Explanation(
        subject=group.label,
        what=f"{group.label} ({group.plan.strategy}) {state}",
        why=closing.reason if closing else group.plan.reason,
        next_step="",
        set_by=f"{closing.authority if closing else group.authority}; {_set_by(floor)}",
        history=tuple(history[-_HISTORY:]),
    )


def _of_check(floor: TradingFloor, name: str) -> Explanation:
    refusal = floor.updates.last_refusal
    verdict = refusal.refusal.preview.verdict if refusal and refusal.refusal and refusal.refusal.preview else None
    seen = tuple(check for check in verdict.checks if check.name == name) if verdict else ()
    return Explanation(
        subject=name,
        what="a check of the risk gate",
        why=seen[0].message if seen and seen[0].message else "every opening order passes it, at preview and at confirm",
        next_step="",
        set_by=_set_by(floor),
        figures=seen,
    )


def _set_by(floor: TradingFloor) -> str:
    limits = floor.desk.opening.limits
    return f"limits {limits.profile}, {limits.hash[:12]}"
