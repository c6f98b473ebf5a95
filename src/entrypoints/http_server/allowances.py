"""How often somebody may do something: a token bucket for each name, of which a bounded number is remembered."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_MOST_NAMES: Final = 1024
_MINUTE_S: Final = 60.0


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class Allowances:
    """
    Lets each name do something `per_minute` times at once, and again as time refills its bucket evenly.

    The 1024 names that were used last are remembered; one that was forgotten starts with a full bucket.
    """

    def __init__(self, per_minute: int, seconds: Callable[[], float]) -> None:
        """`seconds` counts the machine's and never runs backwards."""
        self._per_minute = float(per_minute)
        self._seconds = seconds
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        """Names that are remembered."""
        return len(self._buckets)

    def take(self, name: str) -> float:
        """Use one; 0 when there was one, else the seconds until there is one again."""
        now = self._seconds()
        bucket = self._buckets.pop(name, None) or _Bucket(self._per_minute, now)
        self._buckets[name] = bucket
        if len(self._buckets) > _MOST_NAMES:
            self._buckets.popitem(last=False)
        refill = (now - bucket.filled_at) * self._per_minute / _MINUTE_S
        bucket.tokens, bucket.filled_at = min(bucket.tokens + refill, self._per_minute), now
        if bucket.tokens < 1:
            return (1 - bucket.tokens) * _MINUTE_S / self._per_minute
        bucket.tokens -= 1
        return 0.0
