"""From the environment and the env file to settings that are valid and agree with each other."""

import os
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from entrypoints.settings.agreement import Disagreement, disagreements
from entrypoints.settings.env_file import find_env_file, read_env_file
from entrypoints.settings.fields import Fields
from entrypoints.settings.gathering import Gathered, Given
from entrypoints.settings.values import printable, shown
from entrypoints.settings.variables import secret_fields, variable_of

_BROKEN_RULES = "broken_rules"


class SettingsError(Exception):
    """The settings can't be used; each line names a variable and what to do."""


class Settings(Fields):
    """
    Settings of the desk, valid and in agreement with each other.

    Made directly it takes what it is given and reads neither environment nor file; `read_settings` reads both.
    """

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        found = disagreements(self)
        if found:
            lines = "; ".join(broken.line for broken in found)
            raise PydanticCustomError(_BROKEN_RULES, "{lines}", {"lines": lines, "found": found})
        return self

    @classmethod
    def secret_fields(cls) -> tuple[str, ...]:
        """Names of the fields whose value is never shown."""
        return secret_fields()


def read_settings(env_file: Path | None = None) -> Settings:
    """
    Settings from the environment, then from one env file; `env_file` of the result tells which was read.

    Args:
        env_file: The file to read; None takes `./.env`, else `.env` in TRADECORE_HOME, if there is one.

    Raises:
        SettingsError: Unknown names, bad values, values that disagree: everything at once, one line each.
    """
    gathered = Gathered()
    gathered.add(os.environ.items())
    path = find_env_file(env_file, os.environ)
    if path is not None:
        file = read_env_file(path)
        gathered.problems += file.problems
        gathered.add(file.lines, f" in {printable(str(path))}", typos=True)
    settings, problems = _settings(gathered.by_field, path)
    problems = [*gathered.problems, *problems]
    if settings is None or problems:
        # Raised outside of any handler, so that no cause carries a secret along.
        raise SettingsError("\n".join(problems))
    return settings


def _settings(given: dict[str, Given], path: Path | None) -> tuple[Settings | None, list[str]]:
    """Settings, or a line for each bad value and each broken rule whose values are good."""
    texts: dict[str, Any] = {field: found.text for field, found in given.items()}
    errors = _errors_of(texts)
    bad = {str(error["loc"][0]) for error in errors if error["loc"]}
    lines = [_line(given[str(error["loc"][0])], error) for error in errors if error["loc"]]
    rest = {field: text for field, text in texts.items() if field not in bad}
    broken = _broken(_errors_of(rest) if bad else errors)
    lines += [rule.line for rule in broken if not rule.fields & bad]
    return (None, lines) if lines else (Settings(**texts, env_file=path), [])


def _errors_of(texts: dict[str, Any]) -> list[ErrorDetails]:
    try:
        Settings(**texts)
    except ValidationError as error:
        return error.errors()
    return []


def _broken(errors: list[ErrorDetails]) -> list[Disagreement]:
    return [rule for error in errors if error["type"] == _BROKEN_RULES for rule in error["ctx"]["found"]]


def _line(given: Given, error: ErrorDetails) -> str:
    variable = variable_of(str(error["loc"][0]))
    if error["type"] == "value_error":
        return f"{given.name}{given.where}: {error['msg'].removeprefix('Value error, ')}"
    value = "the value" if variable.secret else shown(given.text)
    return f"{given.name}{given.where}: {value} is not {variable.expects}"
