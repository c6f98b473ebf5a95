"""The simulated order flow of some pairs, at the pace of a clock."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from adapters.simulated.order_flow import STEP_MS, OrderFlow, Pattern
from tradecore.errors import Unavailable
from tradecore.microstructure.events import DepthDiff, DepthSnapshot
from tradecore.ports.clock import Clock
from tradecore.ports.market_events import MarketEventFeed, Publish
from tradecore.ports.timers import Timers

PRICES: Final = {"BTCUSDT": 60_000, "ETHUSDT": 3_000, "SOLUSDT": 150, "BNBUSDT": 600}
_ANY_PRICE: Final = 100


class SimulatedFeed(MarketEventFeed):
    """Steps of a tenth of a second for each pair; the same seed gives the same market, wherever it begins."""

    def __init__(
        self, clock: Clock, timers: Timers, symbols: Sequence[str], seed: int, patterns: Sequence[Pattern] = ()
    ) -> None:
        """`patterns` are planted one after another in every pair."""
        self._clock = clock
        self._timers = timers
        self._symbols = tuple(symbols)
        self._seed = seed
        self._patterns = tuple(patterns)
        self.flows: Mapping[str, OrderFlow] = {}

    @property
    def venue(self) -> str:
        """No venue's."""
        return "SIMULATED"

    @property
    def symbols(self) -> tuple[str, ...]:
        """The pairs."""
        return self._symbols

    async def run(self, publish: Publish) -> None:
        """Step for ever; a step that is late is made at once, so that none is left out."""
        begins = self._clock.now()
        first = int(begins.timestamp() * 1000)
        self.flows = {
            symbol: OrderFlow(
                self._seed + number, PRICES.get(symbol, _ANY_PRICE) * 10**8, first, patterns=self._patterns
            )
            for number, symbol in enumerate(self._symbols)
        }
        steps = {symbol: flow.steps() for symbol, flow in self.flows.items()}
        owing = set(self._symbols)
        count = 0
        while True:
            await self._timers.sleep_until(begins + timedelta(milliseconds=STEP_MS * count))
            count += 1
            for symbol, made in steps.items():
                at, events = next(made)
                if symbol in owing:
                    # A change would not follow what was published last; the snapshot holds it.
                    events = [event for event in events if not isinstance(event, DepthDiff | DepthSnapshot)]
                    events.insert(0, self.flows[symbol].snapshot(at))
                try:
                    await publish(symbol, events)
                    owing.discard(symbol)
                except Unavailable:
                    owing.add(symbol)
