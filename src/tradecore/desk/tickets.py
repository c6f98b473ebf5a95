"""Tickets: what a preview promised, to whom, and whether it was redeemed."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from tradecore.desk.decisions import TicketKind
from tradecore.model.confirmation import Confirmer
from tradecore.model.encoding import digest
from tradecore.model.plans import PlannedOrder, Proposal


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
    `confirmer` is who has to say yes, `shown` whether that person was asked.
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
    shown: bool = False
    state: TicketState = TicketState.OPEN

    @property
    def digest(self) -> str:
        """SHA-256 of the exact order content."""
        return digest((self.kind.value, self.orders))


class TicketBook:
    """Today's tickets, and every redeemed one of the desk's life, by the hash of their tokens."""

    def __init__(self) -> None:
        """Start without any ticket."""
        self._tickets: dict[str, Ticket] = {}
        self._newest: dict[object, str] = {}

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

    def redeem(self, ticket: Ticket) -> None:
        """Mark a ticket as used."""
        self._tickets[ticket.token_hash] = replace(ticket, state=TicketState.REDEEMED)
