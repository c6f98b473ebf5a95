"""NautilusTrader's backtest engine: opening-range breakout on bars, and quote ticks with and without orders."""

import time
from typing import Any

from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import Bar, BarType, QuoteTick
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import TraderId, Venue
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

from benchmarks.peers.recordings import SESSION_MINUTES, bid_cents, minute_bars

EQUITY = TestInstrumentProvider.equity("SPY", "SIM")
_BARS = BarType.from_str(f"{EQUITY.id}-1-MINUTE-LAST-EXTERNAL")
_FIRST_NS = 1_700_000_000_000_000_000
_SESSIONS = 10
_TICKS = 20_000
_ORDER_EVERY = 20


def an_engine() -> Any:
    """A silent engine with one venue, one margin account and one equity; its risk engine is on."""
    logging = LoggingConfig(bypass_logging=True)
    engine = BacktestEngine(BacktestEngineConfig(trader_id=TraderId("B-001"), logging=logging, run_analysis=False))
    cash = [Money(10_000_000, USD)]
    engine.add_venue(Venue("SIM"), OmsType.NETTING, AccountType.MARGIN, cash, base_currency=USD)
    engine.add_instrument(EQUITY)
    return engine


def ticks(count: int) -> list[QuoteTick]:
    """Quotes ten milliseconds apart."""
    size, found = Quantity(100, 0), []
    for number, bid in enumerate(bid_cents(count)):
        at = _FIRST_NS + number * 10_000_000
        found.append(QuoteTick(EQUITY.id, Price(bid / 100, 2), Price((bid + 1) / 100, 2), size, size, at, at))
    return found


class _Breakout(Strategy):
    """Range of fifteen minutes, one trade a session at the first close beyond it, out before the end."""

    def on_start(self) -> None:
        self.minute, self.high, self.low, self.traded = -1, 0.0, 1e9, False
        self.subscribe_bars(_BARS)

    def on_bar(self, bar: Bar) -> None:
        self.minute = (self.minute + 1) % SESSION_MINUTES
        if self.minute == 0:
            self.high, self.low, self.traded = 0.0, 1e9, False
        close = bar.close.as_double()
        if self.minute < 15:
            self.high = max(self.high, bar.high.as_double())
            self.low = min(self.low, bar.low.as_double())
        elif self.minute == SESSION_MINUTES - 2:
            self.close_all_positions(EQUITY.id)
        elif not self.traded and not self.low <= close <= self.high:
            self.traded = True
            side = OrderSide.BUY if close > self.high else OrderSide.SELL
            self.submit_order(self.order_factory.market(EQUITY.id, side, Quantity(100, 0)))


class _Quoted(Strategy):
    """Counts quotes; trades back and forth at the market every so many of them, 0 for never."""

    every = 0

    def on_start(self) -> None:
        self.count, self.side = 0, OrderSide.BUY
        self.subscribe_quote_ticks(EQUITY.id)

    def on_quote_tick(self, _: QuoteTick) -> None:
        self.count += 1
        if self.every and self.count % self.every == 0:
            self.submit_order(self.order_factory.market(EQUITY.id, self.side, Quantity(1, 0)))
            self.side = OrderSide.SELL if self.side == OrderSide.BUY else OrderSide.BUY


def bars() -> float:
    """Microseconds a bar of the breakout, the engine's run alone."""
    found = []
    for bar in minute_bars(_SESSIONS):
        at = _FIRST_NS + bar.minute * 60_000_000_000
        prices = [Price(cents / 100, 2) for cents in (bar.open, bar.high, bar.low, bar.close)]
        found.append(Bar(_BARS, *prices, Quantity(bar.volume, 0), at, at))
    return _run(_Breakout(StrategyConfig()), found) / len(found)


def quote_ticks() -> float:
    """Microseconds a quote without orders."""
    return _quotes(0) / _TICKS


def order_with_fill() -> float:
    """Microseconds one market order and its fill add to a replay of quotes."""
    return (_quotes(_ORDER_EVERY) - _quotes(0)) / (_TICKS // _ORDER_EVERY)


def _quotes(every: int) -> float:
    strategy = _Quoted(StrategyConfig())
    strategy.every = every
    return _run(strategy, ticks(_TICKS))


def _run(strategy: Any, data: list[Any]) -> float:
    engine = an_engine()
    engine.add_strategy(strategy)
    engine.add_data(data)
    began = time.perf_counter_ns()
    engine.run()
    took = time.perf_counter_ns() - began
    engine.dispose()
    return took / 1000
