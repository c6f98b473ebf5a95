"""Run every `python` block of the pages named on the command line, README.md included."""

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser


def pytest_configure(config: pytest.Config) -> None:
    """Collect as a plugin: a conftest's own hook would not see the README above its folder."""
    examples = Sybil(parsers=[PythonCodeBlockParser(), SkipParser()], pattern="*.md", path=str(config.rootpath))
    config.pluginmanager.register(Examples(examples), "examples")


class Examples:
    """The pytest plugin that turns the blocks of a page into tests."""

    def __init__(self, examples: Sybil) -> None:
        self.pytest_collect_file = examples.pytest()
