"""The core may import the standard library, numpy and itself: a list of what is allowed cannot forget a new vendor."""

import ast
import sys
from pathlib import Path

import pytest

CORE = Path(__file__).parents[2] / "src" / "tradecore"
ALLOWED = sys.stdlib_module_names | {"tradecore", "numpy"}
ALLOWED_IN_TESTING = ALLOWED | {"pytest", "hypothesis"}


def strangers(source: str, *, allowed: frozenset[str]) -> set[str]:
    """Top-level packages that the source imports and the list does not allow."""
    nodes = list(ast.walk(ast.parse(source)))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names} - allowed


def test_the_core_imports_the_standard_library_and_numpy_alone() -> None:
    found = {
        str(path.relative_to(CORE)): unknown
        for path in CORE.rglob("*.py")
        if (
            unknown := strangers(
                path.read_text(encoding="utf-8"),
                allowed=ALLOWED_IN_TESTING if path.is_relative_to(CORE / "testing") else ALLOWED,
            )
        )
    }
    assert found == {}


@pytest.mark.parametrize("source", ["import pandas as pd", "from polars.io import x", "def f():\n    import redis.aio"])
def test_a_planted_vendor_is_found(source: str) -> None:
    assert strangers(source, allowed=ALLOWED)
