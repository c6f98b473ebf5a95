"""Value at expiry of a set of legs on one underlying: break-evens and the worst and best case, exact in Decimal."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tradecore.model.instruments import OptionContract, Right

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Payoff:
    """
    Extremes of profit at expiry in price units x multiplier (dollars), cost included.

    `max_loss` is positive; None means unbounded. `break_evens` are underlying prices where profit crosses zero.
    """

    max_loss: Decimal | None
    max_profit: Decimal | None
    break_evens: tuple[Decimal, ...]


def loss_at_expiry(holdings: Sequence[tuple[OptionContract, Decimal]], cost: Decimal) -> Decimal | None:
    """The `max_loss` of `at_expiry` alone."""
    _, profits, slope = _profile(holdings, cost)
    return None if slope < 0 else -min(profits)


def at_expiry(holdings: Sequence[tuple[OptionContract, Decimal]], cost: Decimal) -> Payoff:
    """
    Extremes over every price of the underlying of `holdings` that expire together.

    Args:
        holdings: Contracts and signed quantities.
        cost: Dollars paid for all of them (a credit is negative), fees included.
    """
    nodes, profits, slope = _profile(holdings, cost)
    worst = None if slope < 0 else -min(profits)
    best = None if slope > 0 else max(profits)
    return Payoff(worst, best, _crossings(nodes, profits, slope))


def profit_at_expiry(holdings: Sequence[tuple[OptionContract, Decimal]], cost: Decimal, spot: Decimal) -> Decimal:
    """Dollars won (below zero: lost) with the underlying at `spot` at expiry, `cost` dollars included."""
    worth = sum((quantity * c.multiplier * c.intrinsic(spot) for c, quantity in holdings), _ZERO)
    return worth - cost


def _profile(
    holdings: Sequence[tuple[OptionContract, Decimal]], cost: Decimal
) -> tuple[list[Decimal], list[Decimal], Decimal]:
    """Zero and the strikes, the profit at each, and the profit per dollar beyond the highest, where only calls move."""
    nodes = [_ZERO, *sorted({contract.strike for contract, _ in holdings})]
    profits = [profit_at_expiry(holdings, cost, spot) for spot in nodes]
    slope = sum((q * c.multiplier for c, q in holdings if c.right is Right.CALL), _ZERO)
    return nodes, profits, slope


def _crossings(nodes: Sequence[Decimal], profits: Sequence[Decimal], slope: Decimal) -> tuple[Decimal, ...]:
    found: list[Decimal] = []
    for (left, right), (low, high) in zip(_pairs(nodes), _pairs(profits), strict=True):
        if low == 0:
            found.append(left)
        elif low * high < 0:
            found.append(left + (right - left) * low / (low - high))
    if profits[-1] == 0:
        found.append(nodes[-1])
    elif slope and profits[-1] * slope < 0:
        found.append(nodes[-1] - profits[-1] / slope)
    return tuple(Decimal(f"{price.quantize(Decimal('0.0001')):f}".rstrip("0").rstrip(".")) for price in found)


def _pairs(values: Sequence[Decimal]) -> list[tuple[Decimal, Decimal]]:
    return list(itertools.pairwise(values))
