"""Keeping a market's day for a later replay."""

from abc import abstractmethod
from typing import Protocol

from tradecore.model.chain import OptionChain
from tradecore.ports.market_data import MarketStep


class DayRecorder(Protocol):
    """
    Records one underlying and its same-day chain, minute by minute; steps come in time order.

    Every call may block on a disk and raises Unavailable when something can't be written; what it was to write is then
    missing, and the next call goes on.
    """

    @abstractmethod
    def take(self, step: MarketStep, chain: OptionChain | None) -> int:
        """What became known at one instant, with the newest chain; how many lines were written for it."""

    @abstractmethod
    def pause(self) -> None:
        """Write what is under way: whoever records ends in the middle of a day, which a later life goes on with."""

    @abstractmethod
    def end_day(self) -> None:
        """The day is over: write what is under way and make it ready to be replayed."""
