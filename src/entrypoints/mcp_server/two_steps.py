"""The two steps of every tool that trades: a preview with a token, then exactly that."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import mcp_types as types

from entrypoints.mcp_server import rendering, schemas
from entrypoints.mcp_server.arguments import TradingArguments
from entrypoints.mcp_server.calls import Call, Json, Refusal, Tool, refusal_of
from entrypoints.mcp_server.confirmation import execute, preview_json
from tradecore.usecases.answers import ActionAnswer, PreviewAnswer, RefusedAnswer

Result = Json | types.InputRequiredResult
TWO_STEPS: Final = "Previews; its confirm_token executes."


def trading_tool(
    name: str, title: str, description: str, arguments: Any, handler: Any, *, idempotent: bool = False
) -> Tool:
    """A tool that moves money or changes what works."""
    return Tool(
        name=name,
        title=title,
        description=description,
        arguments=arguments,
        handler=handler,
        output_schema=schemas.TRADE,
        trades=True,
        idempotent=idempotent,
    )


async def two_steps(
    call: Call,
    given: TradingArguments,
    content: dict[str, str],
    preview: Callable[[], Awaitable[PreviewAnswer | RefusedAnswer]],
) -> Result:
    """Preview without a token; with one, execute the ticket if `content` is the ticket's."""
    if given.confirm_token is not None:
        if call.floor.desk.opening.mode == "live":
            step = {"next_step": "call confirm_order with this confirm_token"}
            raise Refusal("USE_CONFIRM_ORDER", "in live mode only confirm_order executes", step)
        return await execute(call, given.confirm_token, content)
    if given.confirm or not given.preview:
        step = {"next_step": "call it without confirm and preview; then again with the confirm_token of the answer"}
        raise Refusal("CONFIRM_TOKEN_NEEDED", "nothing is executed without the token of a preview", step)
    return previewed(call, await preview())


def previewed(call: Call, answer: PreviewAnswer | RefusedAnswer) -> Json:
    """
    A preview as JSON.

    Raises:
        Refusal: The desk said no.
    """
    if isinstance(answer, RefusedAnswer):
        raise refusal_of(answer)
    return preview_json(call, answer)


def done(answer: ActionAnswer) -> Json:
    """What an action that needs no ticket did."""
    return {
        "status": answer.status,
        "what": answer.what,
        "order_ids": list(answer.order_ids),
        "orders": [rendering.order(one) for one in answer.orders],
        "held": list(answer.held),
        "not_cancelled": list(answer.not_cancelled),
    }
