"""Every alert of a desk: the critical ones stay open until a person acknowledges them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from tradecore.model.alerts import Alert, Severity
from tradecore.model.encoding import decode
from tradecore.ports.journal import JournalEntry

ACKNOWLEDGED: Final = "alert_acknowledged"
_MOST_OPEN: Final = 500


@dataclass(frozen=True, slots=True)
class RaisedAlert:
    """
    An alert with the time it was raised (UTC); `alert_id` is the number of its journal entry and its place in it.

    `times` counts how often the same was raised while it was open.
    """

    alert_id: str
    at: datetime
    alert: Alert
    times: int = 1


@dataclass(slots=True)
class AlertDeliveryState:
    """
    How telling a person goes: what waits, what arrived, what was given up, and what is wrong now.

    `problem` and `heartbeat_problem` are None while all is well; None of `problem` also before the first try.
    """

    kind: str
    waiting: int = 0
    delivered: int = 0
    failed_tries: int = 0
    dropped: int = 0
    problem: str | None = None
    beats: int = 0
    heartbeat_problem: str | None = None


@dataclass(slots=True)
class AlertBook:
    """
    What is not acknowledged, oldest first, and whoever wants to hear of each alert as it is raised.

    A critical alert that is open already is not opened again: it counts up. At most five hundred are kept open; the
    oldest make room. `delivery` is None where no place to tell a person is configured.
    """

    listener: Callable[[RaisedAlert], None] | None = None
    delivery: AlertDeliveryState | None = None
    _open: dict[str, RaisedAlert] = field(default_factory=dict)

    @property
    def unacknowledged(self) -> tuple[RaisedAlert, ...]:
        """Critical alerts that nobody has acknowledged, oldest first."""
        return tuple(self._open.values())

    def take(self, at: datetime, entry: int, alerts: Iterable[Alert]) -> None:
        """Take in the alerts of one journal entry."""
        for place, alert in enumerate(alerts, 1):
            raised = RaisedAlert(f"{entry}-{place}", at, alert)
            if alert.severity is Severity.CRITICAL:
                raised = self._opened(raised)
            if self.listener is not None:
                self.listener(raised)

    def acknowledge(self, alert_ids: Sequence[str] | None = None) -> tuple[RaisedAlert, ...]:
        """Close these, or all that are open; what was closed. Ids that are not open are left out."""
        wanted = tuple(self._open) if alert_ids is None else alert_ids
        return tuple(self._open.pop(one) for one in dict.fromkeys(wanted) if one in self._open)

    def remembering(self, entries: Iterable[JournalEntry]) -> Iterator[JournalEntry]:
        """The same entries; on their way what an earlier life left open is taken up, and nobody is told of it here."""
        for entry in entries:
            yield entry
            body = entry.body
            if entry.kind == "note" and body.get("what") == ACKNOWLEDGED:
                self.acknowledge(body["alerts"])
                continue
            found = body.get("alerts") if entry.kind == "note" else _decided(body)
            for place, raw in enumerate(found or (), 1):
                if raw["severity"] == Severity.CRITICAL:
                    self._opened(RaisedAlert(f"{entry.seq}-{place}", entry.at, decode(Alert, raw)))

    def _opened(self, raised: RaisedAlert) -> RaisedAlert:
        for known in self._open.values():
            if (known.alert.code, known.alert.message) == (raised.alert.code, raised.alert.message):
                counted = replace(known, times=known.times + 1)
                self._open[known.alert_id] = counted
                return counted
        if len(self._open) >= _MOST_OPEN:
            del self._open[next(iter(self._open))]
        self._open[raised.alert_id] = raised
        return raised


def _decided(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    decision = body.get("decision")
    return decision.get("alerts") or () if isinstance(decision, Mapping) else ()
