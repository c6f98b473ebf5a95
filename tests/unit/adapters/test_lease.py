"""One writer per account, held by the kernel."""

import subprocess
import sys
from pathlib import Path

import pytest

from adapters.system.lease import FileLease
from tradecore.errors import AccountHeld, JournalUnavailable

HOLD = """
import sys
from pathlib import Path
from adapters.system.lease import FileLease
lease = FileLease(Path(sys.argv[1]))
print(lease.number, flush=True)
sys.stdin.readline()
"""


def hold(path: Path) -> "subprocess.Popen[str]":
    source = str(Path(__file__).parents[3] / "src")
    arguments = [sys.executable, "-c", f"import sys; sys.path.insert(0, {source!r})\n{HOLD}", str(path)]
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip().isdecimal()
    return process


def test_a_second_process_is_refused_and_told_who_holds_the_account(tmp_path: Path) -> None:
    path = tmp_path / "SIM" / "lock"
    holder = hold(path)
    try:
        with pytest.raises(AccountHeld, match=f"SIM is held by process {holder.pid}"):
            FileLease(path)
    finally:
        holder.kill()
        holder.communicate()


def test_killing_the_holder_frees_the_account_and_the_number_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "SIM" / "lock"
    holder = hold(path)
    holder.kill()
    holder.communicate()
    lease = FileLease(path)
    assert lease.number == 2
    lease.release()
    lease.release()


def test_a_lock_that_can_t_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "SIM").write_text("in the way")
    with pytest.raises(JournalUnavailable, match="can't be written"):
        FileLease(tmp_path / "SIM" / "lock")
