"""A value with the quicker constructor is the value it was."""

import dataclasses
import inspect

import pytest

from tradecore.model.quick_values import quick


@dataclasses.dataclass(frozen=True, slots=True)
class Plain:
    """Made by dataclass alone."""

    number: int
    word: str = "none"

    def __post_init__(self) -> None:
        """Refuse what is below zero."""
        if self.number < 0:
            raise ValueError(f"{self.number} is below zero")


@quick
@dataclasses.dataclass(frozen=True, slots=True)
class Quick:
    """The same, made quicker."""

    number: int
    word: str = "none"

    def __post_init__(self) -> None:
        """Refuse what is below zero."""
        if self.number < 0:
            raise ValueError(f"{self.number} is below zero")


def test_it_takes_the_same_arguments() -> None:
    assert list(inspect.signature(Quick).parameters) == list(inspect.signature(Plain).parameters)
    assert dataclasses.astuple(Quick(7)) == dataclasses.astuple(Plain(7)) == (7, "none")
    assert Quick(word="x", number=1) == Quick(1, "x")


def test_it_equals_hashes_and_is_replaced_as_before() -> None:
    value = Quick(7)
    assert value == Quick(7)
    assert hash(value) == hash(Quick(7))
    assert dataclasses.replace(value, number=8) == Quick(8)
    assert repr(value) == "Quick(number=7, word='none')"


def test_it_still_refuses_what_it_refused() -> None:
    with pytest.raises(ValueError, match="below zero"):
        Quick(-1)
    with pytest.raises(TypeError):
        Quick()  # type: ignore[call-arg]


def test_it_is_still_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Quick(7).number = 8  # type: ignore[misc]


def test_a_field_that_is_not_plain_is_refused_when_the_class_is_made() -> None:
    @dataclasses.dataclass(frozen=True, slots=True)
    class Listed:
        items: list[int] = dataclasses.field(default_factory=list)

    with pytest.raises(TypeError, match=r"Listed\.items"):
        quick(Listed)
