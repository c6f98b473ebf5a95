"""Taking the place of a working entry: the old order is gone for certain before the new one is sent."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from tradecore.desk.decisions import Refused, TicketKind
from tradecore.model.confirmation import Confirmer
from tradecore.usecases.answers import RefusedAnswer
from tradecore.usecases.asking_broker import fills_are_known
from tradecore.usecases.floor import TradingFloor
from tradecore.usecases.orders import cancel

_GONE_WITHIN: Final = timedelta(seconds=10)


async def make_way(
    floor: TradingFloor, principal: str, token_hash: str, given: Mapping[str, str], confirmed_by: Confirmer
) -> RefusedAnswer | None:
    """
    Cancel what a ticket is to replace, if the ticket would be redeemed now; a refusal where it can't be replaced.

    Whatever the old order filled meanwhile stays, and nothing new is sent then.
    """
    ticket = floor.desk.open_ticket(token_hash, principal)
    if ticket is None or ticket.kind is not TicketKind.OPEN or ticket.proposal is None:
        return None
    told = dict(ticket.arguments)
    due = floor.clock.now() < ticket.expires_at and confirmed_by is ticket.confirmer and given.items() <= told.items()
    order = floor.desk.orders.get(told.get("order_id", ""))
    if ticket.proposal.replaces is None or order is None or not due:
        return None
    if order.may_be_at_venue:
        await cancel(floor, principal, order.client_order_id)
    until = floor.clock.now() + _GONE_WITHIN
    while not floor.desk.orders[order.client_order_id].is_ended and await floor.changed.wait(until):
        pass
    newest = floor.desk.orders[order.client_order_id]
    if newest.is_ended and not newest.begun_quantity and await fills_are_known(floor, order.client_order_id):
        return None
    state = f"{newest.state}, {newest.cumulative_quantity:f} of {newest.quantity:f} filled"
    refusal = Refused(
        code="NOT_REPLACED",
        message=f"{order.client_order_id} could not be taken back whole: {state}; nothing new was sent",
        next_step="look at get_order_status; preview again for what is still wanted",
    )
    floor.refuse(refusal, order=order.client_order_id)
    return RefusedAnswer(status="refused", refusal=refusal)
