"""The keys that open the HTTP door: from the settings, else from a file that is made at the first start."""

import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr, TypeAdapter, ValidationError

from entrypoints.settings import Settings, SettingsError
from entrypoints.settings.values import HttpKeys as HttpKeysText
from entrypoints.wiring.directories import make_private

KEY_FILE: Final = "http.key"
_SETTING: Final = "TRADECORE_HTTP_KEYS"
_OTHERS: Final = 0o077


@dataclass(frozen=True, slots=True)
class HttpKeys:
    """One or two keys, known by their SHA-256 alone; `source` says where their owner finds them."""

    digests: tuple[bytes, ...]
    source: str

    def principal_of(self, presented: str) -> str | None:
        """Who speaks with this key, None when it is none of ours; takes the same time for every wrong key."""
        digest = hashlib.sha256(presented.encode()).digest()
        matches = [hmac.compare_digest(digest, known) for known in self.digests]
        return f"key:{digest.hex()[:8]}" if any(matches) else None


def http_keys(settings: Settings, fresh_key: Callable[[], str]) -> HttpKeys:
    """
    The keys of TRADECORE_HTTP_KEYS, else those of `http.key` in TRADECORE_HOME, one a line.

    Without either the file is made, with one `fresh_key`, for its owner only.

    Raises:
        SettingsError: The file can't be read or made, others can read it, or it holds no key.
    """
    if settings.each_http_key:
        return HttpKeys(tuple(_digest(key) for key in settings.each_http_key), _SETTING)
    path = settings.home / KEY_FILE
    try:
        if not path.exists():
            _make(path, fresh_key())
        return HttpKeys(tuple(_digest(key) for key in _read(path)), str(path))
    except OSError as error:
        raise SettingsError(f"{path} can't be used: {error.strerror}") from error


def _make(path: Path, key: str) -> None:
    make_private(path.parent)
    part = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{key}\n")
    try:
        # Of two desks that start at once the first one's key stands, and is never seen half written.
        path.hardlink_to(part)
    except FileExistsError:
        return
    finally:
        part.unlink()


def _read(path: Path) -> tuple[SecretStr, ...]:
    if path.stat().st_mode & _OTHERS:
        raise SettingsError(f"{path}: others may read it; run `chmod 600` on it, or put another key in")
    lines = [line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    try:
        TypeAdapter(HttpKeysText).validate_python(",".join(lines))
    except ValidationError as error:
        words = error.errors(include_input=False)[0]["msg"].removeprefix("Value error, ")
    else:
        return tuple(SecretStr(line) for line in lines)
    # Raised outside of the handler, so that no cause carries a key along.
    raise SettingsError(f"{path}: {words}")


def _digest(key: SecretStr) -> bytes:
    return hashlib.sha256(key.get_secret_value().encode()).digest()
