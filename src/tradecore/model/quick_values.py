"""A quicker constructor for the few frozen values that are made dozens of times in every decision."""

import dataclasses
from typing import Any, TypeVar

T = TypeVar("T")


def quick(kind: type[T]) -> type[T]:
    """
    Let a frozen dataclass with slots write its slots directly when it is made, in about half the time.

    Signature, defaults, `__post_init__` and everything else stay as `dataclass` made them.

    Raises:
        TypeError: A field is keyword-only or has a factory, which no value as small as these needs.
    """
    known: dict[str, Any] = {}
    parameters, body = ["self"], []
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        if field.kw_only or field.default_factory is not dataclasses.MISSING:
            raise TypeError(f"{kind.__name__}.{field.name} is not a plain field")
        known[f"write_{field.name}"] = getattr(kind, field.name).__set__
        known[f"default_{field.name}"] = field.default
        given = field.default is dataclasses.MISSING
        parameters.append(field.name if given else f"{field.name}=default_{field.name}")
        body.append(f" write_{field.name}(self, {field.name})")
    if hasattr(kind, "__post_init__"):
        body.append(" self.__post_init__()")
    exec(f"def __init__({', '.join(parameters)}):\n" + "\n".join(body), known)
    kind.__init__ = known["__init__"]  # type: ignore[method-assign]
    return kind
