"""What may stand in a tracked file; the forbidden words are put together from pieces, so that this file names none."""

import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]
LOCK_FILES = ("*.lock", "*.lockb", "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "pylock*.toml")
HOSTS = (
    ("py", "pi.org"),
    ("py", "pi.python.org"),
    ("python", "hosted.org"),
    ("registry.npm", "js.org"),
    ("registry.yarn", "pkg.com"),
    ("crates", ".io"),
    ("proxy.golang", ".org"),
    ("conda.ana", "conda.org"),
    ("pkg.git", "hub.com"),
)
REGISTRY_HOST = re.compile("|".join(re.escape("".join(pieces)) for pieces in HOSTS), re.IGNORECASE)
HOMES = "|".join(("ro" + "ot", "wo" + "rk", r"home/[\w.-]+", r"Users/[\w.-]+"))
MACHINE_PATH = re.compile(rf"(?:(?<=://)|(?<![\w.~/$}}-]))/(?:{HOMES})(?![\w-])")


def forbidden(text: str) -> list[str]:
    """Registry hosts and machine paths that the text holds, as they stand there."""
    return [found.group() for pattern in (REGISTRY_HOST, MACHINE_PATH) for found in pattern.finditer(text)]


def is_lock_file(name: str) -> bool:
    """True for a path whose last part is a lock file's name."""
    return any(fnmatch(PurePosixPath(name).name, pattern) for pattern in LOCK_FILES)


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    """Paths of the tracked files that are in the working tree."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout, so nothing is tracked")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    return [name for name in listed.decode().split("\0") if (ROOT / name).is_file()]


def test_no_tracked_file_names_a_registry_or_a_machine_path(tracked: list[str]) -> None:
    contents = {name: (ROOT / name).read_text(encoding="utf-8", errors="replace") for name in tracked}
    assert {name: found for name, text in contents.items() if (found := forbidden(text))} == {}


def test_no_lock_file_is_tracked(tracked: list[str]) -> None:
    assert [name for name in tracked if is_lock_file(name)] == []


@pytest.mark.parametrize("pieces", HOSTS)
def test_a_planted_registry_is_found(pieces: tuple[str, str]) -> None:
    host = "".join(pieces)
    assert forbidden(f"see https://{host}/simple") == [host]


@pytest.mark.parametrize("folder", ["ro" + "ot", "wo" + "rk", "home/" + "jane", "Users/" + "jane"])
@pytest.mark.parametrize("frame", ["{}/data", "'{}'", "path={}/data", "file://{}/data"])
def test_a_planted_machine_path_is_found(folder: str, frame: str) -> None:
    assert forbidden(frame.format(f"/{folder}")) == [f"/{folder}"]


@pytest.mark.parametrize("text", ["~/work/x", "$HOME/work/x", "orders/work/7", "https://example.org/home", "/rooted/x"])
def test_an_innocent_path_is_left_alone(text: str) -> None:
    assert forbidden(text) == []


@pytest.mark.parametrize("name", ["uv.lock", "web/package-lock.json", "pylock.dev.toml"])
def test_a_planted_lock_file_is_found(name: str) -> None:
    assert is_lock_file(name)


@pytest.mark.parametrize("name", ["src/adapters/jsonl/lock.py", "pyproject.toml", "docs/locks.md"])
def test_other_names_are_no_lock_files(name: str) -> None:
    assert not is_lock_file(name)
