"""What an order on offer, or a group, makes at each price of the underlying: now, and at expiry."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tradecore.analysis.expiry_odds import Rung, Units, profit_ladder
from tradecore.desk.groups import Group
from tradecore.errors import InvalidRequest
from tradecore.model.instruments import Instrument, OptionContract
from tradecore.model.payoff import at_expiry
from tradecore.model.plans import PlannedOrder
from tradecore.model.terms import legs_text
from tradecore.usecases.floor import TradingFloor, hash_token
from tradecore.usecases.views import fresh_view, known_greeks

_STEPS: Final = 80
_WIDTH: Final = Decimal("0.025")


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoffCurve:
    """Dollars made at rising prices of the underlying; `break_evens` at expiry, `spot` is its mid now."""

    title: str
    spot: Decimal
    points: tuple[Rung, ...]
    break_evens: tuple[Decimal, ...]


async def payoff_curve(floor: TradingFloor, principal: str, subject: str) -> PayoffCurve:
    """
    The curve of an open group (by its label), or of an order that was previewed (by its confirm token).

    An order counts at its worst price with the fees of both ways, a group at what was paid.

    Raises:
        InvalidRequest: Neither is known, it is not of options alone, or the underlying has no price.
    """
    title, holdings, cost = _of_group(floor, subject) or _of_ticket(floor, principal, subject)
    units: Units = [(one, quantity) for one, quantity in holdings if isinstance(one, OptionContract)]
    if not units or len(units) < len(holdings):
        raise InvalidRequest("only options have a curve")
    view = await fresh_view(floor, [one for one, _ in units])
    quote = view.quote(floor.underlying)
    if quote is None or quote.mid is None:
        raise InvalidRequest(f"no two-sided quote of {floor.underlying.symbol}: no curve")
    now = floor.clock.now()
    spots = [quote.mid * (1 + _WIDTH * (2 * Decimal(step) / _STEPS - 1)) for step in range(_STEPS + 1)]
    points = profit_ladder(units, cost, spots, known_greeks(floor, [one for one, _ in units], now), now)
    return PayoffCurve(title=title, spot=quote.mid, points=points, break_evens=at_expiry(units, cost).break_evens)


_Priced = tuple[str, list[tuple[Instrument, Decimal]], Decimal]


def _of_group(floor: TradingFloor, label: str) -> _Priced | None:
    group: Group | None = next((one for one in floor.desk.open_groups if one.label == label), None)
    if group is None:
        return None
    held = [(position.instrument, position.quantity) for position in group.holdings]
    cost = sum((position.cost * position.instrument.multiplier for position in group.holdings), Decimal(0))
    return f"{label}: what is held", held, cost


def _of_ticket(floor: TradingFloor, principal: str, token: str) -> _Priced:
    ticket = floor.desk.open_ticket(hash_token(token), principal)
    if ticket is None or len(ticket.orders) != 1 or ticket.orders[0].group is not None:
        held = ", ".join(group.label for group in floor.desk.open_groups) or "none"
        raise InvalidRequest(f"subject: the confirm token of an opening preview, or an open group ({held})")
    plan: PlannedOrder = ticket.orders[0]
    if plan.worst_price is None:
        raise InvalidRequest("this order has no worst price, so it has no curve")
    ordered = [(leg.instrument, leg.side.sign * leg.ratio * plan.quantity) for leg in plan.legs]
    sign = plan.legs[0].side.sign if len(plan.legs) == 1 else 1
    fees = floor.desk.opening.fees
    paid = sum((fees.round_trip(leg.instrument, leg.ratio * plan.quantity).amount for leg in plan.legs), Decimal(0))
    cost = sign * plan.worst_price * plan.legs[0].instrument.multiplier * plan.quantity + paid
    return f"{plan.strategy}: {legs_text(plan.legs)} x {plan.quantity}", ordered, cost
