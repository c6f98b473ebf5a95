"""What one seeded session is exposed to, and the limits its desk trades under."""

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Final

import numpy as np

from adapters.simulated.faults import NO_FAULTS, Fault, FaultRates
from entrypoints.limits_file import load_limits
from tradecore.risk.limits import Limits

_WORST_MOMENTS_EACH: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """
    What a session is exposed to.

    Where "not found" is never final an operator settles what is unknown. With `worst_moments` the client confirms just
    before its tickets end, so that what has to be sent again would be sent too late, and the desk is down for more than
    a minute each time, in which the broker surprises the account.
    """

    rates: FaultRates
    unique_ids_for_ever: bool = True
    not_found_is_final: bool = True
    restarts: bool = True
    worst_moments: bool = False

    @classmethod
    def of(cls, seed: int, *, faults: bool, restarts: bool) -> "Options":
        """What a seed draws; a venue whose ids are only unique while open takes no request twice."""
        if not faults:
            return cls(rates=NO_FAULTS)
        drawn = np.random.default_rng([seed, 0x4944]).random(2)
        for_ever, final = bool(drawn[0] < 0.7), bool(drawn[1] < 0.8)
        rates = FaultRates.drawn(seed)
        rates = rates if for_ever else rates.without(Fault.REQUEST_DOUBLED)
        rates = rates if restarts else rates.without(Fault.CRASH)
        return cls(
            rates=rates,
            unique_ids_for_ever=for_ever,
            not_found_is_final=final,
            restarts=restarts,
            worst_moments=seed % _WORST_MOMENTS_EACH == 0,
        )


@cache
def only_the_loss_caps() -> Limits:
    """The shipped limits without what paces a day, so that the loss budget itself is leaned on hard."""
    many = 100_000
    return replace(
        load_limits("default"),
        max_trades_per_day=many,
        max_trades_per_day_per_strategy=many,
        losses_before_pause=many,
        losses_before_stop=many,
        reentry_minutes_after_stop=0,
        duplicate_window_s=Decimal(0),
        max_open_groups=many,
        max_open_groups_per_strategy=many,
        max_opens_per_minute=many,
        delta_cap=Decimal(many),
        delta_cap_after_move=Decimal(many),
        max_heat_pct=Decimal(100),
    )
