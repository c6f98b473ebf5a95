"""What a client may read without calling a tool; each has a tool that says the same."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import mcp_types as types
import orjson
from mcp import MCPError
from mcp.server.context import ServerRequestContext

from entrypoints.mcp_server.calls import Json
from entrypoints.mcp_server.reading_tools import account_json, orders_json, positions_json, risk_json
from tradecore.usecases.floor import TradingFloor

_MODERN: Final = "2026-07-28"
_NOT_FOUND: Final = -32002
_READERS: Final[dict[str, tuple[str, Callable[[TradingFloor], Awaitable[Json]]]]] = {
    "desk://account": ("Cash, equity and buying power", account_json),
    "desk://positions": ("Open positions by group", positions_json),
    "desk://orders": ("Newest orders, entries with their children", orders_json),
    "desk://risk": ("What may still be risked today", risk_json),
}
RESOURCES: Final = tuple(
    types.Resource(uri=uri, name=uri.removeprefix("desk://"), description=words, mime_type="application/json")
    for uri, (words, _) in _READERS.items()
)


async def read_resource(
    floor: TradingFloor, context: ServerRequestContext[Any, Any], uri: str, surroundings: Callable[[], Json]
) -> types.ReadResourceResult:
    """
    One resource as JSON.

    Raises:
        MCPError: There is none of that name; the code is the one of the client's era.
    """
    found = _READERS.get(uri)
    if found is None:
        code = types.INVALID_PARAMS if context.protocol_version >= _MODERN else _NOT_FOUND
        raise MCPError(code, f"no resource {uri[:100]!r}; there are: {', '.join(_READERS)}", {"uri": uri[:200]})
    body = await found[1](floor) | surroundings()
    text = orjson.dumps(body).decode()
    contents = types.TextResourceContents(uri=uri, text=text, mime_type="application/json")
    return types.ReadResourceResult(contents=[contents])
