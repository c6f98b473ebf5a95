"""Planted bugs of tickets and the kill switch: what was confirmed, by whom, until when, and what a kill stops."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final
from unittest.mock import patch

from tests.simulation.planting import Planted, replaced

from tradecore.desk import entries, exits, folding, redemption
from tradecore.desk.commands import Redeem, StepEntry
from tradecore.desk.decisions import Action, Confirmed, Decision, TicketKind
from tradecore.desk.groups import Group
from tradecore.desk.images import StandingImage
from tradecore.desk.latches import Latch
from tradecore.desk.state import DeskState, EntryRun
from tradecore.desk.tickets import Ticket, TicketBook, TicketState
from tradecore.model.orders import Role
from tradecore.model.plans import PlannedOrder

_redeem = redemption.redeem
_redeem_lift = redemption._redeem_lift
_price_now = entries._price_now
_cancel_live = exits._cancel_live
_fold_standing = folding._fold_standing
_HANDLERS: Final = "tradecore.desk.desk._HANDLERS"


def _redeemed_by(handler: Any) -> Planted:
    return lambda: patch.dict(_HANDLERS, {Redeem: handler})


def _overrides_by_arguments(state: DeskState, command: Redeem) -> Decision:
    ticket = state.tickets.find(command.token_hash, command.principal)
    asked = dict(command.given).get("contracts")
    if ticket is not None and ticket.state is TicketState.OPEN and asked is not None and ticket.orders:
        plan = replace(ticket.orders[0], quantity=Decimal(asked))
        state.tickets.issue(replace(ticket, orders=(plan, *ticket.orders[1:])))
    return _redeem(state, replace(command, given=()))


def _takes_old_prices(state: DeskState, command: Redeem) -> Decision:
    ticket = state.tickets.find(command.token_hash, command.principal)
    if ticket is not None and ticket.state is TicketState.OPEN and command.at >= ticket.expires_at:
        state.tickets.show(ticket, command.at + timedelta(days=1))
    return _redeem(state, command)


def _finds_for_anybody(self: TicketBook, token_hash: str, _principal: str) -> Ticket | None:
    return self._tickets.get(token_hash)


def _stays_open(self: TicketBook, ticket: Ticket, result: Confirmed) -> None:
    self.keep(replace(ticket, result=result))


def _forgets_old_tickets(self: TicketBook) -> None:
    self._tickets.clear()
    self._newest.clear()


def _chases_without_bound(state: DeskState, run: EntryRun, plan: PlannedOrder, command: StepEntry) -> Decimal | None:
    return _price_now(state, replace(run, worst=Decimal(1000)), plan, command)


@contextmanager
def _tickets_open_again_after_a_restart() -> Iterator[None]:
    """Tickets are kept in a store of their own, which no redemption reaches."""
    stored: dict[str, Ticket] = {}
    issue = TicketBook.issue

    def issues(self: TicketBook, ticket: Ticket) -> None:
        stored[ticket.token_hash] = ticket
        issue(self, ticket)

    def restores(self: TicketBook) -> None:
        self._tickets = dict(stored)

    with patch.object(TicketBook, "issue", issues), patch.object(TicketBook, "retire", restores):
        yield


def _keeps_its_word_always(_desk: Any, _order_id: str) -> bool:
    return True


def _folds_no_kill(state: DeskState, image: StandingImage) -> None:
    _fold_standing(state, image)
    state.latches.pop(Latch.KILL_SWITCH, None)


def _withdraws_no_entries(state: DeskState, group: Group, roles: tuple[Role, ...]) -> list[Action]:
    return [] if roles == (Role.ENTRY,) else _cancel_live(state, group, roles)


def _lifts_whatever_came_after(state: DeskState, ticket: Ticket, command: Redeem) -> Decision:
    return _redeem_lift(state, replace(ticket, kill_latch=state.engagements), command)


TICKETS: Final[dict[str, Planted]] = {
    "token works twice": replaced("tradecore.desk.tickets.TicketBook.redeem", by=_stays_open),
    "token not bound to its principal": replaced("tradecore.desk.tickets.TicketBook.find", by=_finds_for_anybody),
    "arguments not bound to the token": _redeemed_by(_overrides_by_arguments),
    "tickets never expire": _redeemed_by(_takes_old_prices),
    "redeemed tickets forgotten at a restart": replaced(
        "tradecore.desk.tickets.TicketBook.retire", by=_forgets_old_tickets
    ),
    "redeemed tickets open again after a restart": _tickets_open_again_after_a_restart,
    "kill switch ignored at the last hop": replaced(
        "tradecore.desk.desk.Desk.may_still_send", by=_keeps_its_word_always
    ),
    "kill switch forgotten at a restart": replaced("tradecore.desk.folding._fold_standing", by=_folds_no_kill),
    "lifted by a ticket from before the last kill": lambda: patch.dict(
        "tradecore.desk.redemption._REDEEMERS", {TicketKind.LIFT: _lifts_whatever_came_after}
    ),
    "price chased past its ticket": replaced("tradecore.desk.entries._price_now", by=_chases_without_bound),
    "kill switch leaves entries working": replaced("tradecore.desk.exits._cancel_live", by=_withdraws_no_entries),
}
