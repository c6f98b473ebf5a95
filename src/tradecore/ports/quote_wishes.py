"""Telling a stream which contracts are of interest."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from tradecore.model.instruments import OptionContract


class QuoteWishes(Protocol):
    """What a streaming source is asked to send; it serves the latest wishes first and may have room for few."""

    @abstractmethod
    def want_quotes(self, contracts: Sequence[OptionContract]) -> None:
        """Wish for quotes of these contracts; never takes away what was wished for later than these."""


class NoWishes(QuoteWishes):
    """A source that streams no options."""

    def want_quotes(self, contracts: Sequence[OptionContract]) -> None:
        """Nothing happens."""


NO_WISHES = NoWishes()
