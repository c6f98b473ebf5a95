"""Executing a ticket on the word of whom the owner named: the model, a form of the client, or the operator."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import mcp_types as types
from mcp import MCPError
from mcp.server.context import ServerRequestContext

from entrypoints.mcp_server import plan_rendering, rendering
from entrypoints.mcp_server.calls import Call, Json, Refusal, refusal_of
from tradecore.desk.tickets import Ticket
from tradecore.model.confirmation import Confirmer
from tradecore.usecases.answers import ConfirmAnswer, PendingApproval, PreviewAnswer, RefusedAnswer
from tradecore.usecases.approving import show_ticket, wait_for_operator
from tradecore.usecases.confirming import confirm
from tradecore.usecases.floor import hash_token
from tradecore.usecases.outlook import outlook

_MODERN: Final = "2026-07-28"
_QUESTION: Final = "approve"
_OPERATOR_WAIT_S: Final = Decimal(14)
"""With the ten seconds a confirmed order may take to fill, an answer comes within 25."""
_FORM: Final = {
    "type": "object",
    "properties": {
        _QUESTION: {"type": "boolean", "title": "Send this order", "description": "Tick to send it; nothing else does."}
    },
    "required": [_QUESTION],
}
_OPERATOR_STEP: Final = "the operator runs `tradecore approve` in a terminal; then repeat this call with the same token"

_REPLACED_STEP: Final = (
    "if the price moved, the operator was shown a newer preview and may still send it: follow with wait_for_updates, "
    "and ask for this order again only when it is over"
)


async def execute(call: Call, token: str, given: Mapping[str, str] | None = None) -> Json | types.InputRequiredResult:
    """
    Redeem a token.

    Raises:
        Refusal: The desk said no, the person did, or nobody could be asked.
    """
    ticket = call.floor.desk.open_ticket(hash_token(token), call.principal)
    if ticket is None or ticket.confirmer is Confirmer.MODEL or not _is_due(call, ticket, given):
        return await _redeemed(call, token, given, Confirmer.MODEL)
    if ticket.confirmer is Confirmer.OPERATOR:
        return await _by_operator(call, token, given)
    return await _by_form(call, token, given)


def _is_due(call: Call, ticket: Ticket, given: Mapping[str, str] | None) -> bool:
    """Whether a person is to be asked at all: not about what has expired, nor about what differs from the ticket."""
    return call.floor.clock.now() < ticket.expires_at and (given or {}).items() <= dict(ticket.arguments).items()


async def _by_form(call: Call, token: str, given: Mapping[str, str] | None) -> Json | types.InputRequiredResult:
    shown = await _shown(call, token, to_operator=not call.can_show_forms)
    if call.context is None or not call.can_show_forms:
        why = "a person has to confirm this order and this client can't ask one"
        raise Refusal("CANNOT_ASK", why, {"next_step": _OPERATOR_STEP, "headline": shown.headline})
    question = f"{shown.headline}\nSend this order?"
    if call.context.protocol_version >= _MODERN:
        answer = call.form_answers.get(_QUESTION)
        if answer is None:
            form = types.ElicitRequestFormParams(message=question, requested_schema=_FORM)
            return types.InputRequiredResult(input_requests={_QUESTION: types.ElicitRequest(params=form)})
    else:
        answer = await _asked_at_once(call.context, question)
    if not _accepted(answer):
        # Some clients decline without showing the form: the operator, who has to type a passphrase, may still say yes.
        await show_ticket(call.floor, call.principal, token, to_operator=True)
        why = "not approved, or the client could not ask"
        step = f"ask the person what they want; if no question was seen, {_OPERATOR_STEP}"
        raise Refusal("NOT_APPROVED", why, {"next_step": step})
    return await _redeemed(call, token, given, Confirmer.FORM)


async def _asked_at_once(context: ServerRequestContext[Any, Any], question: str) -> types.ElicitResult | None:
    """What the form of a client of the older era came back with; None when the client failed to show it."""
    try:
        return await context.session.elicit_form(question, _FORM, related_request_id=context.request_id)
    except MCPError:
        return None


async def _by_operator(call: Call, token: str, given: Mapping[str, str] | None) -> Json:
    shown = await _shown(call, token, to_operator=True)
    if not await wait_for_operator(call.floor, token, call.principal, _OPERATOR_WAIT_S):
        details = {
            "next_step": _OPERATOR_STEP,
            "headline": shown.headline,
            "expires_in_s": call.seconds_until(shown.expires_at),
        }
        raise Refusal("APPROVAL_PENDING", "the operator has to confirm this order and has not yet", details)
    try:
        return await _redeemed(call, token, given, Confirmer.MODEL)
    except Refusal as refusal:
        if refusal.code == "TOKEN_SUPERSEDED":
            # The newer token stays with the operator: the model can't confirm it, and must not take this for a no.
            refusal.details["next_step"] = _REPLACED_STEP
        raise


async def _shown(call: Call, token: str, *, to_operator: bool) -> PendingApproval:
    found = await show_ticket(call.floor, call.principal, token, to_operator=to_operator)
    if isinstance(found, RefusedAnswer):
        raise refusal_of(found)
    return found


async def _redeemed(call: Call, token: str, given: Mapping[str, str] | None, by: Confirmer) -> Json:
    answer = await confirm(call.floor, call.principal, token, given, confirmed_by=by)
    if isinstance(answer, RefusedAnswer):
        raise refusal_of(answer)
    if isinstance(answer, PreviewAnswer):
        return preview_json(call, answer)
    return confirmation_json(call, answer)


def confirmation_json(call: Call, answer: ConfirmAnswer) -> Json:
    """A redeemed ticket, rendered."""
    newest = call.floor.desk.orders[answer.orders[-1].client_order_id] if answer.orders else None
    ordered = rendering.legs(newest.legs, newest.quantity) if newest else []
    return rendering.confirmation(answer, call.floor.desk.trading[0].name, ordered)


def preview_json(call: Call, answer: PreviewAnswer) -> Json:
    """A preview, rendered with its outlook and the age of its prices."""
    opening = call.floor.desk.opening
    ahead = outlook(call.floor, answer.previews)
    until = call.seconds_until(answer.expires_at)
    shown = rendering.preview(answer, ahead, until, _quotes(call, answer), opening.mode, opening.account)
    return shown | plan_rendering.odds_and_ladder(ahead) | plan_rendering.standing(answer.standing)


def _quotes(call: Call, answer: PreviewAnswer) -> Json:
    wanted = [instrument for one in answer.previews for instrument in one.plan.instruments]
    quotes = [call.floor.board.quote(instrument) for instrument in (*wanted, call.floor.underlying)]
    known = [quote for quote in quotes if quote is not None]
    if len(known) < len(quotes):
        return {"quote_age_ms": None, "feed": None}
    oldest = min(quote.at for quote in known)
    age = (call.floor.clock.now() - oldest).total_seconds() * 1000
    return {"quote_age_ms": max(round(age), 0), "feed": known[0].source}


def _accepted(answer: Any) -> bool:
    accepted = isinstance(answer, types.ElicitResult) and answer.action == "accept"
    return accepted and bool(answer.content) and answer.content.get(_QUESTION) is True
