"""The program as it is installed, serving over HTTP with a key."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.unit.entrypoints.standing.processes import environment

KEY = "key-of-the-e2e-tests-0123456789-0123456789"
_ADDRESS = re.compile(r"(http://\S+/mcp) with the key")


def tradecore() -> str:
    """The command of this environment."""
    found = shutil.which("tradecore")
    assert found is not None, "tradecore is not installed in this environment"
    return found


@contextmanager
def serving(home: Path, account: str, **settings: str) -> Iterator[str]:
    """`tradecore mcp --http` on any free port; the URL of MCP, once it is told."""
    command = [tradecore(), "mcp", "--account", account, "--http", "127.0.0.1:0"]
    given = environment(home, TRADECORE_HTTP_KEYS=KEY, **settings)
    with subprocess.Popen(command, env=given, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as process:
        assert process.stderr is not None
        told = ""
        while (found := _ADDRESS.search(told)) is None:
            line = process.stderr.readline()
            assert line, f"it ended: {told}"
            told += line
        try:
            yield found[1]
        finally:
            process.terminate()
            process.communicate(timeout=20)
