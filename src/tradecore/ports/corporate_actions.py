"""Dividends, splits, mergers and spin-offs as they are announced."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import date
from typing import Final, Protocol

from tradecore.model.reference import Announcement

LONGEST_DAYS: Final = 90


class CorporateActions(Protocol):
    """Announcements of one source."""

    @abstractmethod
    async def announcements(self, symbol: str | None, since: date, until: date) -> Sequence[Announcement]:
        """
        Those with a day in [since, until], at most LONGEST_DAYS apart, of one ticker or of all, by ex-day.

        Raises:
            Unavailable, Rejected, OutcomeUnknown: The source did not answer.
        """
