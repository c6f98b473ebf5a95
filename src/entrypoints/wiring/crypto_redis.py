"""The bus on Redis; only what needs it imports this, for redis may not be installed."""

import asyncio
from datetime import timedelta
from typing import Final

from pydantic import SecretStr
from redis.exceptions import RedisError

from adapters.redis.market_bus import RedisMarketBus
from entrypoints.wiring.redis_client import redis_client

_OLDEST: Final = 7


def redis_bus(url: SecretStr, password: SecretStr | None, retention: timedelta) -> RedisMarketBus:
    """
    A bus on the server at this address; it is not asked yet.

    Raises:
        SettingsError: The address can't be read.
    """
    return RedisMarketBus(redis_client(url, password), retention=retention)


def redis_examined(url: SecretStr, password: SecretStr | None) -> tuple[bool, str]:
    """
    Whether the server answers and is new enough, and what was found.

    Raises:
        SettingsError: The address can't be read.
    """
    client = redis_client(url, password)

    async def asked() -> str:
        try:
            return str((await client.info("server"))["redis_version"])
        finally:
            await client.aclose()

    try:
        version = asyncio.run(asked())
    except (RedisError, OSError) as problem:
        return False, f"REDIS_URL does not answer: {type(problem).__name__}"
    new_enough = int(version.partition(".")[0]) >= _OLDEST
    return new_enough, f"version {version}" if new_enough else f"version {version}; {_OLDEST} or newer is needed"
