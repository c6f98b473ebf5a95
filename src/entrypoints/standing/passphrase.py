"""The operator's passphrase: set once at a terminal, kept as an scrypt hash, checked by the desk itself."""

import hashlib
import hmac
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from entrypoints.wiring.directories import make_private

PASSPHRASE_FILE: Final = "operator.json"
SHORTEST: Final = 12
_COST: Final = 2**15
_BLOCK: Final = 8
_MEMORY: Final = 64 * 1024 * 1024
_TRIES: Final = 5
_LOCKED_FOR: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class PassphraseHash:
    """Salt and scrypt hash of a passphrase."""

    salt: bytes
    digest: bytes

    def matches(self, passphrase: str) -> bool:
        """Whether this passphrase was hashed, compared in constant time."""
        return hmac.compare_digest(_scrypt(passphrase, self.salt), self.digest)


def save_passphrase(home: Path, passphrase: str) -> Path:
    """Keep a new passphrase's hash, readable by its owner only; the file's path."""
    make_private(home)
    salt = os.urandom(16)
    path = home / PASSPHRASE_FILE
    part = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"scheme": "scrypt", "salt": salt.hex(), "hash": _scrypt(passphrase, salt).hex()}, file)
    part.replace(path)
    return path


def load_passphrase(home: Path) -> PassphraseHash | None:
    """The kept hash; None when no passphrase was set or the file can't be read."""
    try:
        found = json.loads((home / PASSPHRASE_FILE).read_text(encoding="utf-8"))
        return PassphraseHash(bytes.fromhex(found["salt"]), bytes.fromhex(found["hash"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


class OperatorLock:
    """
    Says whether a passphrase is the operator's.

    The hash is read once and kept: a file that is exchanged under a standing desk opens nothing. Five wrong tries close
    the lock for a minute.
    """

    def __init__(self, home: Path, now: Callable[[], datetime]) -> None:
        """Keep what is set now; `now` is the wall clock."""
        self._home = home
        self._now = now
        self._known = load_passphrase(home)
        self._wrong = 0
        self._closed_until: datetime | None = None

    def refusal(self, passphrase: object) -> str | None:
        """Why this passphrase opens nothing, None when it does."""
        self._known = self._known or load_passphrase(self._home)
        if self._known is None:
            return "no passphrase is set; run `tradecore approve --set-passphrase` in a terminal"
        now = self._now()
        if self._closed_until is not None and now < self._closed_until:
            return "too many wrong passphrases; wait a minute"
        if isinstance(passphrase, str) and self._known.matches(passphrase):
            self._wrong, self._closed_until = 0, None
            return None
        self._wrong += 1
        if self._wrong >= _TRIES:
            self._wrong, self._closed_until = 0, now + _LOCKED_FOR
        return "that is not the operator's passphrase"


def _scrypt(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=_COST, r=_BLOCK, p=1, maxmem=_MEMORY, dklen=32)
