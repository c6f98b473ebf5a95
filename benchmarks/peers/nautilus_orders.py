"""NautilusTrader's order path: the risk engine alone, and the call that submits a limit order."""

import statistics
import time
from typing import Any

from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import MessageBus, TestClock
from nautilus_trader.common.factories import OrderFactory
from nautilus_trader.config import RiskEngineConfig, StrategyConfig
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.messages import SubmitOrder
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import AccountId, StrategyId, TraderId
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.portfolio.portfolio import Portfolio
from nautilus_trader.risk.engine import RiskEngine
from nautilus_trader.test_kit.stubs.execution import TestExecStubs
from nautilus_trader.trading.strategy import Strategy

from benchmarks.peers.nautilus_engine import EQUITY, an_engine, ticks

_ORDERS = 1000
_RESTING = 100


def risk_engine() -> float:
    """Microseconds an order: RiskEngine.execute of prepared limit orders, handed on to nobody."""
    clock, trader = TestClock(), TraderId("B-001")
    bus, cache = MessageBus(trader_id=trader, clock=clock), Cache()
    portfolio = Portfolio(msgbus=bus, cache=cache, clock=clock)
    cache.add_instrument(EQUITY)
    cache.add_account(TestExecStubs.margin_account(AccountId("SIM-001")))
    size = Quantity(100, 0)
    cache.add_quote_tick(QuoteTick(EQUITY.id, Price(600, 2), Price(600.01, 2), size, size, 0, 0))
    config = RiskEngineConfig(
        max_order_submit_rate="10000000/00:00:01", max_notional_per_order={str(EQUITY.id): 10_000_000}
    )
    engine = RiskEngine(portfolio=portfolio, msgbus=bus, cache=cache, clock=clock, config=config)
    passed: list[Any] = []
    denied: list[Any] = []
    bus.register(endpoint="ExecEngine.execute", handler=passed.append)
    bus.register(endpoint="ExecEngine.process", handler=denied.append)
    engine.start()
    factory = OrderFactory(trader_id=trader, strategy_id=StrategyId("B-001"), clock=clock)
    commands = []
    for _ in range(_ORDERS):
        order = factory.limit(EQUITY.id, OrderSide.BUY, Quantity(1, 0), Price(599, 2))
        cache.add_order(order, None)
        commands.append(SubmitOrder(trader, StrategyId("B-001"), order, UUID4(), 0, None, None))
    began = time.perf_counter_ns()
    for command in commands:
        engine.execute(command)
    took = time.perf_counter_ns() - began
    if len(passed) != _ORDERS:
        raise RuntimeError(f"the risk engine denied orders: {denied[:1]}")
    return took / _ORDERS / 1000


class _Submitter(Strategy):
    """Submits a limit order that rests at every quote, and times the call."""

    def __init__(self, config: StrategyConfig) -> None:
        super().__init__(config)
        self.samples: list[int] = []

    def on_start(self) -> None:
        self.subscribe_quote_ticks(EQUITY.id)

    def on_quote_tick(self, _: QuoteTick) -> None:
        began = time.perf_counter_ns()
        self.submit_order(self.order_factory.limit(EQUITY.id, OrderSide.BUY, Quantity(1, 0), Price(500, 2)))
        self.samples.append(time.perf_counter_ns() - began)


def submit() -> float:
    """Microseconds of the median call: make a limit order and submit it, at most a hundred resting."""
    samples: list[int] = []
    for _ in range(3):
        engine, strategy = an_engine(), _Submitter(StrategyConfig())
        engine.add_strategy(strategy)
        engine.add_data(ticks(_RESTING))
        engine.run()
        samples += strategy.samples
        engine.dispose()
    return statistics.median(samples) / 1000
