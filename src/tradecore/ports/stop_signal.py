"""A request to stop that reaches the desk also when the desk answers nobody."""

from abc import abstractmethod
from typing import Final, Protocol


class StopSignal(Protocol):
    """Left by somebody outside, read before every order that takes risk; only the operator's resume clears it."""

    @abstractmethod
    def requested(self) -> str | None:
        """
        Who asked and why, or None.

        What can't be read counts as a request: it never raises.
        """

    @abstractmethod
    def clear(self) -> None:
        """Forget the request; idempotent."""


class _Never(StopSignal):
    def requested(self) -> str | None:
        return None

    def clear(self) -> None:
        """There is nothing to forget."""


NEVER_STOPPED: Final = _Never()
