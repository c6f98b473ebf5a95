"""Approval out of band: a ticket waits for the operator, who carries it out or lets it expire."""

from decimal import Decimal

from tradecore.desk.commands import AskApproval
from tradecore.desk.decisions import Refused
from tradecore.errors import InvalidRequest
from tradecore.model.confirmation import Confirmer
from tradecore.usecases.answers import ConfirmAnswer, PendingApproval, PreviewAnswer, RefusedAnswer
from tradecore.usecases.confirming import redeem
from tradecore.usecases.floor import TradingFloor, decide, hash_token


async def show_ticket(
    floor: TradingFloor, principal: str, token: str, *, to_operator: bool
) -> PendingApproval | RefusedAnswer:
    """Begin the time in which a person may confirm this ticket; `to_operator` puts it on the operator's list."""
    token_hash = hash_token(token)
    decision = await decide(floor, AskApproval(at=floor.clock.now(), principal=principal, token_hash=token_hash))
    if isinstance(decision.outcome, Refused):
        return RefusedAnswer(status="refused", refusal=decision.outcome)
    ticket = floor.desk.open_ticket(token_hash, principal)
    if ticket is None:
        raise TypeError("a ticket that was shown is open")
    pending = PendingApproval(
        intent_id=ticket.intent_id,
        token_hash=token_hash,
        principal=principal,
        headline=floor.headlines.get(ticket.intent_id, "its preview is not kept any more: do not approve it"),
        expires_at=ticket.expires_at,
    )
    if to_operator:
        floor.approvals[ticket.intent_id] = pending
        floor.changed.ring()
    return pending


def pending_approvals(floor: TradingFloor) -> tuple[PendingApproval, ...]:
    """Tickets that still wait for the operator, oldest first."""
    now = floor.clock.now()
    for intent_id, pending in tuple(floor.approvals.items()):
        if now >= pending.expires_at or floor.desk.open_ticket(pending.token_hash, pending.principal) is None:
            del floor.approvals[intent_id]
    return tuple(floor.approvals.values())


async def approve(floor: TradingFloor, intent_id: str) -> ConfirmAnswer | PreviewAnswer | RefusedAnswer:
    """
    Carry out a waiting ticket on the operator's word.

    A market that left the ticket's price answers with a fresh preview, which then waits for the operator itself.

    Raises:
        InvalidRequest: Nothing of that id waits.
    """
    pending = next((one for one in pending_approvals(floor) if one.intent_id == intent_id), None)
    if pending is None:
        raise InvalidRequest(f"nothing called {intent_id[:40]!r} waits for an approval; it may have expired")
    answer = await redeem(floor, pending.principal, pending.token_hash, confirmed_by=Confirmer.OPERATOR)
    floor.approvals.pop(intent_id, None)
    if isinstance(answer, PreviewAnswer):
        await show_ticket(floor, pending.principal, answer.confirm_token, to_operator=True)
    return answer


async def wait_for_operator(floor: TradingFloor, token: str, principal: str, seconds: Decimal) -> bool:
    """Wait until a shown ticket was redeemed or lost, at most so many seconds of the reader's clock; whether it was."""
    token_hash = hash_token(token)
    deadline = floor.clock.now() + floor.desk.opening.reading_time(seconds)
    while floor.desk.open_ticket(token_hash, principal) is not None:
        if not await floor.changed.wait(deadline):
            return False
    return True
