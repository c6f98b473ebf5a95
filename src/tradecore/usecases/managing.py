"""Managing what is held: a stop, a target, break-even, a trailing stop. Tighter works at once, looser by a ticket."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from typing import Final

from tradecore.desk.adjusting import is_looser
from tradecore.desk.commands import AdjustProtection, PreviewAdjustment
from tradecore.desk.decisions import Done, Refused
from tradecore.desk.groups import Group
from tradecore.errors import InvalidRequest
from tradecore.model.money import CENT
from tradecore.model.plans import Protection
from tradecore.usecases.answers import ActionAnswer, PreviewAnswer, RefusedAnswer
from tradecore.usecases.floor import TradingFloor, decide
from tradecore.usecases.previewing import new_ticket, ticket_answer
from tradecore.usecases.views import quotes_view

_NOTHING: Final = Protection(stop_pct=None, target_pct=None, out_by=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """
    How a group is to be left; what is None stays as it is.

    `stop` and `target` are the net price of one unit at which it would be closed: what is received for something
    bought, what is paid for something sold. `trail` is the distance in that price by which the stop follows the best
    seen, `break_even` a stop at what the unit cost, or brought.
    """

    stop: Decimal | None = None
    target: Decimal | None = None
    trail: Decimal | None = None
    break_even: bool = False


async def manage(
    floor: TradingFloor, principal: str, label: str, wish: Wish, arguments: Mapping[str, str]
) -> ActionAnswer | PreviewAnswer | RefusedAnswer:
    """
    Change how one open group is left; a ticket, where one is needed, is bound to `arguments`.

    Raises:
        InvalidRequest: No such group, nothing is wished for, two stops are, or a price is not above zero.
    """
    group = next((one for one in floor.desk.open_groups if one.label == label), None)
    if group is None:
        held = ", ".join(one.label for one in floor.desk.open_groups) or "nothing"
        raise InvalidRequest(f"no open group {label[:40]!r}; open: {held}")
    protection = wished(group, wish)
    view = await quotes_view(floor)
    if wish.trail is not None:
        protection = trailed(group, protection, group.closing_value(view)) or protection
    if is_looser(group, protection):
        token, ticket = new_ticket(floor, (("adjust", label), *sorted(arguments.items())))
        asked = PreviewAdjustment(
            at=floor.clock.now(), principal=principal, ticket=ticket, group=label, protection=protection, view=view
        )
        return ticket_answer(floor, await decide(floor, asked), token)
    why = f"{principal} asked"
    command = AdjustProtection(
        at=floor.clock.now(), principal=principal, group=label, protection=protection, why=why, view=view
    )
    outcome = (await decide(floor, command)).outcome
    if isinstance(outcome, Refused):
        return RefusedAnswer(status="refused", refusal=outcome)
    if not isinstance(outcome, Done):
        raise TypeError(f"an adjustment can't end in {type(outcome).__name__}")
    armed = tuple(group.armed[role] for role in sorted(group.armed))
    return ActionAnswer(status="done", what=outcome.what, order_ids=armed)


def wished(group: Group, wish: Wish) -> Protection:
    """
    The group's way out with the wishes in place.

    Raises:
        InvalidRequest: Nothing is wished for, two stops are, or a price is not above zero.
    """
    _check(wish)
    found = group.protection or _NOTHING
    bought = group.unit_cost() >= 0
    if wish.break_even:
        # On the cent, and never below what the unit cost.
        found = replace(found, stop_level=group.unit_cost().quantize(CENT, ROUND_CEILING), trail=None)
    elif wish.stop is not None:
        found = replace(found, stop_level=wish.stop if bought else -wish.stop, trail=None)
    elif wish.trail is not None:
        found = replace(found, trail=wish.trail)
    if wish.target is not None:
        found = replace(found, target_level=wish.target if bought else -wish.target)
    return found


def _check(wish: Wish) -> None:
    stops = [wish.stop is not None, wish.trail is not None, wish.break_even]
    if not any(stops) and wish.target is None:
        raise InvalidRequest("say what to change: stop, target, trail or break_even")
    if sum(stops) > 1:
        raise InvalidRequest("give one of stop, trail and break_even")
    for name, value in (("stop", wish.stop), ("target", wish.target), ("trail", wish.trail)):
        if value is not None and value <= 0:
            raise InvalidRequest(f"{name} must be above zero, not {value}")


def trailed(group: Group, protection: Protection, value: Decimal | None) -> Protection | None:
    """The way out with its stop moved up to `trail` below this closing value; None where that is no step forward."""
    if protection.trail is None or value is None:
        return None
    level = (value - protection.trail).quantize(CENT)
    stop, _ = group.exit_levels()
    step = max(group.plan.legs[0].instrument.tick(abs(value)), protection.trail / 10)
    if stop is not None and level < stop + step:
        return None
    return replace(protection, stop_level=level)
