"""Where the market events of a process come from."""

import numpy as np

from adapters.binance.replay_feed import ReplayFeed
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
    if settings.crypto_feed == "binance":
        # Its libraries take a while to load, which nobody else should wait for.
        from adapters.binance.live_feed import LiveFeed

        return LiveFeed(settings.crypto_symbols, clock, np.random.default_rng().random)
    if settings.crypto_feed == "replay" and settings.crypto_recording is not None:
        return ReplayFeed(
            settings.crypto_recording,
            settings.crypto_symbols,
            clock,
            timers,
            speed=float(settings.crypto_replay_speed),
            shift=True,
        )
    raise SettingsError("CRYPTO_FEED: choose where events come from: simulated, replay or binance")
