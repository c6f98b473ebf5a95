"""A request to stop that reaches the desk also when the desk answers nobody."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Final, Protocol


@dataclass(frozen=True, slots=True)
class StopRequest:
    """Who asked and why; `flatten`: close everything too."""

    reason: str
    flatten: bool


class StopSignal(Protocol):
    """Left by somebody outside, read before every order that takes risk; the desk clears it once it has stopped."""

    @abstractmethod
    def requested(self) -> StopRequest | None:
        """The request, or None; what can't be read counts as one, it never raises."""

    @abstractmethod
    def clear(self) -> None:
        """Forget the request; idempotent."""


class _Never(StopSignal):
    def requested(self) -> StopRequest | None:
        return None

    def clear(self) -> None:
        """There is nothing to forget."""


NEVER_STOPPED: Final = _Never()
