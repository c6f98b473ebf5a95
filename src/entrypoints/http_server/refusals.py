"""A no of the HTTP door: one JSON form for every status."""

from collections.abc import Mapping

from pydantic import BaseModel
from starlette.responses import JSONResponse


class Problem(BaseModel):
    """What is wrong, as a stable code and in words."""

    code: str
    message: str


class ErrorAnswer(BaseModel):
    """The body of every answer that is a no."""

    error: Problem


def refusal(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An answer with this status."""
    body = ErrorAnswer(error=Problem(code=code, message=message))
    return JSONResponse(body.model_dump(), status_code=status, headers=dict(headers or {}))
