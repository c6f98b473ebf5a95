"""What happened at the desk, in the order it happened, for whoever asks later."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from tradecore.desk.commands import CancelOrder, OpenDay, Sending, SendingOutcome
from tradecore.desk.decisions import Confirmed, Decision, Refused, Send
from tradecore.errors import InvalidRequest
from tradecore.model.events import BrokerEvent, Canceled, Expired, Filled
from tradecore.model.events import Refused as RefusedByVenue
from tradecore.model.terms import legs_text, short_name

_KEPT = 10_000
_REFUSALS_KEPT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """
    One thing that happened: its number (1, 2, …), time (UTC), kind, what it is about, and a sentence.

    `subject` is a client order id, a group's label or a code; `said` is text from outside, data and no more;
    `refusal` is the whole answer of a refused request.
    """

    number: int
    at: datetime
    kind: str
    subject: str
    text: str
    said: str = ""
    refusal: Refused | None = None


@dataclass(frozen=True, slots=True)
class Missed:
    """Updates after a cursor, oldest first; `lost` counts those that are not kept any more."""

    updates: tuple[Update, ...]
    lost: int


class UpdateLog:
    """
    The newest ten thousand updates, and beside them the newest two hundred refusals.

    Refusals are answers to whoever asked; they have numbers of the same row but are not among what `after` gives.
    `totals` counts all there ever were, by kind and detail: a refusal's code, an alert's severity, else nothing.
    """

    def __init__(self, life: str = "1") -> None:
        """Start with nothing; `life` tells the cursors of this desk from those of an earlier one."""
        self._life = life
        self._number = 0
        self._updates: deque[Update] = deque(maxlen=_KEPT)
        self._refusals: deque[Update] = deque(maxlen=_REFUSALS_KEPT)
        self.totals: Counter[tuple[str, str]] = Counter()

    @property
    def newest(self) -> int:
        """Number of the newest update, 0 before the first."""
        return self._number

    @property
    def newest_told(self) -> int:
        """Number of the newest that `after` would give."""
        return self._updates[-1].number if self._updates else 0

    def take(self, at: datetime, seen: object, decision: Decision) -> None:
        """Add what one decision means to a person."""
        for kind, subject, text in _told(seen, decision):
            self.add(at, kind, subject, text)
        if isinstance(seen, RefusedByVenue) or (isinstance(seen, SendingOutcome) and seen.sending is Sending.REFUSED):
            self.totals["rejected", ""] += 1
        for alert in decision.alerts:
            self._add(at, "alert", alert.code, f"{alert.severity}: {alert.message}", alert.said)
            self.totals["alert", str(alert.severity)] += 1
        if isinstance(decision.outcome, Refused):
            self._refuse(at, decision.outcome)

    def add(self, at: datetime, kind: str, subject: str, text: str) -> None:
        """Add something that no decision of the desk made."""
        self._add(at, kind, subject, text)
        self.totals[kind, ""] += 1

    def refuse(self, at: datetime, refusal: Refused) -> None:
        """Add a refusal that no decision of the desk made."""
        self._refuse(at, refusal)

    def cursor(self, number: int) -> str:
        """Where to go on after the update of this number."""
        return f"{self._life}.{number}"

    def number_of(self, cursor: str) -> int:
        """
        The number a cursor stands for; 0, everything, for one of an earlier desk.

        Raises:
            InvalidRequest: It is no cursor of ours.
        """
        life, _, number = cursor.partition(".")
        if not life.isdecimal() or not number.isdecimal() or len(cursor) > 40:
            raise InvalidRequest("cursor: use the one of an earlier answer, or leave it out")
        return int(number) if life == self._life else 0

    def after(self, number: int, at_most: int) -> Missed:
        """The oldest updates after `number`, at most so many."""
        kept = [*takewhile(lambda update: update.number > number, reversed(self._updates))][::-1]
        full = len(self._updates) == _KEPT and self._updates[0].number > number + 1
        return Missed(tuple(kept[:at_most]), self._updates[0].number - number - 1 if full else 0)

    def recent(self, now: datetime, within: timedelta, at_most: int) -> tuple[Update, ...]:
        """The newest updates and refusals not older than `within`, newest first."""
        found = [*_newest(self._updates, at_most), *_newest(self._refusals, at_most)]
        found.sort(key=lambda update: -update.number)
        return tuple(update for update in found if now - update.at <= within)[:at_most]

    def about(self, subject: str) -> tuple[Update, ...]:
        """Everything kept with this subject or number, oldest first."""
        everything = sorted((*self._updates, *self._refusals), key=lambda update: update.number)
        return tuple(update for update in everything if subject in (update.subject, str(update.number)))

    @property
    def last_refusal(self) -> Update | None:
        """The newest refusal."""
        return self._refusals[-1] if self._refusals else None

    def _add(self, at: datetime, kind: str, subject: str, text: str, said: str = "") -> None:
        self._number += 1
        self._updates.append(Update(number=self._number, at=at, kind=kind, subject=subject, text=text, said=said))

    def _refuse(self, at: datetime, refusal: Refused) -> None:
        self._number += 1
        update = Update(
            number=self._number,
            at=at,
            kind="refused",
            subject=refusal.code,
            text=f"{refusal.code}: {refusal.message}",
            refusal=refusal,
        )
        self._refusals.append(update)
        self.totals["refused", refusal.code] += 1


def _newest(updates: deque[Update], at_most: int) -> list[Update]:
    return [updates[-1 - index] for index in range(min(at_most, len(updates)))]


def _told(seen: object, decision: Decision) -> Iterator[tuple[str, str, str]]:
    outcome = decision.outcome
    if isinstance(outcome, Confirmed):
        yield "confirmed", ", ".join(outcome.groups) or str(outcome.kind), f"{outcome.kind} confirmed"
    elif isinstance(seen, OpenDay):
        yield "day", str(seen.day), f"trading day {seen.day} begins"
    elif isinstance(seen, CancelOrder) and not isinstance(outcome, Refused):
        yield "cancel", seen.client_order_id, f"cancellation of {seen.client_order_id} asked for"
    if isinstance(seen, BrokerEvent) and not str(getattr(outcome, "note", "")):
        yield from _told_by_venue(seen)
    for action in decision.actions:
        if isinstance(action, Send):
            order = action.order
            text = f"{order.effect}: {legs_text(order.legs)} x {order.quantity} [{order.authority}]"
            yield "sent", order.client_order_id, text


def _told_by_venue(event: BrokerEvent) -> Iterator[tuple[str, str, str]]:
    order_id = event.client_order_id
    if isinstance(event, Filled):
        text = f"{event.side} {event.quantity} {short_name(event.instrument)} at {event.price}"
        yield "fill", order_id, text
    elif isinstance(event, Canceled | Expired):
        yield "ended", order_id, f"{order_id} {'canceled' if isinstance(event, Canceled) else 'expired'}"
    elif isinstance(event, RefusedByVenue):
        yield "ended", order_id, f"{order_id} rejected by the venue"
