"""Ids and tokens that repeat themselves for a seed; for rehearsals only, never where a secret matters."""

import base64
import hashlib

from tradecore.ports.ids import IdSource


class SeededIds(IdSource):
    """The same seed gives the same ids and tokens in the same order, in any process."""

    def __init__(self, seed: str) -> None:
        """Count from zero under `seed`."""
        self._seed = seed
        self._count = 0

    def intent_id(self) -> str:
        """Ten characters of a-z and 2-7."""
        return base64.b32encode(self._next("intent")).decode().lower()[:10]

    def token(self) -> str:
        """256 repeatable bits, URL-safe."""
        return base64.urlsafe_b64encode(self._next("token")).decode().rstrip("=")

    def _next(self, purpose: str) -> bytes:
        self._count += 1
        return hashlib.sha256(f"{self._seed}/{purpose}/{self._count}".encode()).digest()
