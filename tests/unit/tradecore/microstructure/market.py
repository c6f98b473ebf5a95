"""A market of one symbol in whole ticks of 0.01, told event by event."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tradecore.microstructure.events import DayTicker, DepthDiff, DepthSnapshot, Levels, MarketEvent, Trade, units
from tradecore.microstructure.market_state import MarketState
from tradecore.microstructure.report import market_report
from tradecore.microstructure.thresholds import Thresholds

BEGIN = 1_700_000_000_000


def levels(*pairs: tuple[str, str]) -> Levels:
    return tuple((units(price), units(quantity)) for price, quantity in pairs)


@dataclass
class Market:
    """Remembers what it told, so that it can be told again in another order."""

    thresholds: Thresholds = field(default_factory=Thresholds)
    now: int = BEGIN
    told: list[MarketEvent] = field(default_factory=list)
    _update: int = 1_000
    _trade: int = 500

    def __post_init__(self) -> None:
        self.state = MarketState(self.thresholds)

    def wait(self, milliseconds: int) -> None:
        self.now += milliseconds

    def tell(self, event: MarketEvent) -> None:
        self.told.append(event)
        self.state.take(event)
        self.state.settle()

    def snapshot(self, bids: Levels, asks: Levels) -> None:
        self.tell(DepthSnapshot(self.now, self._update, bids, asks))

    def plain(self, levels_each_side: int = 20, quantity: str = "1", middle: str = "100.00") -> None:
        """Bids from 99.99 down and asks from 100.01 up, a cent apart."""
        cents = [Decimal(step) / 100 for step in range(1, levels_each_side + 1)]
        self.snapshot(
            levels(*((str(Decimal(middle) - cent), quantity) for cent in cents)),
            levels(*((str(Decimal(middle) + cent), quantity) for cent in cents)),
        )

    def change(self, bids: Levels = (), asks: Levels = ()) -> None:
        self._update += 1
        self.tell(DepthDiff(self.now, self._update, self._update, bids, asks))

    def trade(self, price: str, quantity: str, *, is_buy: bool) -> None:
        self._trade += 1
        self.tell(Trade(self.now, self._trade, units(price), units(quantity), is_buy))

    def ticker(self) -> None:
        last, high, low, volume = (units(number) for number in ("100", "110", "90", "1234.5"))
        self.tell(DayTicker(self.now, last, -0.015, high, low, volume))

    def report(self) -> dict[str, Any]:
        self.state.flush()
        return market_report(self.state, symbol="BTCUSDT", venue="BINANCE", now=self.now)
