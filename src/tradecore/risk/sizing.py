"""From a wish (contracts, dollars at risk, or neither) to a quantity: never rounded up, never past a cap."""

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal

from tradecore.model.money import Money, usd
from tradecore.model.plans import SizeRequest, Sizing
from tradecore.risk.limits import Limits

_MOST_UNITS = Decimal(100_000)


def size_order(
    request: SizeRequest,
    *,
    per_unit_worst: Money | None,
    limits: Limits,
    fits: Callable[[Decimal], bool],
) -> Sizing:
    """
    Turn a sizing wish into units.

    `contracts` is taken as it is (the gate judges it). A dollar budget buys as many units as their worst case allows,
    then fewer until `fits` (every cap) holds. A quantity of zero means the budget does not buy one unit.
    """
    if request.contracts is not None:
        return Sizing(method="contracts", budget=None, per_unit_worst=per_unit_worst, quantity=request.contracts)
    method, dollars = "risk_dollars", request.risk_dollars
    if dollars is None:
        method, dollars = "risk_per_trade", limits.risk_per_trade
    budget = None if dollars is None else usd(dollars)
    if budget is None or per_unit_worst is None or per_unit_worst.amount <= 0:
        return Sizing(method=method, budget=budget, per_unit_worst=per_unit_worst, quantity=Decimal(0))
    affordable = (budget.amount / per_unit_worst.amount).to_integral_value(ROUND_FLOOR)
    quantity = _most_that_fits(min(affordable, _MOST_UNITS), fits)
    return Sizing(method=method, budget=budget, per_unit_worst=per_unit_worst, quantity=quantity)


def _most_that_fits(affordable: Decimal, fits: Callable[[Decimal], bool]) -> Decimal:
    if affordable < 1 or fits(affordable):
        return affordable
    low, best, high = Decimal(1), Decimal(1), affordable - 1
    # Where not even one unit fits, one is asked for so that the gate can say why.
    while low <= high:
        middle = (low + high) // 2
        if fits(middle):
            best, low = middle, middle + 1
        else:
            high = middle - 1
    return best
