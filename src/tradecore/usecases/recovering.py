"""Starting on what a journal left: fold it, say what is unknown, and let nothing be opened before the books agree."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from tradecore.desk.commands import Recover
from tradecore.desk.desk import Desk
from tradecore.desk.folding import Folding
from tradecore.desk.opening import DeskOpening
from tradecore.errors import InvalidRequest
from tradecore.model.encoding import decode
from tradecore.ports.journal import JournalEntry
from tradecore.usecases.audit import OPENING, SCHEMA_VERSION, SEGMENT
from tradecore.usecases.floor import TradingFloor, decide
from tradecore.usecases.working import chase_exit


@dataclass(frozen=True, slots=True)
class Remembered:
    """A desk as its journal left it, and the time of the last entry."""

    desk: Desk
    until: datetime


def remembered_desk(entries: Iterable[JournalEntry]) -> Remembered | None:
    """
    Fold a journal into the desk it left; None when it holds no desk yet.

    Raises:
        InvalidRequest: The journal was written by a version whose records this one can't fold.
    """
    folding: Folding | None = None
    opening: DeskOpening | None = None
    until: datetime | None = None
    for entry in entries:
        if entry.kind == SEGMENT and entry.body["schema"] != SCHEMA_VERSION:
            was = entry.body["schema"]
            raise InvalidRequest(f"the journal is of schema {was}, this version reads {SCHEMA_VERSION}")
        if entry.kind == OPENING:
            opening = decode(DeskOpening, entry.body["opening"])
            folding = Folding(opening)
        elif folding is not None and "after" in entry.body:
            folding.take(entry.body["after"])
        until = entry.at
    if folding is None or opening is None or until is None:
        return None
    return Remembered(Desk(opening, folding.state()), until)


async def recover(floor: TradingFloor, opening: DeskOpening) -> None:
    """Begin a life of a desk under `opening`; it opens nothing before it reconciled, closes nothing before it asked."""
    floor.asked.is_behind = True
    before = floor.desk.opening
    same_account = replace(opening, day=before.day, equity=before.equity, cash=before.cash)
    await decide(floor, Recover(at=floor.clock.now(), opening=same_account))
    for group in floor.desk.open_groups:
        if group.closing is not None:
            floor.timers.beside(chase_exit(floor, group.label))
