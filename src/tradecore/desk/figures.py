"""What an order would mean in dollars and greeks: the figures a person judges a preview by."""

from decimal import Decimal

from tradecore.desk.decisions import Figures, PositionGreeks
from tradecore.desk.groups import levels
from tradecore.desk.state import DeskState
from tradecore.model.instruments import OptionContract
from tradecore.model.market import MarketView
from tradecore.model.money import ZERO, Money, usd
from tradecore.model.payoff import Payoff, at_expiry
from tradecore.model.plans import PlannedOrder
from tradecore.model.terms import Leg
from tradecore.risk.checks_exposure import daily_loss_cap, loss_so_far
from tradecore.risk.outcome import MissingInput
from tradecore.risk.picture import RiskPicture


def opening_figures(state: DeskState, picture: RiskPicture) -> Figures:
    """Cost, extremes at expiry, planned and worst loss, exits and greeks of an opening order at its worst price."""
    order = picture.order
    fees = sum((state.opening.fees.round_trip(leg.instrument, leg.ratio * order.quantity) for leg in order.legs), ZERO)
    payoff = _payoff(order, picture.cost)
    stop = target = None
    if order.protection is not None and order.worst_price is not None:
        sign = order.legs[0].side.sign if len(order.legs) == 1 else 1
        stop, target = levels(sign * order.worst_price, order.protection, order.legs)
    before = _budget(picture)
    after = before - picture.worst_loss if before is not None and picture.worst_loss is not None else None
    return Figures(
        cost=picture.cost,
        fees=fees,
        max_loss=picture.worst_loss,
        max_profit=None if payoff is None or payoff.max_profit is None else usd(payoff.max_profit),
        worst_loss=picture.worst_loss,
        planned_loss=picture.planned_loss,
        stop=stop,
        target=target,
        break_evens=() if payoff is None else payoff.break_evens,
        greeks=_greeks(order.legs, order.quantity, picture.view),
        budget_before=before,
        budget_after=after,
    )


def closing_figures(state: DeskState, picture: RiskPicture) -> Figures:
    """Cost and fees of a closing order at the touch; it can lose nothing more."""
    plan, view = picture.order, picture.view
    fees = sum((state.opening.fees.fee(g.instrument, g.side, g.ratio * plan.quantity) for g in plan.legs), ZERO)
    multiplier = plan.legs[0].instrument.multiplier
    price = plan.first_price
    sign = plan.legs[0].side.sign if len(plan.legs) == 1 else 1
    budget = _budget(picture)
    return Figures(
        cost=None if price is None else usd(sign * price * multiplier * plan.quantity) + fees,
        fees=fees,
        max_loss=ZERO,
        max_profit=None,
        worst_loss=ZERO,
        planned_loss=ZERO,
        stop=None,
        target=None,
        break_evens=(),
        greeks=_greeks(plan.legs, plan.quantity, view),
        budget_before=budget,
        budget_after=budget,
    )


def _payoff(order: PlannedOrder, cost: Money) -> Payoff | None:
    contracts = [
        (leg.instrument, leg.side.sign * leg.ratio * order.quantity)
        for leg in order.legs
        if isinstance(leg.instrument, OptionContract)
    ]
    if len(contracts) != len(order.legs) or order.worst_price is None:
        return None
    return at_expiry(contracts, cost.amount)


def _budget(picture: RiskPicture) -> Money | None:
    committed = picture.exposure.committed()
    try:
        left = daily_loss_cap(picture) - loss_so_far(picture)
    except MissingInput:
        return None
    return None if committed is None else left - committed


def _greeks(legs: tuple[Leg, ...], quantity: Decimal, view: MarketView) -> PositionGreeks:
    known = [view.greeks.get(leg.instrument.symbol) for leg in legs]
    units = [leg.side.sign * leg.ratio * float(quantity) * leg.instrument.multiplier for leg in legs]

    def total(values: list[float | None]) -> float | None:
        found = [unit * value for unit, value in zip(units, values, strict=True) if value is not None]
        return sum(found) if len(found) == len(units) else None

    def column(name: str) -> float | None:
        return total([getattr(greeks, name, None) for greeks in known])

    return PositionGreeks(
        delta=total([view.delta(leg.instrument) for leg in legs]),
        gamma=column("gamma"),
        theta_per_minute=column("theta_per_minute"),
        vega_per_point=column("vega_per_point"),
    )
