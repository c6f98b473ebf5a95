"""How much happens, and in which direction."""

from tradecore.microstructure.book import OrderBook
from tradecore.microstructure.events import Trade
from tradecore.microstructure.thresholds import Thresholds
from tradecore.microstructure.windows import RollingSum

Touch = tuple[int, int, int, int]
"""Tick and quantity of the best bid, tick and quantity of the best ask."""


class Flow:
    """Events a second, aggressive buying less selling, and order-flow imbalance."""

    __slots__ = ("_began", "_fast", "_imbalance", "_net", "_rate", "_thresholds", "_touch")

    def __init__(self, thresholds: Thresholds) -> None:
        """Nothing happened yet."""
        self._thresholds = thresholds
        self._rate = RollingSum(thresholds.rate_ms)
        self._net = RollingSum(thresholds.flow_ms)
        self._fast = RollingSum(thresholds.flow_ms // 3)
        self._imbalance = RollingSum(thresholds.flow_ms)
        self._touch: Touch | None = None
        self._began: int | None = None

    def count(self, at: int) -> None:
        """One event."""
        self._began = at if self._began is None else min(self._began, at)
        self._rate.add(at, 1)

    def trade(self, trade: Trade) -> None:
        """What an aggressor bought or sold."""
        signed = trade.quantity if trade.is_buy else -trade.quantity
        self._net.add(trade.at, signed)
        self._fast.add(trade.at, signed)

    def touch(self, at: int, book: OrderBook) -> None:
        """
        What the touch has become.

        Source: Cont, Kukanov and Stoikov, The Price Impact of Order Book Events, J. Financial Econometrics 12 (2014).
        """
        bid, ask = book.best_bid, book.best_ask
        if bid is None or ask is None:
            self._touch = None
            return
        now = (bid, book.bids.quantity(bid), ask, book.asks.quantity(-ask))
        if self._touch is not None and now != self._touch:
            self._imbalance.add(at, order_flow_imbalance(self._touch, now))
        self._touch = now

    def events_a_second(self, now: int) -> float:
        """The average over the window, or over the time since the first event where that is shorter."""
        if self._began is None:
            return 0.0
        covered = min(self._thresholds.rate_ms, max(1_000, now - self._began))
        return self._rate.total(now) * 1_000 / covered

    def net(self, now: int) -> int:
        """Bought less sold by aggressors, in units of 1e-8 of the base."""
        return self._net.total(now)

    def net_fast(self, now: int) -> int:
        """The same over the last third of the window."""
        return self._fast.total(now)

    def imbalance(self, now: int) -> int:
        """The sum of the touch's order-flow imbalance, in units of 1e-8 of the base."""
        return self._imbalance.total(now)


def order_flow_imbalance(before: Touch, now: Touch) -> int:
    """What one change of the touch added to demand less what it added to supply."""
    bid0, bid_size0, ask0, ask_size0 = before
    bid1, bid_size1, ask1, ask_size1 = now
    demand = (bid_size1 if bid1 >= bid0 else 0) - (bid_size0 if bid1 <= bid0 else 0)
    supply = (ask_size1 if ask1 <= ask0 else 0) - (ask_size0 if ask1 >= ask0 else 0)
    return demand - supply
