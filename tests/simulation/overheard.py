"""What a desk says of itself in its journal, held against what the world knows."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from tests.simulation.crashing_journal import CrashingJournal
from tests.simulation.truth import Broken

from tradecore.desk.commands import EngageKillSwitch, NotFound, Recover, Sending, SendingOutcome, SettleUnknown
from tradecore.desk.decisions import Confirmed, Decision, Done, Previewed, TicketKind
from tradecore.desk.desk import Desk
from tradecore.errors import DuplicateOrder, OutcomeUnknown
from tradecore.model.orders import Order, OrderState

# A decision that was made before another order's answer failed to come may still be on its way to the device.
_DECIDED_BEFORE: Final = timedelta(seconds=1)


class Overheard:
    """
    When the kill switch was engaged and lifted, since when which outcome is unknown, and what is written off.

    `is_there` tells whether an order is at the venue or may still arrive there, `is_taken` whether it is there.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        is_there: Callable[[str], bool],
        is_taken: Callable[[str], bool],
        note: Callable[[Broken, str], None],
    ) -> None:
        self.desk: Desk | None = None
        self._now = now
        self._is_there = is_there
        self._is_taken = is_taken
        self._note = note
        self._kills: list[tuple[int, bool]] = []
        self._engagements = 0
        self._lifts: dict[str, int] = {}
        self._unknown_since: dict[str, datetime] = {}
        self._unanswered: set[str] = set()

    def hear(self, journal: CrashingJournal, seen: object, decision: Decision | None) -> None:
        """Take in one record."""
        if decision is None:
            return
        seq = journal.head.seq
        if isinstance(seen, EngageKillSwitch):
            self._engagements += 1
            self._kills.append((seq, True))
        elif isinstance(decision.outcome, Previewed):
            self._lifts[decision.outcome.intent_id] = self._engagements
        elif isinstance(decision.outcome, Confirmed) and decision.outcome.kind is TicketKind.LIFT:
            self._kills.append((seq, False))
            if self._lifts.get(decision.outcome.intent_id) != self._engagements:
                self._note(Broken.UNCONFIRMED, "the kill switch was lifted by a ticket older than its engagement")
        elif isinstance(seen, Recover):
            self._hear_of_recovery()
        self._hear_of_outcomes(seen, decision)

    def forget_after(self, seq: int) -> None:
        """A desk died; what its journal lost was never decided."""
        self._kills = [(at, engaged) for at, engaged in self._kills if at <= seq]

    @contextmanager
    def answer_to(self, order_id: str) -> Iterator[None]:
        """Notices when the answer to a sent order does not come, or tells nothing."""
        self._unanswered.discard(order_id)
        try:
            yield
        except (OutcomeUnknown, DuplicateOrder, asyncio.CancelledError):
            self._unanswered.add(order_id)
            self._unknown_since[order_id] = self._now()
            raise

    def is_killed(self, journal: CrashingJournal) -> bool:
        """Whether a kill switch is engaged in what would survive a loss of power."""
        durable = [engaged for seq, engaged in self._kills if seq <= journal.durable_seq]
        return bool(durable) and durable[-1]

    def since(self, order_id: str) -> datetime:
        """Since when the outcome of an order is unknown, as far as was noticed."""
        return self._unknown_since.setdefault(order_id, self._now())

    def others_unknown(self, order_id: str) -> list[str]:
        """Orders beside this one whose outcome the desk has not known for a while."""
        if self.desk is None:
            return []
        unknown = [one for one in self._unknown_since if one != order_id and self._is_unknown(one)]
        return [one for one in unknown if self._now() - self._unknown_since[one] > _DECIDED_BEFORE]

    def _is_unknown(self, order_id: str) -> bool:
        order = self.desk.orders.get(order_id) if self.desk is not None else None
        return order is not None and (order.is_unknown or (order_id in self._unanswered and _is_on_its_way(order)))

    def _hear_of_recovery(self) -> None:
        # What a former life sent, and never heard of again.
        orders = self.desk.orders.values() if self.desk is not None else ()
        for order in orders:
            if order.is_unknown or _is_on_its_way(order):
                self._unanswered.add(order.client_order_id)
                self._unknown_since[order.client_order_id] = self._now()

    def _hear_of_outcomes(self, seen: object, decision: Decision) -> None:
        if isinstance(seen, SendingOutcome):
            order_id = seen.client_order_id
            if seen.sending is Sending.UNKNOWN:
                self._unknown_since[order_id] = self._now()
            elif self._is_taken(order_id):
                self._note(Broken.LOST, f"{order_id} counts as {seen.sending} and is at the venue")
        elif isinstance(seen, NotFound | SettleUnknown):
            done = decision.outcome if isinstance(decision.outcome, Done) else None
            if done is not None and done.what == "never arrived" and self._is_there(seen.client_order_id):
                self._note(Broken.LOST, f"{seen.client_order_id} was written off and is at the venue or on its way")


def _is_on_its_way(order: Order) -> bool:
    return OrderState.SUBMITTED in {order.state, order.resumes if order.state is OrderState.PENDING_CANCEL else None}
