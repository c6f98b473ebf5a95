"""Asking a standing desk from a terminal: one question, one answer."""

import asyncio
from pathlib import Path
from typing import Any, Final

from entrypoints.standing.door import enter
from entrypoints.standing.lines import read_message, write_message
from tradecore.errors import Unavailable

_PATIENCE_S: Final = 30.0


def ask_desk(directory: Path, wish: dict[str, Any]) -> dict[str, Any]:
    """
    The desk's answer to one wish; `ok` says whether it was carried out.

    Raises:
        Unavailable: No desk stands there, or it does not answer.
        DoorRefused: It is of another version.
    """
    return asyncio.run(_ask(directory, wish))


async def _ask(directory: Path, wish: dict[str, Any]) -> dict[str, Any]:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            reader, writer = await enter(directory, "control")
            await write_message(writer, wish)
            answer = await read_message(reader)
            writer.close()
    except (OSError, TimeoutError) as problem:
        raise Unavailable(f"the desk of account {directory.name} does not answer") from problem
    if answer is None:
        raise Unavailable(f"the desk of account {directory.name} ended while it was asked")
    return answer
