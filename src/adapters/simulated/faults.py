"""What can go wrong between a desk and its venue, how often, and how often it did."""

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np


class Fault(StrEnum):
    """Kinds of faults, as they are counted."""

    REQUEST_LOST = "request_lost"
    REQUEST_LATE = "request_late"
    REQUEST_DOUBLED = "request_doubled"
    ANSWER_LOST = "answer_lost"
    THROTTLED = "throttled"
    SERVER_ERROR = "server_error"
    EVENT_LOST = "event_lost"
    EVENT_LATE = "event_late"
    EVENT_DOUBLED = "event_doubled"
    EVENTS_SWAPPED = "events_swapped"
    QUERY_FAILED = "query_failed"
    QUERY_LAGGED = "query_lagged"
    LEGS_APART = "legs_apart"
    DISCONNECT = "disconnect"
    SILENCE = "silence"
    BUST = "bust"
    CORRECTION = "correction"
    LIQUIDATION = "liquidation"
    FOREIGN_ORDER = "foreign_order"
    CLOCK_JUMP = "clock_jump"
    CRASH = "crash"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRates:
    """
    How often what goes wrong; everything zero is a perfect world.

    Requests (submit, cancel), events and queries: the chance of each single one. From `disconnect` on: times an hour.
    """

    request_lost: float = 0.0
    request_late: float = 0.0
    request_doubled: float = 0.0
    answer_lost: float = 0.0
    throttled: float = 0.0
    server_error: float = 0.0
    event_lost: float = 0.0
    event_late: float = 0.0
    event_doubled: float = 0.0
    events_swapped: float = 0.0
    query_failed: float = 0.0
    query_lagged: float = 0.0
    legs_apart: float = 0.0
    disconnect: float = 0.0
    silence: float = 0.0
    bust: float = 0.0
    correction: float = 0.0
    liquidation: float = 0.0
    foreign_order: float = 0.0
    clock_jump: float = 0.0
    crash: float = 0.0

    @classmethod
    def drawn(cls, seed: int) -> "FaultRates":
        """The rates of one seed: each is none at all about as often as not, else up to the most of its kind."""
        random = np.random.default_rng([seed, 0x5241])
        drawn = {kind: random.uniform(0, most) * (random.random() < _SOME) for kind, most in _MOST.items()}
        return cls(**{kind.value: float(rate) for kind, rate in drawn.items()})

    def without(self, *kinds: Fault) -> "FaultRates":
        """The same rates with some kinds left out."""
        nothing: dict[str, float] = dict.fromkeys(kinds, 0.0)
        return replace(self, **nothing)


NO_FAULTS: Final = FaultRates()
REQUEST_FAULTS: Final = (
    Fault.REQUEST_LOST,
    Fault.REQUEST_LATE,
    Fault.REQUEST_DOUBLED,
    Fault.ANSWER_LOST,
    Fault.THROTTLED,
    Fault.SERVER_ERROR,
)
EVENT_FAULTS: Final = (Fault.EVENT_LOST, Fault.EVENT_LATE, Fault.EVENT_DOUBLED, Fault.EVENTS_SWAPPED)
QUERY_FAULTS: Final = (Fault.QUERY_FAILED, Fault.QUERY_LAGGED)
_SOME: Final = 0.5
_MOST: Final = {
    Fault.REQUEST_LOST: 0.06,
    Fault.REQUEST_LATE: 0.06,
    Fault.REQUEST_DOUBLED: 0.06,
    Fault.ANSWER_LOST: 0.06,
    Fault.THROTTLED: 0.06,
    Fault.SERVER_ERROR: 0.06,
    Fault.EVENT_LOST: 0.4,
    Fault.EVENT_LATE: 0.06,
    Fault.EVENT_DOUBLED: 0.06,
    Fault.EVENTS_SWAPPED: 0.06,
    Fault.QUERY_FAILED: 0.015,
    Fault.QUERY_LAGGED: 0.015,
    Fault.LEGS_APART: 0.25,
    Fault.DISCONNECT: 8.0,
    Fault.SILENCE: 6.0,
    Fault.BUST: 10.0,
    Fault.CORRECTION: 10.0,
    Fault.LIQUIDATION: 10.0,
    Fault.FOREIGN_ORDER: 12.0,
    Fault.CLOCK_JUMP: 4.0,
    Fault.CRASH: 8.0,
}


class FaultCount:
    """What went wrong so far, by kind."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.by_kind: Counter[Fault] = Counter()

    def add(self, kind: Fault) -> None:
        """Count one."""
        self.by_kind[kind] += 1

    @property
    def total(self) -> int:
        """All of them."""
        return self.by_kind.total()


class Chance:
    """Draws what goes wrong on a wire from one seed, and counts it; `rates` may change on the way."""

    def __init__(self, rates: FaultRates, seed: int, count: FaultCount) -> None:
        """Start drawing."""
        self.rates = rates
        self._count = count
        self._random = np.random.default_rng([seed, 0x57495245])

    def fate(self, kinds: tuple[Fault, ...]) -> Fault | None:
        """What becomes of one message: one of these faults, or nothing."""
        if self.rates is NO_FAULTS:
            return None
        drawn = self._random.random()
        for kind in kinds:
            drawn -= getattr(self.rates, kind)
            if drawn < 0:
                self._count.add(kind)
                return kind
        return None

    def until(self, kind: Fault) -> float | None:
        """Seconds until a fault that comes so many times an hour may happen again; None for never."""
        per_hour = getattr(self.rates, kind)
        return float(self._random.exponential(3600 / per_hour)) if per_hour > 0 else None

    def happens(self, kind: Fault) -> bool:
        """Whether that fault still happens when its time has come."""
        if getattr(self.rates, kind) > 0:
            self._count.add(kind)
            return True
        return False

    def between(self, bounds: tuple[float, float]) -> float:
        """A number between the two."""
        return float(self._random.uniform(*bounds))
