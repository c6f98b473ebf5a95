"""Programs under test see no setting of the machine they are tested on."""

import os
from pathlib import Path

import pytest

from entrypoints.settings import known_names


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of ours, no `.env` where the test runs, and an empty directory as the user's home."""
    for name in list(os.environ):
        if name.upper().startswith("TRADECORE_") or name.upper() in known_names():
            monkeypatch.delenv(name)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.chdir(tmp_path)
