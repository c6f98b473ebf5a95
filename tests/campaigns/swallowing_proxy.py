"""A wire that can go half open: connections stay up, and what is sent in one direction or both never arrives."""

import select
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Final

_LOOKS_EVERY_S: Final = 0.05
_CHUNK: Final = 65536


class SwallowingProxy:
    """
    Passes bytes between whoever connects and one port of this machine.

    While `up` is set, what the client sends is swallowed; while `down` is, what the server sends. A connection that
    lost bytes never carries any again in that direction: it stays open and says nothing, as if its peer were gone.
    """

    def __init__(self, port: int) -> None:
        """Listen at `port` of its own for connections to `port`."""
        self.up = threading.Event()
        self.down = threading.Event()
        self._to = port
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> "SwallowingProxy":
        """Begin to pass."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None) -> None:
        """Close everything."""
        self._over.set()
        self._thread.join()
        self._listener.close()

    def heal(self) -> None:
        """Swallow nothing of what comes from now on."""
        self.up.clear()
        self.down.clear()

    def _accept(self) -> None:
        while not self._over.is_set():
            if not select.select([self._listener], [], [], _LOOKS_EVERY_S)[0]:
                continue
            near, _ = self._listener.accept()
            try:
                far = socket.create_connection(("127.0.0.1", self._to), timeout=5)
            except OSError:
                near.close()
                continue
            threading.Thread(target=self._pass, args=(near, far), daemon=True).start()

    def _pass(self, near: socket.socket, far: socket.socket) -> None:
        ways = {near: (far, self.up), far: (near, self.down)}
        deaf: set[socket.socket] = set()
        with near, far, suppress(OSError):
            while not self._over.is_set():
                for source in select.select([near, far], [], [], _LOOKS_EVERY_S)[0]:
                    data = source.recv(_CHUNK)
                    if not data:
                        return
                    target, swallows = ways[source]
                    if swallows.is_set():
                        deaf.add(source)
                    if source not in deaf:
                        target.sendall(data)
