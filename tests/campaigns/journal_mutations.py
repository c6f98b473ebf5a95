"""A journal of a session, changed in one place: every change is found, and the first entry it touches is named."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

import orjson
from tests.campaigns.campaign import Campaign, Share
from tests.campaigns.expected_verification import Expected, Original, expected, expected_with_head
from tests.campaigns.still_market import StillMarket, in_a_still_market, memory_disk

from adapters.jsonl.entry_codec import write_line
from adapters.jsonl.journal import JsonlJournal
from adapters.jsonl.verify import Verification, verify
from tradecore.errors import DataMissing
from tradecore.ports.journal import JournalHead
from tradecore.usecases.confirming import confirm
from tradecore.usecases.previewing import preview_close

Files = dict[str, bytes]
SEGMENT_BYTES: Final = 12_000
SPAN: Final = 200


@dataclass(frozen=True, slots=True)
class Mutated:
    """The files afterwards; `rehashed`: what changed bears its own hash, so that only the next entry tells."""

    files: Files
    rehashed: bool = False


async def _a_session(scene: StillMarket) -> None:
    """Previews, a fill, a repetition, guesses, a close: what a morning writes."""
    ticket = await scene.preview(limit="1.02")
    await confirm(scene.floor, "model", ticket.confirm_token)
    await confirm(scene.floor, "model", ticket.confirm_token)
    for guess in ("", "x", ticket.intent_id):
        await confirm(scene.floor, "model", guess)
    await scene.pass_time(31)
    resting = await scene.preview()
    await confirm(scene.floor, "model", resting.confirm_token)
    await scene.pass_time(5)
    closing = await preview_close(scene.floor, "model", None)
    token = getattr(closing, "confirm_token", "")
    await confirm(scene.floor, "other", token)
    await confirm(scene.floor, "model", token)
    for number in range(6):
        scene.floor.note("said", number=number, text='quote " and ünï\ncode')


@cache
def a_journal() -> Original:
    """A real session in a handful of small segments."""
    place = Path(tempfile.mkdtemp(prefix="journal-", dir=memory_disk()))
    journal = JsonlJournal(place, header={"schema": 1}, segment_bytes=SEGMENT_BYTES)
    in_a_still_market(1, _a_session, delay=lambda: 0.01, journal=journal)
    journal.close()
    files = {path.name: path.read_bytes() for path in sorted(place.iterdir())}
    shutil.rmtree(place)
    return Original.of(files)


def a_segment(original: Original, chance: Random) -> str:
    """One that is chosen the likelier the longer it is."""
    names = sorted(original.files)
    return chance.choices(names, [len(original.files[name]) for name in names])[0]


def in_segment(change: Callable[[bytes, Random], bytes]) -> Callable[[Original, Random], Mutated]:
    def mutate(original: Original, chance: Random) -> Mutated:
        name = a_segment(original, chance)
        return Mutated(original.files | {name: change(original.files[name], chance)})

    return mutate


def in_lines(change: Callable[[list[bytes], Random], list[bytes]]) -> Callable[[Original, Random], Mutated]:
    return in_segment(lambda content, chance: b"".join(change(content.splitlines(keepends=True), chance)))


def flip_a_bit(content: bytes, chance: Random) -> bytes:
    place = chance.randrange(len(content))
    return content[:place] + bytes([content[place] ^ (1 << chance.randrange(8))]) + content[place + 1 :]


def insert_bytes(content: bytes, chance: Random) -> bytes:
    place = chance.randrange(len(content) + 1)
    return content[:place] + chance.choice((b"\n", b" ", b"0", chance.randbytes(1))) + content[place:]


def delete_bytes(content: bytes, chance: Random) -> bytes:
    ends = [n for n, byte in enumerate(content) if byte == 10] if chance.random() < 0.1 else []
    place = chance.choice(ends) if ends else chance.randrange(len(content))
    return content[:place] + content[place + (1 if ends else chance.choice((1, 1, 2, SPAN))) :]


def delete_a_line(lines: list[bytes], chance: Random) -> list[bytes]:
    place = chance.randrange(len(lines))
    return lines[:place] + lines[place + 1 :]


def repeat_a_line(lines: list[bytes], chance: Random) -> list[bytes]:
    place, target = chance.randrange(len(lines)), chance.randrange(len(lines) + 1)
    return [*lines[:target], lines[place], *lines[target:]]


def swap_lines(lines: list[bytes], chance: Random) -> list[bytes]:
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return lines


def rename_a_segment(original: Original, chance: Random) -> Mutated:
    names = sorted(original.files)
    old = chance.choice(names)
    new = chance.choice((f"{len(names) + chance.randrange(1, 9):06d}.jsonl", "lost", f"{old}.bak", "000000.jsonl"))
    return Mutated({new if name == old else name: content for name, content in original.files.items()})


def delete_a_segment(original: Original, chance: Random) -> Mutated:
    gone = chance.choice(sorted(original.files))
    return Mutated({name: content for name, content in original.files.items() if name != gone})


def swap_segments(original: Original, chance: Random) -> Mutated:
    one, other = chance.sample(sorted(original.files), 2)
    return Mutated(original.files | {one: original.files[other], other: original.files[one]})


def repeat_a_segment(original: Original, chance: Random) -> Mutated:
    content = original.files[chance.choice(sorted(original.files))]
    return Mutated(original.files | {f"{len(original.files) + 1:06d}.jsonl": content})


def change_a_field(original: Original, chance: Random) -> Mutated:
    """The time, the kind or the body of one entry, and its own hash to match."""
    return _rewritten(original, chance.randrange(original.count), chance, onwards=False)


def rewrite_history(original: Original, chance: Random) -> Mutated:
    """One entry, and every hash from there to the end."""
    return _rewritten(original, chance.randrange(original.count), chance, onwards=True)


def renumber(original: Original, chance: Random) -> Mutated:
    """An entry's number, with its own hash to match or not."""
    place = chance.randrange(original.count)
    line = original.read(place)
    number = chance.choice((line.seq + 1, line.seq - 1, 0, -line.seq, 10**9))
    if chance.random() < 0.5:
        return Mutated(original.with_line(place, write_line(number, line.prev, line.at, line.kind, line.body)[0]))
    raw = original.lines[place]
    return Mutated(original.with_line(place, raw.replace(b'"seq":%d' % line.seq, b'"seq":%d' % number, 1)))


