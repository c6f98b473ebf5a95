"""The bus on Redis; only what needs it imports this, for redis may not be installed."""

from datetime import timedelta

from pydantic import SecretStr

from adapters.redis.market_bus import RedisMarketBus
from entrypoints.wiring.redis_client import redis_client


def redis_bus(url: SecretStr, password: SecretStr | None, retention: timedelta) -> RedisMarketBus:
    """
    A bus on the server at this address; it is not asked yet.

    Raises:
        SettingsError: The address can't be read.
    """
    return RedisMarketBus(redis_client(url, password), retention=retention)
