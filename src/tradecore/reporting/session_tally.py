"""Counting what a session did, from its own records."""

from collections.abc import Iterable
from dataclasses import dataclass

from tradecore.model.alerts import Severity


@dataclass(slots=True)
class SessionTally:
    """
    Counts of one session.

    `orders` are confirmed entries, `child_orders` everything else that was sent (exits, price steps).
    """

    previews: int = 0
    refusals: int = 0
    orders: int = 0
    child_orders: int = 0
    fills: int = 0
    incidents: int = 0

    def count_preview(self, *, approved: bool) -> None:
        """One answer to a preview or confirmation request."""
        if approved:
            self.previews += 1
        else:
            self.refusals += 1

    def count_orders(self, *, entries: int, children: int) -> None:
        """Orders that left the house."""
        self.orders += entries
        self.child_orders += children

    def count_alerts(self, severities: Iterable[Severity]) -> None:
        """Critical alerts are incidents."""
        self.incidents += sum(severity is Severity.CRITICAL for severity in severities)
