"""What goes wrong on purpose: set by the control endpoint or a flag, used up one request at a time."""

from dataclasses import dataclass, field
from typing import Final

NAMES: Final = {
    "accept_then_504": "an order is accepted and answered with 504",
    "reset_after_send": "an order is accepted and the connection is reset before the answer",
    "too_many_requests": "a request is answered with 429 and does nothing",
    "late_fill": "an order that is canceled fills first",
    "drop_update": "a trade_updates frame is never sent",
    "mute": "streams stay connected and say nothing",
    "disconnect": "every stream is disconnected",
}


@dataclass(slots=True)
class Faults:
    """How many more times each fault happens; `mute` is on while above zero. `skew` moves the clock that is told."""

    left: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 0))
    skew_seconds: float = 0.0

    def uses(self, name: str) -> bool:
        """Use a fault up once; False when it is not set."""
        if self.left[name] <= 0:
            return False
        self.left[name] -= 1
        return True

    def drops_update(self, event: str) -> bool:
        """Whether the frame of this event is lost; only those of executions and ends are."""
        return event not in ("new", "pending_new", "accepted") and self.uses("drop_update")

    @property
    def is_mute(self) -> bool:
        """Whether streams say nothing."""
        return self.left["mute"] > 0

    @property
    def open(self) -> dict[str, float]:
        """The faults that are set."""
        found: dict[str, float] = {name: left for name, left in self.left.items() if left}
        return found | ({"skew_seconds": self.skew_seconds} if self.skew_seconds else {})
