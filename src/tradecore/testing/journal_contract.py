"""What every Journal promises; subclass JournalContract in a test module and open your journal."""

import asyncio
from abc import abstractmethod
from datetime import UTC, datetime, timedelta

import pytest

from tradecore.errors import JournalUnavailable
from tradecore.ports.journal import Journal, JournalHead

_NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
_BODY = {"what": "said", "price": "4.05", "list": [1, None, True], "text": 'quote " and ünï\ncode'}


class JournalContract:
    """Promises of the Journal port."""

    persistent = True
    """Whether a journal that was closed can be opened again with its entries."""

    @abstractmethod
    def open_journal(self, name: str) -> Journal:
        """The journal of that name, empty the first time it is opened."""

    def test_an_empty_journal_has_head_zero_and_no_entries(self) -> None:
        """Nothing was written, nothing is there."""
        journal = self.open_journal("empty")
        assert journal.head == JournalHead(0, "0" * 64)
        assert list(journal.entries()) == []

    def test_entries_come_back_in_order_and_unchanged(self) -> None:
        """What was appended is what is read."""
        journal = self.open_journal("order")
        for number in range(5):
            journal.append(_NOON + timedelta(seconds=number), "note", {**_BODY, "number": number})
        asyncio.run(journal.make_durable())
        read = list(journal.entries())
        assert [entry.seq for entry in read] == [1, 2, 3, 4, 5]
        assert [entry.body for entry in read] == [{**_BODY, "number": number} for number in range(5)]
        assert [entry.at for entry in read] == [_NOON + timedelta(seconds=number) for number in range(5)]
        assert {entry.kind for entry in read} == {"note"}

    def test_the_head_is_the_newest_entry(self) -> None:
        """SEQ:HASH of the head names the last entry."""
        journal = self.open_journal("head")
        entry = journal.append(_NOON, "note", _BODY)
        assert journal.head == JournalHead(1, entry.hash)
        assert str(journal.head) == f"1:{entry.hash}"

    def test_an_entry_s_hash_depends_on_everything_before_it(self) -> None:
        """The same words after another history have another hash."""
        one, other = self.open_journal("one"), self.open_journal("other")
        one.append(_NOON, "note", {"what": "this"})
        other.append(_NOON, "note", {"what": "that"})
        assert one.append(_NOON, "note", _BODY).hash != other.append(_NOON, "note", _BODY).hash

    def test_the_same_history_has_the_same_head(self) -> None:
        """Hashes come from content alone."""
        journals = [self.open_journal("twin-1"), self.open_journal("twin-2")]
        for journal in journals:
            journal.append(_NOON, "note", {"b": 1, "a": 2})
        assert journals[0].head == journals[1].head

    def test_a_closed_journal_takes_nothing_more(self) -> None:
        """Appending after close is an error, not a loss."""
        journal = self.open_journal("closed")
        journal.append(_NOON, "note", _BODY)
        journal.close()
        journal.close()
        with pytest.raises(JournalUnavailable):
            journal.append(_NOON, "note", _BODY)

    def test_a_reopened_journal_goes_on_where_it_ended(self) -> None:
        """The chain continues over a restart."""
        first = self.open_journal("again")
        entry = first.append(_NOON, "note", _BODY)
        first.close()
        second = self.open_journal("again")
        if not self.persistent:
            assert second.head.seq == 0
            return
        assert second.head == JournalHead(1, entry.hash)
        assert second.append(_NOON, "note", _BODY).seq == 2
        assert len(list(second.entries())) == 2
