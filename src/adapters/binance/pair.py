"""One pair as a feed follows it: its own copy of the book, and what is still to be told."""

from typing import Final

from tradecore.microstructure.book import BookSide, OrderBook
from tradecore.microstructure.events import DepthDiff, DepthSnapshot, Levels, MarketEvent
from tradecore.microstructure.grid import Grid
from tradecore.microstructure.sequence import BookSequence

SNAPSHOT_LEVELS: Final = 1_000
SNAPSHOT_EACH_MS: Final = 50_000
"""A little less than the minute that the port allows, because the next message may be late."""
_MOST_UNTOLD: Final = 50_000


class FollowedPair:
    """
    Takes what a venue says of one pair and makes batches of it: a snapshot first, and again when one is due.

    A snapshot is the feed's own book as of its newest message, never the venue's older answer. While the book is out of
    step, changes are passed on as they come, so that whoever follows sees the gap too.
    """

    def __init__(self, symbol: str) -> None:
        """Nothing is known, and nothing told."""
        self.symbol = symbol
        self.sequence = BookSequence()
        self._grid = Grid()
        self._book = OrderBook()
        self._untold: list[MarketEvent] = []
        self._newest = 0
        self._snapshot_at = 0
        self.has_begun = False
        """Whether a first snapshot was made."""
        self._begins = 0
        self._owes_snapshot = False

    @property
    def in_step(self) -> bool:
        """Whether the book is the venue's as of its newest message."""
        return self.sequence.in_step

    def take(self, event: MarketEvent, *, in_order: bool = False) -> None:
        """
        Take what the venue says next; a message about the book that came already is dropped.

        `in_order` promises that no earlier message is still on its way: one that does not continue the book then means
        at once that others are lost.
        """
        self._newest = max(self._newest, event.at)
        if isinstance(event, DepthSnapshot):
            self._load(event)
        elif isinstance(event, DepthDiff):
            self._follow(event, in_order=in_order)
        elif self.has_begun and event.at >= self._begins:
            self._untold.append(event)
        if not self.has_begun and self.in_step and self._newest:
            self.has_begun, self._begins = True, self._newest
            self._untold.append(self._snapshot())
        if len(self._untold) > _MOST_UNTOLD:
            self._untold.clear()
            self.lose()

    def lose(self) -> None:
        """The batch before is lost: a snapshot comes with the next."""
        self._owes_snapshot = True

    def batch(self) -> list[MarketEvent]:
        """What is to be told now, oldest first; it counts as told."""
        is_due = self._newest - self._snapshot_at >= SNAPSHOT_EACH_MS
        events, self._untold = self._untold, []
        if self.in_step and (self._owes_snapshot or is_due):
            # The book holds every change already.
            events = [event for event in events if not isinstance(event, DepthDiff)]
            events.append(self._snapshot())
            self._owes_snapshot = False
        events.sort(key=_time)
        return events

    def _load(self, snapshot: DepthSnapshot) -> None:
        is_wanted, later = self.sequence.take_snapshot(snapshot)
        if not is_wanted:
            return
        self._grid.learn(price for side in (snapshot.bids, snapshot.asks) for price, _ in side)
        if self._grid.tick:
            self._book.load(self._grid.ticks(snapshot.bids), self._grid.ticks(snapshot.asks))
        self._apply(later)
        self._owes_snapshot = self.has_begun

    def _follow(self, diff: DepthDiff, *, in_order: bool) -> None:
        last_id = self.sequence.last_id
        if last_id is not None and diff.last_id <= last_id:
            return
        if self.has_begun:
            self._untold.append(diff)
        following = self.sequence.take(diff)
        if in_order and not following:
            self.sequence.lose()
        self._apply(following)

    def _apply(self, diffs: list[DepthDiff]) -> None:
        for diff in diffs:
            if not (self._grid.fits(diff.bids) and self._grid.fits(diff.asks)):
                before = self._grid.tick
                self._grid.learn(price for side in (diff.bids, diff.asks) for price, _ in side)
                if before and self._grid.tick:
                    self._book.refine(before // self._grid.tick)
            if self._grid.tick:
                self._book.apply(self._grid.ticks(diff.bids), self._grid.ticks(diff.asks))
        if self._book.is_crossed:
            self.sequence.lose()

    def _snapshot(self) -> DepthSnapshot:
        self._snapshot_at = self._newest
        bids, asks = (self._levels(side) for side in (self._book.bids, self._book.asks))
        return DepthSnapshot(self._newest, self.sequence.last_id or 0, bids, asks)

    def _levels(self, side: BookSide) -> Levels:
        tick = self._grid.tick
        return tuple([(place * tick, quantity) for place, quantity in side.top(SNAPSHOT_LEVELS)])


def _time(event: MarketEvent) -> int:
    return event.at
