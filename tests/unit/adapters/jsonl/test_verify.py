"""`audit verify`'s judge: whole, torn, corrupt or rewritten, and where."""

import asyncio
import hashlib
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.jsonl.journal import JsonlJournal, read_entries
from adapters.jsonl.verify import JournalState, verify
from tradecore.errors import DataMissing, JournalCorrupt, JournalUnavailable
from tradecore.ports.journal import JournalHead

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


def a_journal(directory: Path, entries: int = 6, segment_bytes: int = 1 << 20) -> Path:
    """A closed journal of some entries."""
    journal = JsonlJournal(directory, segment_bytes=segment_bytes)
    for number in range(entries):
        journal.append(NOON + timedelta(seconds=number), "note", {"number": number, "text": "as said"})
    journal.close()
    return directory


def the_file(directory: Path) -> Path:
    return directory / "000001.jsonl"


def test_an_untouched_journal_is_whole(tmp_path: Path) -> None:
    found = verify(a_journal(tmp_path))
    assert (found.state, found.entries, found.entry) == (JournalState.WHOLE, 6, None)


def test_the_chain_can_be_checked_with_nothing_but_sha256(tmp_path: Path) -> None:
    """The documented format, recomputed here from the bytes alone."""
    lines = the_file(a_journal(tmp_path)).read_bytes().splitlines()
    before = "0" * 64
    for line in lines:
        payload, _, tail = line.rpartition(b',"hash":"')
        assert json.loads(line)["prev"] == before
        before = hashlib.sha256(payload).hexdigest()
        assert tail == before.encode() + b'"}'
    assert verify(tmp_path).head == JournalHead(6, before)


def test_every_changed_byte_is_found_and_located(tmp_path: Path) -> None:
    """Each single byte, replaced by another one: the entry it stands in is named; a lost last newline is a tear."""
    path = the_file(a_journal(tmp_path))
    good = path.read_bytes()
    chance = random.Random(7)
    line_of, line = [], 1
    for byte in good:
        line_of.append(line)
        line += byte == ord("\n")
    for place in range(len(good)):
        other = chance.choice([value for value in range(256) if value != good[place]])
        path.write_bytes(good[:place] + bytes([other]) + good[place + 1 :])
        found = verify(tmp_path)
        last_newline = place == len(good) - 1
        assert found.state is (JournalState.TORN if last_newline else JournalState.CORRUPT)
        assert found.entries == line_of[place] - 1


def test_a_removed_doubled_or_swapped_entry_is_found(tmp_path: Path) -> None:
    path = the_file(a_journal(tmp_path))
    lines = path.read_bytes().splitlines(keepends=True)
    changed = {
        "removed": [*lines[:2], *lines[3:]],
        "doubled": [*lines[:3], *lines[2:]],
        "swapped": [lines[0], lines[2], lines[1], *lines[3:]],
        "inserted": [*lines[:2], lines[1].replace(b"as said", b"not so!"), *lines[2:]],
    }
    places = {"removed": 3, "doubled": 4, "swapped": 2, "inserted": 3}
    for name, content in changed.items():
        path.write_bytes(b"".join(content))
        found = verify(tmp_path)
        assert (name, found.state, found.entry) == (name, JournalState.CORRUPT, places[name])


def test_cutting_anywhere_in_the_last_entry_is_a_torn_tail(tmp_path: Path) -> None:
    path = the_file(a_journal(tmp_path))
    good = path.read_bytes()
    last = good.rstrip(b"\n").rfind(b"\n") + 1
    for length in range(last + 1, len(good) - 1):
        path.write_bytes(good[:length])
        found = verify(tmp_path)
        assert (found.state, found.entries, found.torn_bytes) == (JournalState.TORN, 5, length - last)
    path.write_bytes(good[:-1])
    assert (verify(tmp_path).state, verify(tmp_path).entries) == (JournalState.TORN, 6)


def test_whole_entries_cut_off_the_end_are_found_by_an_exported_head(tmp_path: Path) -> None:
    head = verify(a_journal(tmp_path)).head
    path = the_file(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:4]))
    assert verify(tmp_path).state is JournalState.WHOLE
    found = verify(tmp_path, head)
    assert (found.state, found.entry) == (JournalState.REWRITTEN, 6)


def test_a_rewritten_history_with_good_hashes_is_found_by_an_exported_head(tmp_path: Path) -> None:
    head = verify(a_journal(tmp_path / "one")).head
    other = JsonlJournal(tmp_path / "two")
    for number in range(8):
        other.append(NOON, "note", {"number": number, "text": "never said"})
    other.close()
    assert verify(tmp_path / "two").state is JournalState.WHOLE
    assert verify(tmp_path / "two", head).state is JournalState.REWRITTEN


