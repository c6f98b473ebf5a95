"""The tool that changes how a position is left."""

from decimal import Decimal
from typing import Final

import mcp_types as types

from entrypoints.mcp_server import schemas
from entrypoints.mcp_server.arguments import ManagePosition
from entrypoints.mcp_server.calls import Call, Json, Refusal, Tool, refusal_of
from entrypoints.mcp_server.confirmation import execute, preview_json
from entrypoints.mcp_server.trading_tools import group_of
from tradecore.desk.decisions import TicketKind
from tradecore.errors import InvalidRequest
from tradecore.usecases.answers import PreviewAnswer, RefusedAnswer
from tradecore.usecases.floor import hash_token
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
        return await execute(call, given.confirm_token, _content(call, given, given.confirm_token))
    label = group_of(call.floor, given.symbol, found_by_token=False) or given.symbol
    if "quantity" in given.asked:
        if given.changes:
            raise InvalidRequest("quantity closes a part; change stop, target or trail in a call of its own")
        return _shown(call, await preview_close(call.floor, call.principal, label, given.quantity))
    answer = await manage(call.floor, call.principal, label, Wish(**given.changes), _texts(given))
    if isinstance(answer, PreviewAnswer | RefusedAnswer):
        return _shown(call, answer)
    return {"status": answer.status, "what": answer.what, "order_ids": list(answer.order_ids)}


def _texts(given: ManagePosition) -> dict[str, str]:
    """What is to change, each as the text a ticket is bound to."""
    return {name: _text(value) for name, value in given.changes.items()}


def _text(value: Decimal | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value.normalize():f}"


def _content(call: Call, given: ManagePosition, token: str) -> dict[str, str]:
    """What was given beside a token, as the ticket would have it."""
    content = {"quantity": str(given.quantity)} if "quantity" in given.asked else _texts(given)
    label = group_of(call.floor, given.symbol, found_by_token=True)
    ticket = call.floor.desk.open_ticket(hash_token(token), call.principal)
    if label is None or ticket is None:
        return content
    return content | {"adjust" if ticket.kind is TicketKind.ADJUST else "close": label}


def _shown(call: Call, answer: PreviewAnswer | RefusedAnswer) -> Json:
    if isinstance(answer, RefusedAnswer):
        raise refusal_of(answer)
    return preview_json(call, answer)
