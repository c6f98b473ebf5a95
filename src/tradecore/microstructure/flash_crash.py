"""A book that gets wider and thinner while more and more is sold into it."""

from typing import NamedTuple

from tradecore.microstructure.anomalies import Finding, Severity
from tradecore.microstructure.thresholds import Thresholds


class Tension(NamedTuple):
    """
    What the detector looks at.

    `net_flow` and `net_flow_before` are what was bought less what was sold in the last third of the flow window and, on
    average, in the two thirds before; `drop_bps` how far the mid fell over the window.
    """

    spread_bps: float
    usual_spread_bps: float
    thin_share: float
    net_flow: float
    net_flow_before: float
    drop_bps: float


def flash_crash_risk(tension: Tension, thresholds: Thresholds) -> list[Finding]:
    """One finding when all three signs are there: wider, thinner, and sold faster."""
    times = tension.spread_bps / tension.usual_spread_bps if tension.usual_spread_bps > 0 else 1.0
    is_wide = times >= thresholds.crash_spread_times and tension.spread_bps >= thresholds.crash_spread_bps
    is_thin = tension.thin_share >= thresholds.crash_thin_share
    is_sold = tension.net_flow < 0 and tension.net_flow < tension.net_flow_before
    if not (is_wide and is_thin and is_sold):
        return []
    is_falling = tension.drop_bps >= 2 * tension.usual_spread_bps and times >= 2 * thresholds.crash_spread_times
    return [
        Finding(
            kind="flash_crash_risk",
            key="book",
            severity=Severity.HIGH if is_falling else Severity.MEDIUM,
            note=f"the spread is {times:.1f} times the usual, the book thin, and selling gets faster",
            evidence={
                "spread_bps": round(tension.spread_bps, 4),
                "usual_spread_bps": round(tension.usual_spread_bps, 4),
                "thin_share": round(tension.thin_share, 3),
                "net_flow": tension.net_flow,
                "net_flow_before": tension.net_flow_before,
                "drop_bps": round(tension.drop_bps, 3),
            },
        )
    ]
