"""Telling a client that asked for it that a long call is still under way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from mcp.server.context import ServerRequestContext

_EVERY_S: Final = 2.0


@asynccontextmanager
async def progress_told(context: ServerRequestContext[Any, Any] | None, what: str) -> AsyncIterator[None]:
    """Report seconds passed, every two of them, while the body runs; one that did not ask hears nothing."""
    if context is None:
        yield
        return
    telling = asyncio.create_task(_tell(context, what))
    try:
        yield
    finally:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling


async def _tell(context: ServerRequestContext[Any, Any], what: str) -> None:
    seconds = 0.0
    while True:
        await asyncio.sleep(_EVERY_S)
        seconds += _EVERY_S
        await context.session.report_progress(seconds, None, f"{what}: {seconds:.0f} s")
