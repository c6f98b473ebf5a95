"""The operator's passphrase: kept as a hash, pinned by a standing desk, slow to guess."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from entrypoints.standing.passphrase import OperatorLock, load_passphrase, save_passphrase

RIGHT = "correct horse battery"
NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)


class Wall:
    """A wall clock that stands still until told."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def test_the_file_holds_a_salted_hash_for_its_owner_only(tmp_path: Path) -> None:
    path = save_passphrase(tmp_path, RIGHT)
    first = path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o600
    assert RIGHT not in first
    save_passphrase(tmp_path, RIGHT)
    assert path.read_text(encoding="utf-8") != first, "another salt each time"
    kept = load_passphrase(tmp_path)
    assert kept is not None
    assert kept.matches(RIGHT)
    assert not kept.matches(f"{RIGHT} ")


@pytest.mark.parametrize("content", [None, "", "{}", "[]", '{"salt": "zz", "hash": "00"}', "\x00"])
def test_without_a_readable_hash_nothing_opens(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "operator.json").write_text(content, encoding="utf-8")
    refusal = OperatorLock(tmp_path, Wall()).refusal(RIGHT)
    assert refusal is not None
    assert "--set-passphrase" in refusal


def test_five_wrong_tries_close_the_lock_for_a_minute_also_to_the_right_one(tmp_path: Path) -> None:
    save_passphrase(tmp_path, RIGHT)
    wall = Wall()
    lock = OperatorLock(tmp_path, wall)
    for wrong in ("", None, 7, "no", "nearly"):
        assert lock.refusal(wrong) == "that is not the operator's passphrase"
    assert lock.refusal(RIGHT) == "too many wrong passphrases; wait a minute"
    wall.now += timedelta(seconds=59)
    assert lock.refusal(RIGHT) is not None
    wall.now += timedelta(seconds=1)
    assert lock.refusal(RIGHT) is None


def test_a_hash_exchanged_under_a_standing_desk_opens_nothing(tmp_path: Path) -> None:
    save_passphrase(tmp_path, RIGHT)
    lock = OperatorLock(tmp_path, Wall())
    save_passphrase(tmp_path, "what a model with a shell wrote")
    assert lock.refusal("what a model with a shell wrote") is not None
    assert lock.refusal(RIGHT) is None


def test_a_passphrase_set_while_the_desk_stands_is_taken_once(tmp_path: Path) -> None:
    lock = OperatorLock(tmp_path, Wall())
    assert lock.refusal(RIGHT) is not None
    save_passphrase(tmp_path, RIGHT)
    assert lock.refusal(RIGHT) is None
    save_passphrase(tmp_path, "another passphrase")
    assert lock.refusal(RIGHT) is None
