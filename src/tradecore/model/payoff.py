"""Value at expiry of a set of legs on one underlying: break-evens and the worst and best case, exact in Decimal."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tradecore.model.instruments import OptionContract, Right


@dataclass(frozen=True, slots=True)
class Payoff:
    """
    Extremes of profit at expiry in price units x multiplier (dollars), cost included.

    `max_loss` is positive; None means unbounded. `break_evens` are underlying prices where profit crosses zero.
    """

    max_loss: Decimal | None
    max_profit: Decimal | None
    break_evens: tuple[Decimal, ...]


def at_expiry(holdings: Sequence[tuple[OptionContract, Decimal]], cost: Decimal) -> Payoff:
    """
    Extremes over every price of the underlying of `holdings` that expire together.

    Args:
        holdings: Contracts and signed quantities.
        cost: Dollars paid for all of them (a credit is negative), fees included.
    """
    strikes = sorted({contract.strike for contract, _ in holdings})
    nodes = [Decimal(0), *strikes]
    profits = [_profit(holdings, cost, spot) for spot in nodes]
    # Beyond the highest strike only calls still move, a dollar for a dollar.
    slope = sum((q * c.multiplier for c, q in holdings if c.right is Right.CALL), Decimal(0))
    worst = None if slope < 0 else -min(profits)
    best = None if slope > 0 else max(profits)
    return Payoff(worst, best, _crossings(nodes, profits, slope))


def _profit(holdings: Sequence[tuple[OptionContract, Decimal]], cost: Decimal, spot: Decimal) -> Decimal:
    worth = sum((quantity * c.multiplier * c.intrinsic(spot) for c, quantity in holdings), Decimal(0))
    return worth - cost


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
