"""Asking a standing desk from a terminal: one question, one answer."""

import asyncio
from pathlib import Path
from typing import Any, Final

from entrypoints.standing.door import enter
from entrypoints.standing.lines import LineTooLong, read_message, write_message
from tradecore.errors import Unavailable

_PATIENCE_S: Final = 30.0


def ask_desk(
    directory: Path, wish: dict[str, Any], *, any_version: bool = False, patience_s: float = _PATIENCE_S
) -> dict[str, Any]:
    """
    The desk's answer to one wish within so many seconds; `ok` says whether it was carried out.

    Raises:
        Unavailable: No desk stands there, or it does not answer.
        DoorRefused: It is of another version, unless `any_version` will do.
    """
    return asyncio.run(_ask(directory, wish, any_version, patience_s))


async def _ask(directory: Path, wish: dict[str, Any], any_version: bool, patience_s: float) -> dict[str, Any]:
    try:
        async with asyncio.timeout(patience_s):
            reader, writer = await enter(directory, "control", any_version=any_version)
            await write_message(writer, wish)
            answer = await read_message(reader)
            writer.close()
    except (OSError, TimeoutError, ValueError, LineTooLong) as problem:
        raise Unavailable(f"the desk of account {directory.name} does not answer") from problem
    if answer is None:
        raise Unavailable(f"the desk of account {directory.name} ended while it was asked")
    return answer
