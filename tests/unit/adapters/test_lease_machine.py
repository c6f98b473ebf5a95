"""The lock of an account under any order of taking, letting go and dying."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from adapters.system.lease import FileLease
from tradecore.errors import AccountHeld


class AnyHolders(RuleBasedStateMachine):
    """Three who want the account; the model is one name, and a number that only ever grows."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "account" / "lock"
        self.leases: dict[int, FileLease] = {}
        self.holder: int | None = None
        self.number = 0

    @rule(who=st.integers(1, 3))
    def take(self, who: int) -> None:
        if self.holder is not None:
            with pytest.raises(AccountHeld, match=f"process {os.getpid()}"):
                FileLease(self.path)
            return
        self.leases[who] = FileLease(self.path)
        self.holder = who
        self.number += 1
        assert self.leases[who].number == self.number

    @rule(who=st.integers(1, 3))
    def let_go(self, who: int) -> None:
        if who in self.leases:
            self.leases[who].release()
            self.leases[who].release()
            self.holder = None if self.holder == who else self.holder

    @rule()
    def die(self) -> None:
        """The kernel closes what a process had open."""
        if self.holder is not None:
            os.close(self.leases[self.holder]._file)
            self.leases[self.holder]._file = -1
            self.holder = None

    @invariant()
    def at_most_one_holds_it(self) -> None:
        held = [who for who, lease in self.leases.items() if lease._file >= 0]
        assert held == ([] if self.holder is None else [self.holder])

    def teardown(self) -> None:
        for lease in self.leases.values():
            lease.release()
        self.folder.cleanup()


TestAnyHolders = AnyHolders.TestCase
TestAnyHolders.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
