"""Prints of shares."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from tradecore.model.instruments import Equity
from tradecore.model.market import Trade


class TradeTape(Protocol):
    """
    What was traded, as one source knows it.

    Every call raises Unavailable, Rejected or OutcomeUnknown when the source does not answer.
    """

    @abstractmethod
    async def trades(self, instrument: Equity, start: datetime, end: datetime, most: int) -> Sequence[Trade]:
        """The last trades in [start, end), at most so many, oldest first; never one from after the present."""

    @abstractmethod
    async def latest_trade(self, instrument: Equity) -> Trade | None:
        """The newest trade; None when the source has none."""
