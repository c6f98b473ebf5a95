"""Replaying a journal: rebuild the desk from its record, decide again, and compare every decision."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tradecore.desk.commands import Command
from tradecore.desk.desk import Desk
from tradecore.desk.images import NOTHING_CHANGED
from tradecore.desk.opening import DeskOpening
from tradecore.errors import InvalidRequest
from tradecore.model.encoding import Json, decode, encode
from tradecore.model.events import BrokerEvent
from tradecore.ports.journal import JournalEntry
from tradecore.usecases.floor import COMMAND, EVENT
from tradecore.usecases.trace import TraceDigest

OPENING: Final = "opening"
SEGMENT: Final = "segment"
SCHEMA_VERSION: Final = 3
_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision that came out otherwise: the entry, and the first place where the two part."""

    entry: int
    where: str
    recorded: str
    replayed: str


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """
    What deciding again showed.

    `code_versions` are those that wrote the journal; the first ten `differences` are kept, `different` counts them all.
    """

    entries: int
    decisions: int
    different: int
    differences: tuple[Difference, ...]
    trace_sha256: str
    code_versions: tuple[str, ...]
    positions_open: int
    realized_pnl: str
    fees: str


def replay(entries: Iterable[JournalEntry]) -> ReplayReport:
    """
    Decide everything in a journal again.

    Raises:
        InvalidRequest: The journal has no opening, or an entry is of another schema.
    """
    trace = TraceDigest()
    desk: Desk | None = None
    count = decisions = 0
    versions: dict[str, None] = {}
    found: list[Difference] = []
    for entry in entries:
        count += 1
        trace.add(entry.at, entry.kind, entry.body)
        if entry.kind == SEGMENT:
            versions[str(entry.body["code_version"])] = None
        elif entry.kind == OPENING:
            desk = Desk(decode(DeskOpening, entry.body["opening"]))
        elif entry.kind in (COMMAND, EVENT):
            decisions += 1
            found += _differences(entry, _decide_again(desk, entry))
    if desk is None:
        raise InvalidRequest("the journal has no opening entry: there is no desk to rebuild")
    result = desk.day.result(desk.day.today)
    return ReplayReport(
        entries=count,
        decisions=decisions,
        different=len({difference.entry for difference in found}),
        differences=tuple(found[:_SHOWN]),
        trace_sha256=trace.hexdigest,
        code_versions=tuple(versions),
        positions_open=sum(len(group.holdings) for group in desk.groups),
        realized_pnl=format(result.realised.amount, "f"),
        fees=format(result.fees.amount, "f"),
    )


def _decide_again(desk: Desk | None, entry: JournalEntry) -> Json:
    if desk is None:
        raise InvalidRequest(f"entry {entry.seq} decides before any opening")
    if entry.kind == COMMAND:
        decision = desk.handle(decode(Command, entry.body["command"]))
    else:
        decision = desk.apply(decode(BrokerEvent, entry.body["event"]))
    images = desk.after_images()
    after = {} if images is NOTHING_CHANGED else {"after": encode(images)}
    return {"decision": encode(decision), **after}


def _differences(entry: JournalEntry, again: Json) -> Iterator[Difference]:
    recorded = {key: entry.body[key] for key in ("decision", "after") if key in entry.body}
    if recorded != again:
        where, before, now = _first_difference(recorded, again, "")
        yield Difference(entry.seq, where, before, now)


def _first_difference(recorded: Any, again: Any, where: str) -> tuple[str, str, str]:
    if isinstance(recorded, dict) and isinstance(again, dict) and recorded.keys() == again.keys():
        for key in recorded:
            if recorded[key] != again[key]:
                return _first_difference(recorded[key], again[key], f"{where}.{key}" if where else key)
    if isinstance(recorded, list) and isinstance(again, list) and len(recorded) == len(again):
        for index, (one, other) in enumerate(zip(recorded, again, strict=True)):
            if one != other:
                return _first_difference(one, other, f"{where}[{index}]")
    return where, str(recorded)[:120], str(again)[:120]
