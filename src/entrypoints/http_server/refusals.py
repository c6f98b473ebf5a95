"""A no of the HTTP door: one JSON form for every status."""

from collections.abc import Mapping

from pydantic import BaseModel
from starlette.responses import JSONResponse


class Problem(BaseModel):
    """What is wrong, as a stable code and in words; of an unknown pair also those that are `indexed`."""

    code: str
    message: str
    indexed: tuple[str, ...] | None = None


class ErrorAnswer(BaseModel):
    """The body of every answer that is a no."""

    error: Problem


def refusal(
    status: int,
    code: str,
    message: str,
    headers: Mapping[str, str] | None = None,
    *,
    indexed: tuple[str, ...] | None = None,
) -> JSONResponse:
    """An answer with this status."""
    body = ErrorAnswer(error=Problem(code=code, message=message, indexed=indexed))
    return JSONResponse(body.model_dump(exclude_none=True), status_code=status, headers=dict(headers or {}))
