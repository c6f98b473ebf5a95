"""What is known of one symbol's market, kept up to date event by event."""

from collections import deque
from operator import itemgetter
from typing import Final

import numpy as np

from tradecore.microstructure.anomalies import AnomalyLog
from tradecore.microstructure.book import OrderBook
from tradecore.microstructure.events import DayTicker, DepthDiff, DepthSnapshot, MarketEvent, Trade
from tradecore.microstructure.flow import Flow
from tradecore.microstructure.grid import Grid
from tradecore.microstructure.iceberg import IcebergDetector
from tradecore.microstructure.liquidity import Liquidity
from tradecore.microstructure.profile import VolumeProfile
from tradecore.microstructure.sequence import BookSequence
from tradecore.microstructure.spoofing import SpoofingDetector
from tradecore.microstructure.thresholds import Thresholds
from tradecore.microstructure.traded import TradedAt
from tradecore.microstructure.windows import KnownIds, RollingQuantiles

_DAY_MS: Final = 86_400_000
_SAMPLED_EACH_MS: Final = 1_000
_SCALE: Final = 1e6
"""Quantiles are kept of whole numbers: spreads in millionths of a basis point, rates in millionths a second."""


class MarketState:
    """
    Book, windows and detectors of one symbol.

    Events may come twice, and up to `lateness_ms` of event time late: they are put in order before they count, so
    neither changes a figure. The book follows the venue's update ids besides, whatever the times say.
    """

    def __init__(self, thresholds: Thresholds | None = None, tick: int = 0) -> None:
        """Nothing is known; `tick` in units of 1e-8 where it is known beforehand."""
        self.thresholds = thresholds or Thresholds()
        self.grid = Grid(tick)
        self.book = OrderBook()
        self.sequence = BookSequence()
        self.flow = Flow(self.thresholds)
        self.liquidity = Liquidity(self.thresholds)
        self.profile: VolumeProfile | None = None
        self.anomalies = AnomalyLog(self.thresholds.anomaly_ms)
        self.spoofing = SpoofingDetector(self.thresholds)
        self.icebergs = IcebergDetector(self.thresholds)
        self.traded = TradedAt(2 * self.thresholds.spoof_life_ms + 10 * self.thresholds.lateness_ms)
        self.ticker: DayTicker | None = None
        self.last_trade: Trade | None = None
        self.newest = 0
        self.events = 0
        self.spreads = RollingQuantiles(self.thresholds.depth_ms)
        self.depths = RollingQuantiles(self.thresholds.depth_ms)
        self.mids: deque[tuple[int, float]] = deque(maxlen=max(2, self.thresholds.flow_ms // _SAMPLED_EACH_MS + 1))
        self.day_of_spreads = RollingQuantiles(_DAY_MS)
        self.day_of_depths = RollingQuantiles(_DAY_MS)
        self.day_of_rates = RollingQuantiles(_DAY_MS)
        self._known_trades = KnownIds()
        self._held: list[tuple[int, MarketEvent]] = []
        self._sampled: int | None = None

    def take(self, event: MarketEvent) -> None:
        """Take one event; it counts once those that may come before it have had their time."""
        if event.at > self.newest:
            self.newest = event.at
        self._held.append((event.at or self.newest, event))

    def settle(self) -> None:
        """Count every event that is old enough; to be called after each batch."""
        self._release(self.newest - self.thresholds.lateness_ms)

    def flush(self) -> None:
        """Count every event, for when no more come for a while."""
        self._release(self.newest)

    def _release(self, until: int) -> None:
        held = self._held
        held.sort(key=itemgetter(0))
        count = 0
        for at, event in held:
            if at > until:
                break
            count += 1
            self._count(at, event)
        del held[:count]

    def _count(self, at: int, event: MarketEvent) -> None:
        if isinstance(event, DepthDiff):
            self._diff(event)
        elif isinstance(event, Trade):
            self._trade(event)
        elif isinstance(event, DayTicker):
            if self.ticker is None or event.at >= self.ticker.at:
                self.ticker = event
        else:
            self._snapshot(at, event)

    def _trade(self, trade: Trade) -> None:
        if not self._known_trades.is_new(trade.trade_id):
            return
        self.events += 1
        self.flow.count(trade.at)
        self.flow.trade(trade)
        if self.last_trade is None or (trade.at, trade.trade_id) > (self.last_trade.at, self.last_trade.trade_id):
            self.last_trade = trade
        if self.profile is None:
            self.profile = VolumeProfile(self.thresholds.profile_ms, _row(trade.price, self.thresholds.row_bps))
        self.profile.add(trade.at, trade.price, trade.quantity)
        if self.grid.tick and trade.price % self.grid.tick == 0:
            tick = trade.price // self.grid.tick
            self.traded.add(trade.at, tick, trade.quantity)
            if self.sequence.in_step:
                side = self.book.asks if trade.is_buy else self.book.bids
                self.icebergs.trade(trade, side, side.sign * tick)

    def _snapshot(self, at: int, snapshot: DepthSnapshot) -> None:
        is_wanted, later = self.sequence.take_snapshot(snapshot)
        if not is_wanted:
            return
        self.grid.learn(price for side in (snapshot.bids, snapshot.asks) for price, _ in side)
        if self.grid.tick:
            self.book.load(self.grid.ticks(snapshot.bids), self.grid.ticks(snapshot.asks))
        if self.book.is_crossed:
            self.sequence.lose()
        self.flow.touch(at, self.book)
        for diff in later:
            self._apply(diff)
        self._sample(at)

    def _diff(self, diff: DepthDiff) -> None:
        for one in self.sequence.take(diff):
            self._apply(one)

    def _apply(self, diff: DepthDiff) -> None:
        self.events += 1
        self.flow.count(diff.at)
        if not (self.grid.fits(diff.bids) and self.grid.fits(diff.asks)):
            self._refine(diff)
        book = self.book
        book.apply(self.grid.ticks(diff.bids), self.grid.ticks(diff.asks))
        for side in (book.bids, book.asks):
            if side.notable:
                self.spoofing.see(diff.at, side, side.notable)
                self.icebergs.see(side, side.notable)
                side.notable.clear()
        if book.is_crossed:
            self.sequence.lose()
        self.flow.touch(diff.at, book)
        self._sample(diff.at)

    def _refine(self, diff: DepthDiff) -> None:
        before = self.grid.tick
        self.grid.learn(price for side in (diff.bids, diff.asks) for price, _ in side)
        if before and self.grid.tick:
            self.book.refine(before // self.grid.tick)

    def _sample(self, at: int) -> None:
        """Remember once a second what is usual."""
        if self._sampled is not None and at - self._sampled < _SAMPLED_EACH_MS:
            return
        self._sampled = at
        book, levels = self.book, self.thresholds.levels
        self.liquidity.sample(at, book.bids, book.asks, int(self.thresholds.wall_minimum * 1e8))
        spread = self.spread_bps()
        if spread is not None:
            depth = sum(quantity for side in (book.bids, book.asks) for _, quantity in side.top(levels))
            self.mids.append((at, self.mid() or 0.0))
            for kept, value in (
                (self.spreads, spread * _SCALE),
                (self.day_of_spreads, spread * _SCALE),
                (self.depths, depth),
                (self.day_of_depths, depth),
                (self.day_of_rates, self.flow.events_a_second(at) * _SCALE),
            ):
                kept.add(at, np.array([max(0.0, float(value))]))

    def mid(self) -> float | None:
        """The middle of bid and ask as a price; None without both, or while the book is out of step."""
        bid, ask = self.book.best_bid, self.book.best_ask
        if not self.sequence.in_step or bid is None or ask is None:
            return None
        return (bid + ask) * self.grid.tick / 2e8

    def spread_bps(self) -> float | None:
        """Ask less bid over the bid, in basis points; None without both, or while the book is out of step."""
        bid, ask = self.book.best_bid, self.book.best_ask
        if not self.sequence.in_step or bid is None or ask is None:
            return None
        return (ask - bid) / bid * 10_000


def _row(price: int, bps: float) -> int:
    """The height of a row: 1, 2 or 5 times a power of ten, the least that is not below so many basis points."""
    wanted = max(1.0, price * bps / 10_000)
    power = 1
    while power * 10 <= wanted:
        power *= 10
    return next(power * step for step in (1, 2, 5, 10) if power * step >= wanted)
