"""What the brokerage refuses, in the codes and words of the service it stands for."""

from typing import Any, Final

FORBIDDEN: Final = 40310000
UNPROCESSABLE: Final = 42210000
INVALID: Final = 40010001
MALFORMED: Final = 40010000
NOT_FOUND: Final = 40410000


class Refusal(Exception):
    """A request that changes nothing: HTTP status, code, words, and facts beside them."""

    def __init__(self, status: int, code: int, message: str, **facts: Any) -> None:
        """`facts` are members of the answer beside code and message."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.facts = facts

    @property
    def body(self) -> dict[str, Any]:
        """The answer's JSON object."""
        return {"code": self.code, "message": self.message, **self.facts}


def forbidden(message: str, **facts: Any) -> Refusal:
    """Refused by the account's means or permissions."""
    return Refusal(403, FORBIDDEN, message, **facts)


def unprocessable(message: str, **facts: Any) -> Refusal:
    """An order this class or type does not allow."""
    return Refusal(422, UNPROCESSABLE, message, **facts)


def invalid(message: str, **facts: Any) -> Refusal:
    """A member that is missing or can't be read."""
    return Refusal(422, INVALID, message, **facts)


def not_found(message: str) -> Refusal:
    """Nothing has this id or symbol."""
    return Refusal(404, NOT_FOUND, message)
