"""Requests as handlers see them, and their answers as bytes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import orjson

from adapters.simulated.brokerage.refusals import MALFORMED, Refusal

if TYPE_CHECKING:
    from entrypoints.simulated_broker.simulation import Simulation

Answer = tuple[int, bytes]
EMPTY: Final[Answer] = (204, b"")
_DATE_CHARACTERS: Final = 10


@dataclass(slots=True)
class Call:
    """One request: who asks, the variable parts of the path, the query, the body."""

    simulation: "Simulation"
    account: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """
        The body, which must be a JSON object.

        Raises:
            Refusal: It is none.
        """
        try:
            found = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise Refusal(400, MALFORMED, "request body format is invalid") from error
        if not isinstance(found, dict):
            raise Refusal(400, MALFORMED, "request body format is invalid")
        return found

    def flag(self, name: str) -> bool:
        """A query parameter that is yes or no, absent means no."""
        return self.query.get(name, "").lower() in ("true", "1")

    def names(self, name: str) -> list[str]:
        """A query parameter that is a list with commas."""
        return [one for one in self.query.get(name, "").split(",") if one]

    def count(self, name: str, default: int, most: int) -> int:
        """
        A query parameter that is a whole number from 1 to `most`.

        Raises:
            Refusal: It is none.
        """
        given = self.query.get(name)
        if given is None or given == "":
            return default
        if not given.isascii() or not given.isdecimal() or len(given) > 9 or not 1 <= int(given) <= most:
            raise Refusal(400, MALFORMED, f"invalid {name}: must be between 1 and {most}")
        return int(given)

    def instant(self, name: str, default: datetime) -> datetime:
        """
        A query parameter that is an instant (RFC 3339) or a date, UTC where it names no zone.

        Raises:
            Refusal: It is none.
        """
        given = self.query.get(name)
        if not given:
            return default
        try:
            found = datetime.fromisoformat(given.replace(" ", "+"))
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        except (ValueError, OverflowError) as error:
            raise Refusal(400, MALFORMED, f"invalid {name}: expected RFC 3339 or YYYY-MM-DD") from error


Handler = Callable[[Call], Answer]


def ok(payload: Any) -> Answer:
    """200 with a JSON body."""
    return 200, orjson.dumps(payload)


def refused(refusal: Refusal) -> Answer:
    """A refusal with its own status."""
    return refusal.status, orjson.dumps(refusal.body)


def instant(at: datetime | None) -> str | None:
    """An instant as the service writes it."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def text(value: Decimal | None) -> str | None:
    """A number as the service writes it: text, no exponent, no trailing zeros."""
    if value is None:
        return None
    shown = f"{value:f}"
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    return "0" if shown in ("-0", "") else shown


def money(value: Decimal) -> str:
    """An amount in dollars, to hundredths of a cent."""
    return text(value.quantize(Decimal("0.0001"))) or "0"


def is_date(given: str) -> bool:
    """Whether text is a date and nothing more."""
    return len(given) == _DATE_CHARACTERS
