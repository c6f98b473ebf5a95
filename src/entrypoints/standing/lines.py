"""Messages on a stream of bytes: one JSON text a line, bounded."""

import asyncio
from typing import Any, Final

import orjson

LONGEST_LINE: Final = 4 * 1024 * 1024


class LineTooLong(Exception):
    """A line passed the bound; it was read to its end and thrown away."""


async def read_line(reader: asyncio.StreamReader) -> bytes | None:
    """
    The next line without its end; None once the other side is gone, also in the middle of a line.

    Raises:
        LineTooLong: The line had more than LONGEST_LINE bytes.
    """
    try:
        return (await reader.readuntil(b"\n"))[:-1]
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError as overrun:
        await _skip_line(reader, overrun.consumed)
        raise LineTooLong(f"a message may have {LONGEST_LINE} bytes") from overrun


async def _skip_line(reader: asyncio.StreamReader, waiting: int) -> None:
    while True:
        await reader.readexactly(waiting)
        try:
            await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as overrun:
            waiting = overrun.consumed
        except asyncio.IncompleteReadError:
            return
        else:
            return


async def read_message(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """
    The next line as a JSON object; None at the end.

    Raises:
        LineTooLong: See `read_line`.
        ValueError: It is no JSON object.
    """
    line = await read_line(reader)
    if line is None:
        return None
    found = orjson.loads(line)
    if not isinstance(found, dict):
        raise ValueError("a message is a JSON object")
    return found


async def write_message(writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
    """Send one message and wait until the other side has taken it."""
    writer.write(orjson.dumps(message) + b"\n")
    await writer.drain()