def _rewritten(original: Original, place: int, chance: Random, *, onwards: bool) -> Mutated:
    line = original.read(place)
    at, kind, body = chance.choice(
        [
            (line.at[:-1] + "1Z", line.kind, line.body),
            (line.at, line.kind + "x", line.body),
            (line.at, line.kind, {"changed": orjson.loads(orjson.dumps(line.body))}),
        ]
    )
    raw, last = write_line(line.seq, line.prev, at, kind, body)
    files = original.with_line(place, raw)
    if not onwards:
        return Mutated(files, rehashed=True)
    changed = {place: raw}
    for later in range(place + 1, original.count):
        line = original.read(later)
        changed[later], last = write_line(line.seq, last, line.at, line.kind, line.body)
    return Mutated(original.with_lines(changed), rehashed=True)


def cut_the_tail(original: Original, chance: Random) -> Mutated:
    """Everything from some byte on, often from the end of an entry."""
    offset = chance.randrange(len(original.stream))
    draw = chance.random()
    if draw < 0.3:
        offset = original.ends[chance.randrange(original.count)]
    elif draw < 0.5:
        offset = original.ends[chance.randrange(original.count)] - 1
    return Mutated(original.cut_at(offset))


MUTATIONS: Final[dict[str, Callable[[Original, Random], Mutated]]] = {
    "bit flipped": in_segment(flip_a_bit),
    "byte inserted": in_segment(insert_bytes),
    "bytes deleted": in_segment(delete_bytes),
    "entry deleted": in_lines(delete_a_line),
    "entry repeated": in_lines(repeat_a_line),
    "entries swapped": in_lines(swap_lines),
    "segment renamed": rename_a_segment,
    "segment deleted": delete_a_segment,
    "segments swapped": swap_segments,
    "segment repeated": repeat_a_segment,
    "entry rewritten with its hash": change_a_field,
    "history rewritten to the end": rewrite_history,
    "entry renumbered": renumber,
    "tail cut off": cut_the_tail,
}


class Place:
    """The journal's directory; it holds what a mutation left until the next one."""

    def __init__(self, original: Original) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="mutations-", dir=memory_disk()))
        self._now: Files = {}
        self.show(original.files)

    def show(self, files: Files) -> None:
        for name in self._now.keys() - files.keys():
            (self.directory / name).unlink()
        for name, content in files.items():
            if self._now.get(name) is not content:
                (self.directory / name).write_bytes(content)
        self._now = dict(files)

    def verified(self, head: JournalHead | None) -> Expected:
        try:
            return told(verify(self.directory, head))
        except DataMissing:
            return Expected("missing")

    def remove(self) -> None:
        shutil.rmtree(self.directory)


def told(found: Verification) -> Expected:
    return Expected(found.state.value, found.entries, found.entry, found.torn_bytes)


def run(seed: int, count: int) -> Share:
    """So many mutations, each of the same journal."""
    share, chance, original = Share(seed), Random(seed), a_journal()
    place = Place(original)
    try:
        while share.tried < count:
            kind = chance.choice(list(MUTATIONS))
            mutated = MUTATIONS[kind](original, chance)
            if mutated.files != original.files:
                place.show(mutated.files)
                share.count(kind, _wrong(place, original, mutated))
        place.show(original.files)
        if place.verified(original.head).state != "whole":
            share.fail("the journal that was put back is not whole")
    finally:
        place.remove()
    return share


def _wrong(place: Place, original: Original, mutated: Mutated) -> str | None:
    wanted = expected(original, mutated.files, rehashed=mutated.rehashed)
    found = place.verified(None)
    if found != wanted:
        return f"expected {wanted}, found {found}"
    wanted = expected_with_head(original, wanted)
    found = place.verified(original.head)
    return None if found == wanted else f"with the head expected {wanted}, found {found}"


CAMPAIGN: Final = Campaign("journal-mutations", "journal mutations", "missed", 1_000_000, 10_000, run)
