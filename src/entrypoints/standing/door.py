"""The desk's own door on this machine: `desk.sock`, for the user the desk runs as."""

import asyncio
import os
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import orjson

from entrypoints.standing.desk_file import connected_socket, listening_socket
from entrypoints.standing.lines import LONGEST_LINE, LineTooLong, read_message, write_message
from tradecore import __version__
from tradecore.errors import TradeError

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter, str], Awaitable[None]]

_CONTROL: Final = "control"
_MOST_CONNECTIONS: Final = 64
_GREETING_TIMEOUT_S: Final = 5.0


class DoorRefused(TradeError):
    """The standing desk did not let us in; the message says why."""


class Door:
    """
    Lets programs of the same user in and hands each to the handler it asks for.

    The first line each way is a greeting: what is wanted and by which version; a desk of another version refuses. At
    the control door, where the kill switch is, any version may ask, and a crowd of clients leaves room.
    """

    def __init__(self, handlers: Mapping[str, Handler], account: str, mode: str) -> None:
        """Serve these handlers, by name."""
        self._handlers = handlers
        self._welcome = {"ok": True, "account": account, "mode": mode, "version": __version__}
        self._connections: set[asyncio.Task[None]] = set()
        self._closing = False

    @asynccontextmanager
    async def open(self, directory: Path) -> AsyncIterator[None]:
        """Listen in this directory while the body runs; connections end with it."""
        server = await asyncio.start_unix_server(self._greet, sock=listening_socket(directory), limit=LONGEST_LINE)
        try:
            yield
        finally:
            server.close()
            self._closing = True
            for task in self._connections:
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a connection is served by a task")
        self._connections.add(task)
        try:
            handler, principal = await self._let_in(reader, writer)
            if handler is not None:
                await handler(reader, writer, principal)
        except (ConnectionError, TimeoutError):
            return
        except asyncio.CancelledError:
            # Python 3.11 logs each connection that ends as cancelled; these end in order.
            if not self._closing:
                raise
        finally:
            self._connections.discard(task)
            writer.close()

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[Handler | None, str]:
        user = _user_of(writer)
        async with asyncio.timeout(_GREETING_TIMEOUT_S):
            try:
                wish = await read_message(reader)
            except (LineTooLong, orjson.JSONDecodeError, ValueError):
                wish = None
        refusal = self._refusal(wish or {}, user)
        if refusal is not None:
            await write_message(writer, {"ok": False, "error": refusal})
            return None, ""
        await write_message(writer, self._welcome)
        return self._handlers[str((wish or {})["door"])], f"local:{user}"

    def _refusal(self, wish: dict[str, Any], user: int) -> str | None:
        if user not in (os.getuid(), 0):
            return f"the desk belongs to user {os.getuid()}"
        is_control = wish.get("door") == _CONTROL
        if wish.get("version") != __version__ and not is_control:
            theirs = str(wish.get("version"))[:20]
            return _other_version(__version__, theirs)
        if wish.get("door") not in self._handlers:
            return f"no such door; there are: {', '.join(sorted(self._handlers))}"
        most = _MOST_CONNECTIONS * (2 if is_control else 1)
        if len(self._connections) > most:
            return f"{most} programs are connected already"
        return None


async def enter(
    directory: Path, door: str, *, any_version: bool = False
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """
    Connect to the desk that stands in this directory.

    Raises:
        OSError: None does.
        DoorRefused: It is another version (unless `any_version` will do), or does not know this door.
    """
    reader, writer = await asyncio.open_unix_connection(sock=connected_socket(directory), limit=LONGEST_LINE)
    await write_message(writer, {"version": __version__, "door": door})
    answer = await read_message(reader)
    if not answer or not answer.get("ok"):
        writer.close()
        raise DoorRefused(str((answer or {}).get("error", "the desk closed the connection")))
    if not any_version and answer.get("version") != __version__:
        writer.close()
        raise DoorRefused(_other_version(str(answer.get("version"))[:20], __version__))
    return reader, writer


def _other_version(desk: str, program: str) -> str:
    return f"the standing desk is version {desk}, this program {program}; end the desk and start it anew"


def _user_of(writer: asyncio.StreamWriter) -> int:
    connection = writer.get_extra_info("socket")
    if not hasattr(socket, "SO_PEERCRED"):
        # The socket file itself is only its owner's.
        return os.getuid()
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])
