"""News from outside."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from tradecore.model.news import NewsItem


class NewsFeed(Protocol):
    """Published articles about tickers."""

    @abstractmethod
    async def news(self, symbols: Sequence[str], since: datetime) -> Sequence[NewsItem]:
        """
        Articles published at or after `since` that name one of the tickers, oldest first; empty when there are none.

        Raises:
            Unavailable, Rejected, OutcomeUnknown: The source did not answer.
        """
