"""What looked unusual in the last minutes: an anomaly stays in sight after it ended, so that who polls misses none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class Severity(IntEnum):
    """How much an anomaly matters."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a detector sees now; `key` tells two of a kind apart, `evidence` is what it was seen by."""

    kind: str
    key: str
    severity: Severity
    note: str
    evidence: Mapping[str, float | int | str]


@dataclass(slots=True)
class Anomaly:
    """A finding over time; `count` is how often it began, the severity the worst of all."""

    finding: Finding
    first_seen: int
    last_seen: int
    severity: Severity
    count: int = 1
    active: bool = True


@dataclass(slots=True)
class AnomalyLog:
    """Findings of the last `keeps` milliseconds."""

    keeps: int
    _known: dict[tuple[str, str], Anomaly] = field(default_factory=dict)

    def update(self, now: int, findings: list[Finding]) -> None:
        """Take what is seen now; the others are over."""
        seen = {(finding.kind, finding.key) for finding in findings}
        for name, anomaly in self._known.items():
            anomaly.active = anomaly.active and name in seen
        for finding in findings:
            self._see(now, finding)
        self._known = {
            name: one for name, one in self._known.items() if one.active or now - one.last_seen <= self.keeps
        }

    def all(self) -> list[Anomaly]:
        """Worst first, then the newest."""
        return sorted(self._known.values(), key=lambda one: (-one.active, -one.severity, -one.last_seen))

    def _see(self, now: int, finding: Finding) -> None:
        known = self._known.get((finding.kind, finding.key))
        if known is None:
            self._known[finding.kind, finding.key] = Anomaly(finding, now, now, finding.severity)
            return
        known.count += not known.active
        known.active, known.last_seen = True, now
        known.severity = max(known.severity, finding.severity)
        known.finding = finding
