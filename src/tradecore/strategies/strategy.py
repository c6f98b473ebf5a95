"""What a strategy is: a class with a name, typed parameters, and facts -> plan."""

import dataclasses
import types
import typing
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from tradecore.errors import InvalidRequest
from tradecore.model.chain import OptionChain
from tradecore.model.instruments import read_decimal
from tradecore.model.market import Bar, Quote
from tradecore.model.plans import NoProposal, Proposal
from tradecore.model.sessions import Session

NOTE_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyFacts:
    """
    Everything a strategy may know, frozen at `now` (UTC).

    `bars` are today's finished one-minute bars of the underlying, oldest first; `deltas` aligns with the rows of
    `chain` (same-day expiry), NaN where a contract's quote identifies none.
    """

    now: datetime
    session: Session
    underlying: str
    quote: Quote | None
    bars: Sequence[Bar]
    chain: OptionChain | None
    deltas: NDArray[np.float64] | None


class Strategy(Protocol):
    """
    Proposes plans; sees no risk and places no order.

    Found through the entry-point group `tradecore.strategies`; the class is instantiated without arguments. Its
    `first_entry` is the New York time before which its signal never comes, None where it may come any time.
    `Parameters` is a frozen dataclass whose fields have defaults, a type of str, int, bool, Decimal (or one of them
    | None) and a `doc` in their metadata; names, types, defaults and docs become the tool's schema.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    Parameters: ClassVar[type]
    first_entry: ClassVar[time | None] = None

    @abstractmethod
    def propose(self, facts: StrategyFacts, parameters: Any) -> Proposal | NoProposal:
        """A plan for these facts; NoProposal names what is missing. A missing signal is shown, not refused."""


def parameter(doc: str, default: Any, choices: tuple[str, ...] = ()) -> Any:
    """A field of a strategy's Parameters with its description; with `choices` a text that is one of them."""
    return dataclasses.field(default=default, metadata={"doc": doc, "choices": choices})


def read_parameters(kind: type, given: Mapping[str, object]) -> Any:
    """
    Read a strategy's parameters from what a caller gave.

    Raises:
        InvalidRequest: An unknown name, or a value that is not of the parameter's type.
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}
    unknown = sorted(set(given) - set(fields))
    if unknown:
        raise InvalidRequest(f"unknown argument {unknown[0]!r}; known: {', '.join(fields)}")
    hints = typing.get_type_hints(kind)
    values = {name: _read(name, hints[name], value) for name, value in given.items()}
    for name, value in values.items():
        choices = fields[name].metadata.get("choices", ())
        if choices and value not in choices:
            raise InvalidRequest(f"{name} must be one of {', '.join(choices)}, not {str(value)[:40]!r}")
    return kind(**values)


def parameter_texts(parameters: Any) -> tuple[tuple[str, str], ...]:
    """Every parameter as (name, text), by name: what a ticket is bound to."""
    names = sorted(field.name for field in dataclasses.fields(parameters))
    return tuple((name, _text(getattr(parameters, name))) for name in names)


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return "" if value is None else str(value)


def _read(name: str, hint: Any, value: object) -> object:
    members = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    if value is None and type(None) in members:
        return None
    wanted = next(member for member in members if member is not type(None))
    if wanted is Decimal:
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            raise InvalidRequest(f"{name} must be a number, not {value!r}")
        return read_decimal(str(value), name)
    if wanted is int and isinstance(value, str):
        number = read_decimal(value, name)
        if number != int(number):
            raise InvalidRequest(f"{name} must be a whole number, not {value}")
        return int(number)
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        raise InvalidRequest(f"{name} must be {wanted.__name__}, not {value!r}")
    if isinstance(value, str) and len(value) > NOTE_LENGTH:
        raise InvalidRequest(f"{name} may have at most {NOTE_LENGTH} characters")
    return value
