"""How a command that stands is ended."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def ending() -> AsyncIterator[asyncio.Event]:
    """Set when somebody ends the process: Ctrl-C, or a signal to terminate."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(wanted, ended.set)
    yield ended
