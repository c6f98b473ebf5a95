"""A client of Redis; only what needs it imports this, for redis may not be installed."""

from typing import Any, Final

from pydantic import SecretStr
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from entrypoints.settings import SettingsError

_PATIENCE_S: Final = 2.0


def redis_client(url: SecretStr, password: SecretStr | None) -> Redis:
    """
    A client of the server at this address; it is not asked yet.

    Raises:
        SettingsError: The address can't be read.
    """
    known: dict[str, Any] = {} if password is None else {"password": password.get_secret_value()}
    try:
        # One try more, at once: a connection of before the server's restart is found dead only when it is used.
        return Redis.from_url(
            url.get_secret_value(),
            **known,
            socket_timeout=_PATIENCE_S,
            socket_connect_timeout=_PATIENCE_S,
            retry=Retry(NoBackoff(), 1),
        )
    except ValueError:
        pass
    # Raised outside of the handler, so that no cause carries a password along.
    raise SettingsError("REDIS_URL: is no address of a Redis server, such as redis://127.0.0.1:6379/0")
