"""Ids and secrets from the operating system's entropy."""

import base64
import secrets

from tradecore.ports.ids import IdSource


class SystemIds(IdSource):
    """Unpredictable ids and 256-bit tokens."""

    def intent_id(self) -> str:
        """80 random bits as 16 characters of a-z and 2-7."""
        return base64.b32encode(secrets.token_bytes(10)).decode().lower()

    def token(self) -> str:
        """256 random bits, URL-safe."""
        return secrets.token_urlsafe(32)
