"""The recorded day that a simulated broker plays: where it is, which day it is, and that it is still the same."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from entrypoints.settings import SettingsError
from entrypoints.wiring import read_day
from tradecore.errors import DataMissing
from tradecore.model.instruments import Equity
from tradecore.model.recording import RecordedDay
from tradecore.model.sessions import Session, session_on

_LEAN_FILE: Final = re.compile(r"(\d{8})_trade\.zip")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """
    What `replay` reads too: a folder in LEAN's format, or a CSV or Parquet file of one symbol's bars.

    `symbol` chooses one of a folder's; `options` is a folder of recorded option quotes; `labels` is "start" or "end".
    """

    path: Path
    symbol: str | None
    options: Path | None
    labels: str | None

    @property
    def is_plain(self) -> bool:
        """Whether it is a file of bars."""
        return self.path.suffix.lower() in (".csv", ".parquet")


def recorded_days(recording: Recording, day: date | None) -> tuple[RecordedDay, ...]:
    """
    Every wanted underlying of the one day; without `day`, of the only day there is.

    Raises:
        SettingsError: The symbol or the day must be named.
        InvalidRequest, DataMissing, DataMalformed: What is recorded can't be used; the message names file and line.
    """
    if not recording.path.exists():
        raise DataMissing(f"--day {recording.path}: nothing is there")
    chosen = _only_day(recording) if day is None else day
    session = session_on(chosen)
    if session is None:
        raise DataMissing(f"{chosen} is no trading day of the exchange")
    return tuple(_read(recording, symbol, session) for symbol in _symbols(recording, chosen))


def kept(recording: Recording, days: tuple[RecordedDay, ...]) -> dict[str, Any]:
    """What a ledger keeps of it."""
    return {
        "path": str(recording.path.absolute()),
        "symbol": recording.symbol,
        "options": None if recording.options is None else str(recording.options.absolute()),
        "labels": recording.labels,
        "day": days[0].session.day.isoformat(),
        "sha256": _digest(days),
    }


def read_again(found: Mapping[str, Any]) -> tuple[RecordedDay, ...]:
    """
    The days that a ledger names.

    Raises:
        SettingsError: They are not what they were.
        InvalidRequest, DataMissing, DataMalformed: They can't be read any more.
    """
    options = None if found["options"] is None else Path(found["options"])
    recording = Recording(path=Path(found["path"]), symbol=found["symbol"], options=options, labels=found["labels"])
    days = recorded_days(recording, date.fromisoformat(found["day"]))
    if _digest(days) != found["sha256"]:
        raise SettingsError(f"{recording.path} is not the recording this world began with; name another --state")
    return days


def _read(recording: Recording, symbol: str, session: Session) -> RecordedDay:
    underlying, path = Equity(symbol), recording.path
    return read_day(path, underlying, session, options=recording.options, labels=recording.labels)


def _symbols(recording: Recording, day: date) -> list[str]:
    if recording.symbol is not None:
        return [recording.symbol.upper()]
    if recording.is_plain:
        raise SettingsError(f"--day {recording.path}: say with --symbol what its bars are of; the file does not")
    found = sorted(one.parent.name.upper() for one in recording.path.glob(f"*/{day:%Y%m%d}_trade.zip"))
    if not found:
        raise DataMissing(f"--day {recording.path}: nothing of {day} is there; {_shown(recording)}")
    return found


def _only_day(recording: Recording) -> date:
    if recording.is_plain:
        raise SettingsError(f"--day {recording.path}: say with --start which day of the file it is")
    found = _days(recording)
    if len(found) != 1:
        raise DataMissing(f"--day {recording.path}: choose a day with --start; {_shown(recording)}")
    return found[0]


def _days(recording: Recording) -> list[date]:
    wanted = "*" if recording.symbol is None else recording.symbol.lower()
    names = (_LEAN_FILE.fullmatch(one.name) for one in recording.path.glob(f"{wanted}/*_trade.zip"))
    return sorted({date(int(one[1][:4]), int(one[1][4:6]), int(one[1][6:])) for one in names if one})


def _shown(recording: Recording) -> str:
    days = [one.isoformat() for one in _days(recording)]
    return f"it has {', '.join(days[:12]) or 'no day'}{' …' if len(days) > 12 else ''}"


def _digest(days: tuple[RecordedDay, ...]) -> str:
    digest = hashlib.sha256()
    for one in days:
        options = sorted((contract.symbol, bars) for contract, bars in (one.options or {}).items())
        digest.update(repr((one.underlying, one.session, one.bars, one.quote_bars, options)).encode())
    return digest.hexdigest()
