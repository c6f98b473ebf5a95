"""How what connects the desk with the world stands."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionState:
    """One connection: a stream, or a kind of request; `found` says in a few words how it stands."""

    name: str
    working: bool
    found: str


class Connections(Protocol):
    """Everything outside that the desk is connected with."""

    @abstractmethod
    def states(self) -> Sequence[ConnectionState]:
        """Each connection now, always in the same order."""


class _None(Connections):
    def states(self) -> Sequence[ConnectionState]:
        return ()


NO_CONNECTIONS: Final[Connections] = _None()
