"""Watchlists in one file of lines of JSON, written anew at each change."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from tradecore.errors import Rejected, Unavailable
from tradecore.model.reference import Watchlist
from tradecore.ports.watchlists import Watchlists


class JsonlWatchlists(Watchlists):
    """One line a list: `{"id": "1", "name": "mine", "symbols": ["SPY"]}`; a new file takes the old one's place."""

    def __init__(self, path: Path) -> None:
        """Read nothing yet; the file need not be there."""
        self._path = path

    async def watchlists(self) -> Sequence[Watchlist]:
        """By name."""
        return sorted(self._read(), key=lambda one: one.name)

    async def create(self, name: str, symbols: Sequence[str]) -> Watchlist:
        """Ids count up."""
        kept = self._read()
        _refuse_taken(kept, name, None)
        number = 1 + max((int(one.watchlist_id) for one in kept), default=0)
        made = Watchlist(watchlist_id=str(number), name=name, symbols=tuple(dict.fromkeys(symbols)))
        self._write([*kept, made])
        return made

    async def update(self, watchlist_id: str, name: str | None, symbols: Sequence[str] | None) -> Watchlist:
        """Change one line."""
        kept = self._read()
        known = next((one for one in kept if one.watchlist_id == watchlist_id), None)
        if known is None:
            raise Rejected(f"there is no watchlist {watchlist_id!r}")
        if name is not None:
            _refuse_taken(kept, name, watchlist_id)
        chosen = known.symbols if symbols is None else tuple(dict.fromkeys(symbols))
        changed = Watchlist(watchlist_id=watchlist_id, name=name or known.name, symbols=chosen)
        self._write([changed if one is known else one for one in kept])
        return changed

    def _read(self) -> list[Watchlist]:
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
            return [_watchlist(line) for line in lines if line]
        except FileNotFoundError:
            return []
        except OSError as problem:
            raise Unavailable(f"{self._path} can't be read: {problem.strerror}") from problem
        except (ValueError, KeyError, TypeError) as problem:
            raise Unavailable(f"{self._path} is not what was written there") from problem

    def _write(self, kept: Sequence[Watchlist]) -> None:
        lines = [
            json.dumps({"id": one.watchlist_id, "name": one.name, "symbols": list(one.symbols)}) + "\n" for one in kept
        ]
        beside = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(opened, "w", encoding="utf-8") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError as problem:
            raise Unavailable(f"{self._path} can't be written: {problem.strerror}") from problem


def _refuse_taken(kept: Sequence[Watchlist], name: str, own_id: str | None) -> None:
    if any(one.name == name and one.watchlist_id != own_id for one in kept):
        raise Rejected(f"there is a watchlist {name!r} already")


def _watchlist(line: str) -> Watchlist:
    raw = json.loads(line)
    symbols = tuple(str(symbol) for symbol in raw["symbols"])
    return Watchlist(watchlist_id=str(int(raw["id"])), name=str(raw["name"]), symbols=symbols)
