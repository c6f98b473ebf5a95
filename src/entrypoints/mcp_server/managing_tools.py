"""The tool that changes how a position is left."""

from typing import Final

import mcp_types as types

from entrypoints.mcp_server import schemas
from entrypoints.mcp_server.arguments import ManagePosition
from entrypoints.mcp_server.calls import Call, Json, Refusal, Tool, refusal_of
from entrypoints.mcp_server.confirmation import execute, preview_json
from entrypoints.mcp_server.trading_tools import group_of
from tradecore.errors import InvalidRequest
from tradecore.usecases.answers import PreviewAnswer, RefusedAnswer
from tradecore.usecases.managing import Wish, manage
from tradecore.usecases.previewing import preview_close

_ABOUT: Final = (
    "Change how a position is left: stop or target (net price of one unit), trail (distance), break_even, or quantity "
    "to close a part. Tighter works at once; looser, and a part, preview first: repeat with confirm_token."
)


def managing_tools() -> list[Tool]:
    """The one tool of this file."""
    return [
        Tool(
            name="manage_position",
            title="Manage position",
            description=_ABOUT,
            arguments=ManagePosition,
            handler=_manage_position,
            output_schema=schemas.TRADE,
            trades=True,
        )
    ]


async def _manage_position(call: Call, given: ManagePosition) -> Json | types.InputRequiredResult:
    if given.confirm_token is not None:
        if call.floor.desk.opening.mode == "live":
            step = {"next_step": "call confirm_order with this confirm_token"}
            raise Refusal("USE_CONFIRM_ORDER", "in live mode only confirm_order executes", step)
        return await execute(call, given.confirm_token)
    label = group_of(call.floor, given.symbol, found_by_token=False) or given.symbol
    if "quantity" in given.asked:
        if given.changes:
            raise InvalidRequest("quantity closes a part; change stop, target or trail in a call of its own")
        return _shown(call, await preview_close(call.floor, call.principal, label, given.quantity))
    wish = Wish(**given.changes)
    answer = await manage(call.floor, call.principal, label, wish)
    if isinstance(answer, PreviewAnswer | RefusedAnswer):
        return _shown(call, answer)
    return {"status": answer.status, "what": answer.what, "order_ids": list(answer.order_ids)}


def _shown(call: Call, answer: PreviewAnswer | RefusedAnswer) -> Json:
    if isinstance(answer, RefusedAnswer):
        raise refusal_of(answer)
    return preview_json(call, answer)
