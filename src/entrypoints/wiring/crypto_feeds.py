"""Where the market events of a process come from."""

from adapters.simulated.order_flow_feed import SimulatedFeed
from adapters.system.time import LoopTimers, SystemClock
from entrypoints.settings import Settings, SettingsError
from tradecore.ports.market_events import MarketEventFeed


def market_feed(settings: Settings, clock: SystemClock, timers: LoopTimers) -> MarketEventFeed:
    """
    The feed of CRYPTO_FEED.

    Raises:
        SettingsError: None is chosen.
    """
    if settings.crypto_feed == "simulated":
        return SimulatedFeed(clock, timers, settings.crypto_symbols, settings.crypto_seed)
    raise SettingsError("CRYPTO_FEED: choose where events come from: simulated, replay or binance")
