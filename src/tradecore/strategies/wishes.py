"""What callers of different strategies wish for in the same words: a delta, a size, stop and target in percent."""

from datetime import time
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tradecore.errors import InvalidRequest
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import Right
from tradecore.model.plans import Signal
from tradecore.model.sessions import exchange_time
from tradecore.strategies.strategy import StrategyFacts

_ONE: Final = Decimal(1)
_HUNDRED: Final = Decimal(100)


def check_size(contracts: Decimal | None, risk_dollars: Decimal | None) -> None:
    """Refuse a size that makes no order, and one asked for twice."""
    if contracts is not None and risk_dollars is not None:
        raise InvalidRequest("give contracts or risk_dollars, not both")
    if contracts is not None and (contracts <= 0 or contracts % 1):
        raise InvalidRequest(f"contracts must be a whole number above zero, not {contracts}")
    if risk_dollars is not None and risk_dollars <= 0:
        raise InvalidRequest(f"risk_dollars must be above zero, not {risk_dollars}")


def check_percent(name: str, value: Decimal, most: int) -> None:
    """Refuse a percentage that is not in (0, most]."""
    if not 0 < value <= most:
        raise InvalidRequest(f"{name} must be in (0, {most}], not {value}")


def check_delta(value: Decimal) -> None:
    """Refuse what is neither a fraction nor a percentage."""
    if not (0 < value < 1 or 1 <= value <= 99):
        raise InvalidRequest(f"strike_delta must be in (0, 1) or [1, 99], not {value}")


def as_fraction(delta: Decimal) -> float:
    """A delta as a fraction: 30 and 0.30 are both 0.3."""
    return float(delta if delta < _ONE else delta / _HUNDRED)


def nearest_row(chain: OptionChain, deltas: NDArray[np.float64], right: Right, wanted: float) -> int | None:
    """The row of `right` whose known delta is nearest `wanted` in size; None where no row's delta is known."""
    rows = [row for row, contract in enumerate(chain.contracts) if contract.right is right and np.isfinite(deltas[row])]
    if not rows:
        return None
    return min(rows, key=lambda row: (abs(abs(float(deltas[row])) - wanted), chain.contracts[row].strike))


def within(facts: StrategyFacts, first: time, last: time) -> Signal:
    """A signal that is present from `first` to `last` New York time."""
    start, end = facts.session.at(first), facts.session.at(last)
    when = f"{exchange_time(start)} to {exchange_time(end)} ET"
    present = start <= facts.now <= end
    return Signal(
        present=present, why=f"{exchange_time(facts.now)} ET, {'within' if present else 'entries are'} {when}"
    )
