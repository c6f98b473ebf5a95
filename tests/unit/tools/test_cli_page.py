"""The page of the command line knows every command and option, and no other."""

import re

import pytest
from tools.reference_pages import ROOT
from typer.main import get_command

from entrypoints.cli.app import app

PAGE = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
SECTIONS = {part.partition("\n")[0]: part for part in PAGE.split("\n## ")}


def commands() -> dict[str, set[str]]:
    """Every command with its options, subcommands by their full names."""
    found: dict[str, set[str]] = {}
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        for part, leaf in getattr(command, "commands", {"": command}).items():
            options = {option for parameter in leaf.params for option in parameter.opts + parameter.secondary_opts}
            found[f"{name} {part}".strip()] = {option for option in options if option.startswith("--")} - {"--help"}
    return found


@pytest.mark.parametrize(("command", "options"), commands().items())
def test_a_command_has_a_section_with_its_options(command: str, options: set[str]) -> None:
    usage = SECTIONS[command].partition("\n## ")[0]
    described = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", usage.partition("```sh")[0]))
    assert options <= described
    assert described - options <= {"--env-file", "--http"}, "an option that the command does not have"
