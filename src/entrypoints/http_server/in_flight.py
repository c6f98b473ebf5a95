"""Requests that are being answered, and ending those that would not end by themselves."""

import asyncio
from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class InFlight:
    """
    Passes requests on and can end them, so that a stream or a hung client does not keep the desk from ending.

    What a request has begun at the desk ends as it should: the desk shields it.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Pass on to `app`."""
        self._app = app
        self._tasks: set[asyncio.Task[object]] = set()
        self._ending = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request is answered by a task")
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        self._tasks.add(task)
        try:
            await self._app(scope, receive, watched_send)
        except asyncio.CancelledError:
            if not self._ending:
                raise
            # Whoever waits for this answer gets its end; the server would log a cancelled request as a failure.
            task.uncancel()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(0.1):
                    await _end(send, started=started)
        finally:
            self._tasks.discard(task)

    def end(self) -> None:
        """End every request that is still being answered."""
        self._ending = True
        for task in self._tasks:
            task.cancel()


async def _end(send: Send, *, started: bool) -> None:
    if not started:
        await send({"type": "http.response.start", "status": 503, "headers": []})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
