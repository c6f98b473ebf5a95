"""Windows and thresholds of a market report; each has a setting of its own in the environment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """
    Windows in milliseconds, distances in basis points of the mid, quantities in units of the base.

    Walls hold `wall_factor` times the `wall_share` quantile of the quantities of the top levels, and `wall_minimum` at
    least. Vacuums are zones whose depth is not above its `vacuum_share` quantile, nor
    above half of its median.
    """

    levels: int = 20
    lateness_ms: int = 200
    profile_ms: int = 1_800_000
    row_bps: float = 1.0
    rate_ms: int = 10_000
    flow_ms: int = 30_000
    depth_ms: int = 300_000
    reach_bps: float = 50.0
    wall_factor: float = 1.5
    wall_share: float = 0.95
    wall_minimum: float = 0.0
    zone_bps: float = 1.0
    zones: int = 20
    vacuum_share: float = 0.10
    fresh_ms: int = 1_000
    down_ms: int = 10_000
    anomaly_ms: int = 300_000
    spoof_factor: float = 8.0
    spoof_distance_bps: float = 2.0
    spoof_life_ms: int = 5_000
    spoof_window_ms: int = 30_000
    spoof_pulls: int = 3
    iceberg_window_ms: int = 60_000
    iceberg_fills: int = 8
    iceberg_times_shown: float = 3.0
    iceberg_like_fills: float = 0.6
    iceberg_stable_share: float = 0.75
    crash_spread_times: float = 3.0
    crash_spread_bps: float = 1.0
    crash_thin_share: float = 0.3
