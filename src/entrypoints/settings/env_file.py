"""The env file: which one is read, and the lines in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from dotenv.parser import parse_stream

from entrypoints.settings.fields import state_home
from entrypoints.settings.values import printable


@dataclass(frozen=True, slots=True)
class EnvFile:
    """What a file says, name and text in its order, and what is wrong with its lines."""

    path: Path
    lines: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()


def find_env_file(named: Path | None, environment: Mapping[str, str]) -> Path | None:
    """The file to read: the named one, else the first that exists of `./.env` and `TRADECORE_HOME/.env`."""
    if named is not None:
        return named.absolute()
    places = (Path(".env").absolute(), _home(environment) / ".env")
    return next((place for place in places if place.is_file()), None)


def read_env_file(path: Path) -> EnvFile:
    """The lines of a file; a file that can't be read is a problem in the result."""
    named = printable(str(path))
    if not path.is_file():
        return EnvFile(path, problems=(f"--env-file {named}: no such file",))
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        return EnvFile(path, problems=(f"env file {named}: can't be read ({why})",))
    lines, problems = [], []
    for found in parse_stream(StringIO(text)):
        if found.key is not None and found.value is not None:
            lines.append((found.key, found.value))
        elif found.key is not None or found.error:
            skipped = len(found.original.string) - len(found.original.string.lstrip("\r\n"))
            problems.append(f"env file {named} line {found.original.line + skipped}: write NAME=value")
    return EnvFile(path, tuple(lines), tuple(problems))


def _home(environment: Mapping[str, str]) -> Path:
    given = environment.get("TRADECORE_HOME", "").strip()
    try:
        return Path(given).expanduser().absolute() if given else state_home(environment)
    except RuntimeError:
        # Whoever reads TRADECORE_HOME itself says what is wrong with it.
        return Path(given).absolute()