def test_a_longer_journal_still_holds_its_older_head(tmp_path: Path) -> None:
    head = verify(a_journal(tmp_path)).head
    journal = JsonlJournal(tmp_path)
    journal.append(NOON, "note", {})
    journal.close()
    assert verify(tmp_path, head).state is JournalState.WHOLE


def test_a_missing_segment_is_found(tmp_path: Path) -> None:
    a_journal(tmp_path, entries=12, segment_bytes=500)
    assert verify(tmp_path).state is JournalState.WHOLE
    (tmp_path / "000002.jsonl").unlink()
    assert verify(tmp_path).state is JournalState.CORRUPT


@pytest.mark.parametrize("lost", [1, 20])
def test_an_earlier_segment_without_its_end_is_found_and_nothing_of_it_is_skipped(lost: int, tmp_path: Path) -> None:
    """The last newline of a segment, or half of its last entry."""
    path = the_file(a_journal(tmp_path, entries=12, segment_bytes=500))
    content = path.read_bytes()
    path.write_bytes(content[:-lost])
    last = content.count(b"\n")
    found = verify(tmp_path)
    assert (found.state, found.entry) == (JournalState.CORRUPT, last)
    with pytest.raises(JournalCorrupt):
        list(read_entries(tmp_path))


def test_a_torn_segment_that_is_not_the_last_is_corrupt(tmp_path: Path) -> None:
    a_journal(tmp_path, entries=12, segment_bytes=500)
    path = the_file(tmp_path)
    path.write_bytes(path.read_bytes()[:-5])
    assert verify(tmp_path).state is JournalState.CORRUPT


def test_verifying_changes_nothing(tmp_path: Path) -> None:
    path = the_file(a_journal(tmp_path))
    path.write_bytes(path.read_bytes()[:-9])
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    verify(tmp_path)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_opening_mends_a_torn_tail_and_goes_on(tmp_path: Path) -> None:
    path = the_file(a_journal(tmp_path))
    path.write_bytes(path.read_bytes()[:-30])
    journal = JsonlJournal(tmp_path)
    assert journal.append(NOON, "note", {"text": "after the crash"}).seq == 6
    journal.close()
    assert verify(tmp_path).state is JournalState.WHOLE
    assert [entry.body.get("text") for entry in read_entries(tmp_path)][-2:] == ["as said", "after the crash"]


def test_opening_keeps_a_last_entry_that_lacks_only_its_newline(tmp_path: Path) -> None:
    path = the_file(a_journal(tmp_path))
    path.write_bytes(path.read_bytes()[:-1])
    journal = JsonlJournal(tmp_path)
    assert journal.head.seq == 6
    journal.close()
    assert (verify(tmp_path).state, verify(tmp_path).entries) == (JournalState.WHOLE, 6)


def test_a_corrupt_journal_is_not_opened_for_writing(tmp_path: Path) -> None:
    path = the_file(a_journal(tmp_path))
    path.write_bytes(path.read_bytes().replace(b'"number":2', b'"number":9'))
    with pytest.raises(JournalCorrupt, match="entry 3"):
        JsonlJournal(tmp_path)


def test_a_directory_without_a_journal_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="holds no journal"):
        verify(tmp_path)


def test_a_place_that_can_t_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(JournalUnavailable, match="can't be written"):
        JsonlJournal(tmp_path / "file")


def test_a_failing_device_stops_the_journal_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After one failed fdatasync the kernel has forgotten what was lost, so a second try would lie."""
    journal = JsonlJournal(tmp_path)
    journal.append(NOON, "note", {})

    def fails(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.fdatasync", fails)
    with pytest.raises(JournalUnavailable, match="Input/output error"):
        asyncio.run(journal.make_durable())
    monkeypatch.undo()
    with pytest.raises(JournalUnavailable):
        asyncio.run(journal.make_durable())
    with pytest.raises(JournalUnavailable):
        journal.append(NOON, "note", {})
    journal.close()


def test_every_segment_begins_with_its_header(tmp_path: Path) -> None:
    journal = JsonlJournal(tmp_path, header={"schema": 1}, segment_bytes=400)
    for number in range(8):
        journal.append(NOON, "note", {"number": number})
    journal.close()
    files = sorted(tmp_path.iterdir())
    assert len(files) > 1
    assert all(json.loads(path.read_bytes().splitlines()[0])["kind"] == "segment" for path in files)
    assert verify(tmp_path).state is JournalState.WHOLE
