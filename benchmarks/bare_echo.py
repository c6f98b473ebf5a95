"""A floor for the simulated broker: an ASGI application that reads a body and sends it back, on uvicorn."""

import sys
from typing import Any

import uvicorn


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer every request with its own body."""
    if scope["type"] == "http":
        body = (await receive())["body"]
        headers = [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    uvicorn.run(echo, port=int(sys.argv[1]), log_level="critical", access_log=False, lifespan="off")
