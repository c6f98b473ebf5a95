"""Every journal keeps the promises of the Journal port."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.jsonl.journal import JsonlJournal
from adapters.memory.journal import MemoryJournal
from tradecore.ports.journal import Journal
from tradecore.testing.journal_contract import JournalContract


class TestMemoryJournal(JournalContract):
    persistent = False

    def open_journal(self, name: str) -> Journal:  # noqa: ARG002 - each is a new one
        return MemoryJournal()


class TestJsonlJournal(JournalContract):
    segment_bytes = 64 * 1024 * 1024

    @pytest.fixture(autouse=True)
    def _directory(self, tmp_path: Path) -> Iterator[None]:
        self.root = tmp_path
        self.opened: list[Journal] = []
        yield
        for journal in self.opened:
            journal.close()

    def open_journal(self, name: str) -> Journal:
        journal = JsonlJournal(self.root / name, segment_bytes=self.segment_bytes)
        self.opened.append(journal)
        return journal


class TestJsonlJournalOfManySegments(TestJsonlJournal):
    segment_bytes = 200
