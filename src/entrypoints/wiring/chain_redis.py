"""Published chains on Redis; only what needs it imports this, for redis may not be installed."""

from pydantic import SecretStr

from adapters.redis.chain_store import RedisChainStore
from entrypoints.wiring.redis_client import redis_client


def redis_chain_store(url: SecretStr, password: SecretStr | None) -> RedisChainStore:
    """
    A store on the server at this address; it is not asked yet.

    Raises:
        SettingsError: The address can't be read.
    """
    return RedisChainStore(redis_client(url, password))
