"""Tickets: what a preview promised, to whom, and whether it was redeemed."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from tradecore.desk.decisions import Confirmed, TicketKind
from tradecore.model.confirmation import Confirmer
from tradecore.model.encoding import digest
from tradecore.model.plans import PlannedOrder, Proposal, Protection
from tradecore.model.standing import StandingPlan

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class TicketState(StrEnum):
    """A ticket is redeemed once or ends otherwise."""

    OPEN = "open"
    REDEEMED = "redeemed"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """
    What one token authorises, for one principal, until `expires_at`.

    Only the token's hash is kept. `proposal` is what a fresh preview starts from; `closes` the group a closing ticket
    was asked for (None: all of them); `kill_latch` counts how often the kill switch had been engaged by then.
    `adjusts` is the way out that an adjustment puts in place, `adjusts_from` the one it was shown beside, `standing`
    the plan that the ticket arms. `confirmer` is who has to say yes, `shown` whether that person was asked, `result`
    what its redemption was answered with.
    """

    intent_id: str
    token_hash: str
    principal: str
    kind: TicketKind
    orders: tuple[PlannedOrder, ...]
    proposal: Proposal | None
    closes: str | None
    arguments: tuple[tuple[str, str], ...]
    expires_at: datetime
    kill_latch: int
    confirmer: Confirmer = Confirmer.MODEL
    adjusts: Protection | None = None
    shown: bool = False
    state: TicketState = TicketState.OPEN
    result: Confirmed | None = None
    standing: StandingPlan | None = None
    adjusts_from: Protection | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the exact order content."""
        return digest((self.kind.value, self.orders, self.adjusts))


class TicketBook:
    """Today's tickets, and every redeemed one of the desk's life, by the hash of their tokens."""

    def __init__(self) -> None:
        """Start without any ticket."""
        self._tickets: dict[str, Ticket] = {}
        self._newest: dict[object, str] = {}
        self._redeemed: dict[str, str] = {}

    def issue(self, ticket: Ticket) -> None:
        """Keep a new ticket; an open one of the same principal for the same request is superseded."""
        key = (ticket.principal, ticket.kind, ticket.arguments)
        older = self._tickets.get(self._newest.get(key, ""))
        if older is not None and older.state is TicketState.OPEN:
            self._tickets[older.token_hash] = replace(older, state=TicketState.SUPERSEDED)
        self._newest[key] = ticket.token_hash
        self._tickets[ticket.token_hash] = ticket

    def find(self, token_hash: str, principal: str) -> Ticket | None:
        """The ticket of this token, for the principal it was issued to only."""
        ticket = self._tickets.get(token_hash)
        return ticket if ticket is not None and ticket.principal == principal else None

    def show(self, ticket: Ticket, until: datetime) -> None:
        """Give whoever is asked time to read, until `until`."""
        self._tickets[ticket.token_hash] = replace(ticket, shown=True, expires_at=until)

    def end_day(self) -> None:
        """Forget every ticket that was not redeemed: a price of yesterday executes nothing."""
        self._tickets = {key: one for key, one in self._tickets.items() if one.state is TicketState.REDEEMED}
        self._newest.clear()

    def redeem(self, ticket: Ticket, result: Confirmed) -> None:
        """Mark a ticket as used, with the answer that every later use gets."""
        self.keep(replace(ticket, state=TicketState.REDEEMED, result=result))

    def keep(self, ticket: Ticket) -> None:
        """Store a redeemed ticket."""
        self._tickets[ticket.token_hash] = ticket
        self._redeemed[ticket.intent_id] = ticket.token_hash

    def redeemed(self, intent_id: str) -> Ticket | None:
        """The ticket of an intent that was confirmed."""
        return self._tickets.get(self._redeemed.get(intent_id, ""))

    def retire(self) -> None:
        """A restart: forget tickets that were not redeemed, and of the others all but what they were answered with."""
        self.end_day()
        for key, ticket in self._tickets.items():
            if ticket.result is not None:
                self._tickets[key] = retired_ticket(key, ticket.principal, ticket.arguments, ticket.result)


def retired_ticket(
    token_hash: str, principal: str, arguments: tuple[tuple[str, str], ...], result: Confirmed
) -> Ticket:
    """A redeemed ticket that authorises nothing any more and still answers with its first result."""
    return Ticket(
        intent_id=result.intent_id,
        token_hash=token_hash,
        principal=principal,
        kind=result.kind,
        orders=(),
        proposal=None,
        closes=None,
        arguments=arguments,
        expires_at=_LONG_AGO,
        kill_latch=0,
        state=TicketState.REDEEMED,
        result=result,
    )
