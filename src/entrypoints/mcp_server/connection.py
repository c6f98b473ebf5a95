"""MCP over lines of JSON: standard input and output, or the desk's socket."""

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import anyio
import mcp_types as types
from mcp.server import Server
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

from entrypoints.mcp_server.server import PRINCIPAL
from entrypoints.standing.lines import LONGEST_LINE, LineTooLong, read_line
from tradecore.errors import InvalidRequest

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_LAST_ANSWERS_S: Final = 2.0
_PARSE_ERROR: Final = b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"%s"}}\n'


async def serve_connection(
    protocol: Server[Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter, principal: str
) -> None:
    """Speak MCP with one client until it leaves; what it asked for and is being committed ends as it should."""
    PRINCIPAL.set(principal)
    to_server, from_client = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    to_client, from_server = anyio.create_memory_object_stream[SessionMessage](0)
    async with anyio.create_task_group() as group:
        group.start_soon(_read, reader, writer, to_server)
        group.start_soon(_write, writer, from_server)
        await protocol.run(from_client, to_client, protocol.create_initialization_options())
        group.cancel_scope.cancel()


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to_server: Any) -> None:
    async with to_server:
        while True:
            try:
                # Who sends noise and reads no answer waits here, instead of filling our memory with complaints.
                await writer.drain()
                line = await read_line(reader)
                if line is None:
                    return
                message = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
            except LineTooLong as problem:
                writer.write(_PARSE_ERROR % str(problem).encode())
            except ValidationError:
                writer.write(_PARSE_ERROR % b"a line must be one JSON-RPC message")
            except (ConnectionError, ValueError):
                return
            else:
                await to_server.send(SessionMessage(message))


async def _write(writer: asyncio.StreamWriter, from_server: Any) -> None:
    async with from_server:
        async for one in from_server:
            line = one.message.model_dump_json(by_alias=True, exclude_unset=True)
            writer.write(line.encode() + b"\n")
            try:
                await writer.drain()
            except ConnectionError:
                return


@asynccontextmanager
async def standard_streams() -> AsyncIterator[Streams]:
    """
    Standard input and output as streams; while they serve, stray prints go to standard error.

    Raises:
        InvalidRequest: One of them is no pipe.
    """
    for descriptor, name in ((0, "input"), (1, "output")):
        mode = os.fstat(descriptor).st_mode
        if not any(kind(mode) for kind in (stat.S_ISFIFO, stat.S_ISSOCK)) and not os.isatty(descriptor):
            raise InvalidRequest(
                f"standard {name} is no pipe: an MCP client starts this command, see `tradecore doctor`"
            )
    incoming, outgoing = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    source = os.fdopen(incoming, "rb", buffering=0)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), source)
    sink = os.fdopen(outgoing, "wb", buffering=0)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sink)
    writer = asyncio.StreamWriter(transport, protocol, None, loop)
    try:
        yield reader, writer
    finally:
        sys.stdout.flush()
        writer.close()


async def pump(near: Streams, far: Streams) -> None:
    """Carry bytes both ways until either side ends; a far side that is left may still answer the last words."""
    there = asyncio.create_task(_carry(near[0], far[1]))
    back = asyncio.create_task(_carry(far[0], near[1]))
    await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
    if not back.done():
        with suppress(OSError):
            far[1].write_eof()
        await asyncio.wait((back,), timeout=_LAST_ANSWERS_S)
    for task in (there, back):
        task.cancel()
    await asyncio.gather(there, back, return_exceptions=True)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        return
