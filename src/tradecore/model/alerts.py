"""What a person has to know."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How soon somebody has to look."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that happened, in a sentence, with what the desk did about it; `said` is text from outside, as data."""

    code: str
    severity: Severity
    message: str
    said: str = ""
