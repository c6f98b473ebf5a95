"""One digest of everything a desk decided and saw, in order."""

import hashlib
import json
from datetime import datetime
from typing import Final

from tradecore.model.encoding import Json, moment

# What names a process, a directory or a lock is no part of what was decided.
UNTRACED: Final = frozenset({"segment"})


class TraceDigest:
    """SHA-256 over (time, kind, content) of each record; the same session gives the same digest anywhere."""

    def __init__(self) -> None:
        """Start with nothing recorded."""
        self._hash = hashlib.sha256()

    def add(self, at: datetime, kind: str, body: Json) -> None:
        """Take in one record."""
        if kind in UNTRACED:
            return
        line = json.dumps([moment(at), kind, body], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        self._hash.update(line.encode())
        self._hash.update(b"\n")

    @property
    def hexdigest(self) -> str:
        """The digest so far."""
        return self._hash.hexdigest()
