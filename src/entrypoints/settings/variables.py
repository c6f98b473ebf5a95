"""The variables behind the settings: every accepted name, what it expects, and whether it is a secret."""

import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from entrypoints.settings.fields import SECTIONS, Fields
from entrypoints.settings.values import Expects

PREFIX: Final = "TRADECORE_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One setting as a user writes it; `names` begins with the one the manual uses."""

    field: str
    names: tuple[str, ...]
    expects: str
    meaning: str
    default: Any
    secret: bool

    @property
    def name(self) -> str:
        """The name the manual uses."""
        return self.names[0]


def _variable(field: str, info: FieldInfo) -> Variable:
    extra = info.json_schema_extra
    also = tuple(str(name) for name in extra["also"]) if isinstance(extra, Mapping) else ()  # type: ignore[union-attr]
    parts = tuple(_parts(info))
    return Variable(
        field=field,
        names=(*also, f"{PREFIX}{field.upper()}"),
        expects=next(part.words for part in parts if isinstance(part, Expects)),
        meaning=info.description or "",
        default=None if info.default_factory else info.default,
        secret=SecretStr in parts,
    )


def _parts(info: FieldInfo) -> Iterator[Any]:
    """The annotation's types and metadata, whether it is optional or not."""
    yield from (info.annotation, *info.metadata)
    for member in typing.get_args(info.annotation):
        yield member
        yield from typing.get_args(member)


_BY_FIELD: Final[Mapping[str, Variable]] = {
    field: _variable(field, info) for section in SECTIONS for field, info in section.model_fields.items()
}
_FIELD_OF: Final[Mapping[str, str]] = {name: v.field for v in _BY_FIELD.values() for name in v.names}


def variables() -> tuple[Variable, ...]:
    """Every variable, in the order of the manual."""
    return tuple(_BY_FIELD.values())


def variable_of(field: str) -> Variable:
    """The variable of a field of Settings."""
    return _BY_FIELD[field]


def field_of(name: str) -> str | None:
    """The field that a name in upper case sets, None when nobody knows it."""
    return _FIELD_OF.get(name)


def known_names() -> tuple[str, ...]:
    """Every accepted name, sorted."""
    return tuple(sorted(_FIELD_OF))


def sections() -> Iterator[tuple[str, tuple[Variable, ...]]]:
    """Title and variables of each part of the manual."""
    for section in SECTIONS:
        yield (section.__doc__ or "").rstrip("."), tuple(_BY_FIELD[field] for field in section.model_fields)


def secret_fields() -> tuple[str, ...]:
    """Fields of Settings whose value is never shown."""
    return tuple(field for field in Fields.model_fields if field in _BY_FIELD and _BY_FIELD[field].secret)
