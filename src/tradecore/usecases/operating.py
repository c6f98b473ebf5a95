"""What the operator decides: halting, resuming, and what became of an order nobody could ask for."""

from tradecore.desk.commands import Halt, Resume, SettleUnknown
from tradecore.desk.decisions import Decision, Done, Refused
from tradecore.errors import InvalidRequest
from tradecore.usecases.floor import TradingFloor, decide
from tradecore.usecases.views import account_if_known


async def halt(floor: TradingFloor, principal: str, reason: str) -> str:
    """Stop everything but cancels; what is left without protection."""
    return _what(await decide(floor, Halt(at=floor.clock.now(), principal=principal, reason=reason)))


async def resume(floor: TradingFloor, principal: str) -> str:
    """Release what only the operator may; what was released and what still holds."""
    account = await account_if_known(floor)
    equity = None if account is None else account.equity
    return _what(await decide(floor, Resume(at=floor.clock.now(), principal=principal, equity=equity)))


async def settle(floor: TradingFloor, principal: str, client_order_id: str) -> str:
    """
    Take the operator's word that an unknown order is not at the broker.

    Raises:
        InvalidRequest: No such order is unknown.
    """
    command = SettleUnknown(at=floor.clock.now(), principal=principal, client_order_id=client_order_id)
    return _what(await decide(floor, command))


def _what(decision: Decision) -> str:
    outcome = decision.outcome
    if isinstance(outcome, Refused):
        raise InvalidRequest(f"{outcome.message}; {outcome.next_step}")
    return outcome.what if isinstance(outcome, Done) else str(outcome)
