"""The key file: made once for its owner, told by its path alone, two keys during a rotation."""

import os
import stat
from pathlib import Path

import pytest

from entrypoints.http_server.keys import HttpKeys, http_keys
from entrypoints.settings import Settings, SettingsError
from entrypoints.wiring.standing import fresh_key

OLD, NEW = "old-key-0123456789-0123456789-abcdef", "new-key-0123456789-0123456789-abcdef"


def kept(home: Path, text: str, mode: int = 0o600) -> Path:
    """A key file of this content."""
    path = home / "http.key"
    path.write_text(text)
    path.chmod(mode)
    return path


def keys(home: Path, **given: str) -> HttpKeys:
    return http_keys(Settings(home=home, **given), fresh_key)  # type: ignore[arg-type]


def test_the_first_start_makes_a_key_for_its_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    old_mask = os.umask(0)
    try:
        found = keys(home)
    finally:
        os.umask(old_mask)
    path = home / "http.key"
    key = path.read_text().strip()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(key) == 43
    assert found.principal_of(key) is not None
    assert found.source == str(path)
    assert [one.name for one in home.iterdir()] == ["http.key"]


def test_the_next_start_takes_the_same_key(tmp_path: Path) -> None:
    keys(tmp_path)
    key = (tmp_path / "http.key").read_text().strip()
    assert keys(tmp_path).principal_of(key) is not None
    assert (tmp_path / "http.key").read_text().strip() == key


def test_during_a_rotation_both_keys_open_and_are_told_apart(tmp_path: Path) -> None:
    kept(tmp_path, f"{OLD}\n{NEW}\n")
    found = keys(tmp_path)
    assert found.principal_of(OLD) != found.principal_of(NEW)
    assert None not in (found.principal_of(OLD), found.principal_of(NEW))
    kept(tmp_path, f"{NEW}\n")
    assert keys(tmp_path).principal_of(OLD) is None


@pytest.mark.parametrize("wrong", ["", OLD[:-1], f"{OLD} ", OLD.upper(), f"{OLD},{NEW}", f"{OLD}\n", "é" * 40])
def test_nothing_but_a_key_opens(tmp_path: Path, wrong: str) -> None:
    assert keys(tmp_path, http_keys=f"{OLD},{NEW}").principal_of(wrong) is None


def test_keys_of_the_settings_come_before_the_file(tmp_path: Path) -> None:
    kept(tmp_path, OLD)
    found = keys(tmp_path, http_keys=NEW)
    assert found.principal_of(NEW) is not None
    assert found.principal_of(OLD) is None
    assert found.source == "TRADECORE_HTTP_KEYS"


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        (OLD, 0o644, "others may read it"),
        ("", 0o600, "0 are given"),
        (f"{OLD}\n{NEW}\n{OLD}x\n", 0o600, "3 are given"),
        ("short", 0o600, "at least 32"),
        (f"{OLD} with spaces", 0o600, "without spaces"),
    ],
)
def test_a_bad_key_file_stops_the_start_and_its_content_is_not_told(
    tmp_path: Path, text: str, mode: int, said: str
) -> None:
    kept(tmp_path, text, mode)
    with pytest.raises(SettingsError, match=said) as problem:
        keys(tmp_path)
    assert text == "" or text.split()[0] not in str(problem.value)
    assert problem.value.__context__ is None
    assert "\n" not in str(problem.value)


def test_no_key_stands_in_what_is_printed_of_keys(tmp_path: Path) -> None:
    assert OLD not in repr(keys(tmp_path, http_keys=OLD))
