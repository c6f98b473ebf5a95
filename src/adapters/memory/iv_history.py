"""Daily implied volatilities in one process."""

from collections.abc import Sequence
from datetime import date

from tradecore.ports.iv_history import DailyIv, IvHistory


class MemoryIvHistory(IvHistory):
    """Holds them itself."""

    def __init__(self) -> None:
        """Know no day."""
        self._days: dict[str, dict[date, float]] = {}

    async def add(self, underlying: str, day: date, iv: float) -> bool:
        """The first of a day stands."""
        known = self._days.setdefault(underlying, {})
        if day in known:
            return False
        known[day] = iv
        return True

    async def days(self, underlying: str, before: date, most: int) -> Sequence[DailyIv]:
        """The last of them."""
        found = sorted((day, iv) for day, iv in self._days.get(underlying, {}).items() if day < before)
        return [DailyIv(day, iv) for day, iv in found[-most:]] if most > 0 else []
