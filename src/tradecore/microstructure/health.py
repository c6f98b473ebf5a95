"""One number for how well a market can be traded now, and what it is made of."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tradecore.microstructure.anomalies import Severity

WEIGHTS: Final = {"spread": 20, "depth": 25, "balance": 15, "flow": 15, "anomalies": 15, "freshness": 10}
_PENALTY: Final = {Severity.LOW: 10.0, Severity.MEDIUM: 35.0, Severity.HIGH: 70.0}
_WIDE_BPS: Final = 50.0
_TOO_WIDE: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """
    What the score looks at; None where the book has no two sides.

    The usual spread and depth are medians of the last minutes, the usual rate that of the last 24 hours.
    """

    spread_bps: float | None
    usual_spread_bps: float | None
    depth: float
    usual_depth: float | None
    imbalance: float | None
    rate: float
    usual_rate: float | None
    active: Iterable[Severity]
    age_ms: int


def components(condition: Condition, fresh_ms: int, down_ms: int) -> dict[str, float]:
    """
    Each component from 0 to 100.

    spread: 100 at the usual or less, 0 at five times the usual or at 50 basis points. depth and flow: the share of the
    usual, at most 100. balance: 100 less the imbalance in percent. anomalies: 100 less 10, 35 or 70 for each that is
    active. freshness: 100 while fresh, 0 once down. Without a book its three components are 0.
    """
    age = (condition.age_ms - fresh_ms) / max(1, down_ms - fresh_ms)
    return {
        "spread": _spread(condition),
        "depth": _share(condition.depth, condition.usual_depth),
        "balance": 0.0 if condition.imbalance is None else 100.0 * (1.0 - abs(condition.imbalance)),
        "flow": _share(condition.rate, condition.usual_rate),
        "anomalies": max(0.0, 100.0 - sum(_PENALTY[severity] for severity in condition.active)),
        "freshness": 100.0 * min(1.0, max(0.0, 1.0 - age)),
    }


def score(parts: dict[str, float]) -> float:
    """The weighted sum of the components, 0 to 100."""
    return sum(WEIGHTS[name] * value for name, value in parts.items()) / 100


def _spread(condition: Condition) -> float:
    if condition.spread_bps is None or condition.spread_bps < 0:
        return 0.0
    usual = condition.usual_spread_bps
    times = condition.spread_bps / usual if usual else 1.0
    by_usual = 1.0 - (times - 1.0) / (_TOO_WIDE - 1.0)
    return 100.0 * min(1.0, max(0.0, min(by_usual, 1.0 - condition.spread_bps / _WIDE_BPS)))


def _share(value: float, usual: float | None) -> float:
    if value <= 0:
        return 0.0
    return 100.0 if not usual else 100.0 * min(1.0, value / usual)
