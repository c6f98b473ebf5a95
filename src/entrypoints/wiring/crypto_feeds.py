"""Where the market events of a process come from."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from adapters.binance.recordings import symbols_in
from adapters.binance.replay_feed import ReplayFeed
from adapters.simulated.order_flow_feed import SimulatedFeed
from adapters.system.time import LoopTimers, SystemClock
from entrypoints.settings import Settings, SettingsError
from tradecore.errors import DataMissing
from tradecore.ports.market_events import MarketEventFeed


def market_feed(settings: Settings, clock: SystemClock, timers: LoopTimers) -> MarketEventFeed:
    """
    The feed of CRYPTO_FEED.

    Raises:
        SettingsError: None is chosen.
        DataError: A recording can't be read, or names no pair.
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
            _replayed_pairs(settings, settings.crypto_recording),
            clock,
            timers,
            speed=float(settings.crypto_replay_speed),
            shift=True,
        )
    raise SettingsError("CRYPTO_FEED: choose where events come from: simulated, replay or binance")


def silence_of(feed: MarketEventFeed) -> str:
    """Why a feed tells nothing, as far as it knows."""
    # Only a feed of Binance's can be silent for a reason, and only that one has loaded its module.
    why = getattr(feed, "why", "")
    return f"{why}" if why else "no events came"


def _replayed_pairs(settings: Settings, recording: Path) -> Sequence[str]:
    """Those that somebody chose, else all of the recording."""
    if "crypto_symbols" in settings.model_fields_set:
        return settings.crypto_symbols
    found = symbols_in(recording)
    if not found:
        raise DataMissing(f"{recording} names no pair")
    return found
