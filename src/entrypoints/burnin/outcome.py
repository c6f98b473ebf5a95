"""What one session of a burn-in showed."""

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Outcome:
    """
    One session; plain values, so that it travels between processes.

    `dollars` are the account's at mid, a point every five minutes as (minute of the session, dollars). `worst_loss`
    is the most the account was below its start. `fills_near_mid` says of each entry fill of one leg whether it was
    within a tick or a quarter of the spread of mid. Durations are seconds: `down` and `recovered` on the market's
    clock; `work` (by what was asked), `chain`, `tick_to_order` (of exits) and `confirm_to_order` on the machine's.
    """

    number: int
    seed: int
    regime: str
    day: str
    half_day: bool
    session_s: float
    faults: dict[str, int] = field(default_factory=dict)
    crashes: int = 0
    down_s: float = 0.0
    recovered_s: list[float] = field(default_factory=list)
    calls: int = 0
    refusals: int = 0
    errors: list[str] = field(default_factory=list)
    previews: int = 0
    confirmed: int = 0
    orders: int = 0
    fills: int = 0
    rejects: int = 0
    unintended: list[str] = field(default_factory=list)
    net: float = 0.0
    worst_loss: float = 0.0
    loss_cap: float = 0.0
    dollars: list[tuple[int, float]] = field(default_factory=list)
    delta_breaches: int = 0
    positions_left: int = 0
    differences: list[str] = field(default_factory=list)
    journal: str = ""
    criticals: dict[str, int] = field(default_factory=dict)
    work: dict[str, list[float]] = field(default_factory=dict)
    chain: list[float] = field(default_factory=list)
    tick_to_order: list[float] = field(default_factory=list)
    confirm_to_order: list[float] = field(default_factory=list)
    fills_near_mid: list[bool] = field(default_factory=list)
