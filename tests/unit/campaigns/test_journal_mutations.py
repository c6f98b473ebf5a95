"""A slice of the campaign of journal mutations, what it expects, and bugs that it must catch."""

from typing import Any

import orjson
import pytest
from tests.campaigns import journal_mutations
from tests.campaigns.expected_verification import Expected, Original, common_prefix, expected, expected_with_head

from adapters.jsonl import verify
from adapters.jsonl.entry_codec import ZERO_HASH, Line, write_line


def test_every_mutation_is_found_and_located() -> None:
    share = journal_mutations.run(1, 1_500)
    assert share.failures == []
    assert share.tried == 1_500
    assert set(share.kinds) == set(journal_mutations.MUTATIONS)


def three_entries() -> Original:
    """Two in the first segment, one in the second."""
    one, first = write_line(1, ZERO_HASH, "a", "note", None)
    two, second = write_line(2, first, "b", "note", None)
    return Original.of({"000001.jsonl": one + two, "000002.jsonl": write_line(3, second, "c", "note", None)[0]})


ONE, TWO, THREE = three_entries().lines
# Two files, what a check has to say, and what it has to say when it knows the head. Entry 3 ends the journal.
BY_HAND: dict[str, tuple[tuple[bytes, ...], Expected, Expected]] = {
    "a byte of the second entry": (
        (ONE + TWO.replace(b"note", b"nope"), THREE),
        Expected("corrupt", 1, 2),
        Expected("corrupt", 1, 2),
    ),
    "the second entry is gone": ((ONE, THREE), Expected("corrupt", 1, 2), Expected("corrupt", 1, 2)),
    "the third is gone": ((ONE + TWO, b""), Expected("whole", 2), Expected("rewritten", 2, 3)),
    "half of the third is gone": (
        (ONE + TWO, THREE[:9]),
        Expected("torn", 2, None, 9),
        Expected("rewritten", 2, 3),
    ),
    "the last newline is gone": ((ONE + TWO, THREE[:-1]), Expected("torn", 3), Expected("torn", 3)),
    "a newline in between is gone": (((ONE + TWO)[:-1], THREE), Expected("corrupt", 1, 2), Expected("corrupt", 1, 2)),
    "something half follows": (
        (ONE + TWO, THREE + b"{"),
        Expected("torn", 3, None, 1),
        Expected("torn", 3, None, 1),
    ),
    "the third again": ((ONE + TWO, THREE + THREE), Expected("corrupt", 3, 4), Expected("corrupt", 3, 4)),
    "nothing is left": ((b"",), Expected("torn", 0), Expected("rewritten", 0, 3)),
}


@pytest.mark.parametrize(("files", "alone", "with_head"), BY_HAND.values(), ids=BY_HAND)
def test_what_is_expected_is_what_a_person_would_say(
    files: tuple[bytes, ...], alone: Expected, with_head: Expected
) -> None:
    named = {f"{number:06d}.jsonl": content for number, content in enumerate(files, 1)}
    found = expected(three_entries(), named, rehashed=False)
    assert found == alone
    assert expected_with_head(three_entries(), found) == with_head


def test_the_common_prefix() -> None:
    assert [common_prefix(b"abc", other) for other in (b"", b"b", b"ab", b"abc", b"abcd", b"abd")] == [0, 0, 2, 3, 3, 2]


def lax(raw: bytes) -> Line | None:
    """Takes a line's word for its hash."""
    try:
        found = orjson.loads(raw)
        return Line(found["seq"], found["prev"], found["at"], found["kind"], found["body"], found["hash"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None


BUGS: dict[str, tuple[Any, str, Any]] = {
    "the chain is not followed": (verify, "_problem", lambda line, count, _: "" if line else f"entry {count}"),
    "the hash of a line is not checked": (verify, "read_line", lax),
    "a head is not looked at": (verify, "_judge", lambda found, _, __: found),
    "missing segments are skipped": (verify, "segments", lambda place: sorted(place.glob("[0-9]*.jsonl"))[:3]),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_caught(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, name, broken = BUGS[bug]
    journal_mutations.a_journal()
    monkeypatch.setattr(where, name, broken)
    assert journal_mutations.run(1, 300).failed
