"""The bus on Redis; only what needs it imports this, for redis may not be installed."""

import asyncio
from datetime import timedelta
from typing import Any, Final

from pydantic import SecretStr
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from adapters.redis.market_bus import RedisMarketBus
from entrypoints.settings import SettingsError

_PATIENCE_S: Final = 2.0
_OLDEST: Final = 7


def redis_bus(url: SecretStr, password: SecretStr | None, retention: timedelta) -> RedisMarketBus:
    """
    A bus on the server at this address; it is not asked yet.

    Raises:
        SettingsError: The address can't be read.
    """
    return RedisMarketBus(_client(url, password), retention=retention)


def redis_examined(url: SecretStr, password: SecretStr | None) -> tuple[bool, str]:
    """
    Whether the server answers and is new enough, and what was found.

    Raises:
        SettingsError: The address can't be read.
    """
    client = _client(url, password)

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


def _client(url: SecretStr, password: SecretStr | None) -> Redis:
    known: dict[str, Any] = {} if password is None else {"password": password.get_secret_value()}
    try:
        # One try more, at once: a connection of before the server's restart is found dead only when it is used.
        client = Redis.from_url(
            url.get_secret_value(),
            **known,
            socket_timeout=_PATIENCE_S,
            socket_connect_timeout=_PATIENCE_S,
            retry=Retry(NoBackoff(), 1),
        )
    except ValueError:
        client = None
    if client is None:
        # Raised outside of the handler, so that no cause carries a password along.
        raise SettingsError("REDIS_URL: is no address of a Redis server, such as redis://127.0.0.1:6379/0")
    return client
