"""Following one wish through the layers: pieces of work that belong together, whoever does them and when."""

from abc import abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol


class Tracing(Protocol):
    """
    Records pieces of work as spans of traces.

    The present span follows the flow of the program, into what it starts beside itself too. Recording never fails and
    never waits for anybody.
    """

    @abstractmethod
    def span(
        self, name: str, facts: Mapping[str, str] | None = None, *, under: str | None = None
    ) -> AbstractContextManager[object]:
        """A piece of work, under the present one or under the place `under`; an exception marks it as failed."""

    @property
    @abstractmethod
    def trace_id(self) -> str | None:
        """The present trace, 32 hexadecimal digits; None outside of every trace."""

    @property
    @abstractmethod
    def place(self) -> str | None:
        """Where we are, as text to go on from elsewhere (W3C `traceparent`); None outside of every trace."""


class _NoTracing(Tracing):
    def span(self, *_: object, **__: object) -> AbstractContextManager[object]:
        """Nothing."""
        return _NOTHING

    @property
    def trace_id(self) -> None:
        """None."""

    @property
    def place(self) -> None:
        """None."""


_NOTHING: Final[AbstractContextManager[object]] = nullcontext()
NO_TRACING: Final[Tracing] = _NoTracing()
