"""One call of a tool: who asks, of which desk, and what a no looks like."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext

from entrypoints.mcp_server import rendering
from entrypoints.mcp_server.arguments import Arguments
from tradecore.desk.decisions import Refused
from tradecore.usecases.answers import RefusedAnswer
from tradecore.usecases.floor import TradingFloor

Json = dict[str, Any]


class Refusal(Exception):
    """A business no: code, reason and details; the model may change its mind and ask again."""

    def __init__(self, code: str, message: str, details: Json | None = None, risk: Json | None = None) -> None:
        """Say no."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details or {}
        self.risk = risk

    @property
    def structured(self) -> Json:
        """The body of the tool error."""
        body: Json = {
            "status": "refused",
            "error": {"code": self.code, "message": self.message, "details": self.details},
        }
        return body | ({"risk": self.risk} if self.risk else {})


def refusal_of(answer: RefusedAnswer) -> Refusal:
    """The desk's no as a tool error, with every check of the gate if the gate said it."""
    refused: Refused = answer.refusal
    details: Json = {"next_step": refused.next_step, "smallest_change": rendering.changes(answer.alternative)}
    risk = None
    if refused.preview is not None:
        verdict = refused.preview.verdict
        details["failed"] = [one.name for one in verdict.failed]
        risk = rendering.risk(verdict)
    return Refusal(refused.code, refused.message, details, risk)


@dataclass(frozen=True, slots=True)
class Call:
    """
    What a tool gets to know of its caller.

    `context` is MCP's, None for a caller who speaks another protocol; `form_answers` is what a form came back with.
    """

    floor: TradingFloor
    principal: str
    context: ServerRequestContext[Any, Any] | None = None
    form_answers: Json = field(default_factory=dict)

    @property
    def can_show_forms(self) -> bool:
        """Whether the client declared that it can ask its user with a form."""
        declared = None if self.context is None else self.context.session.client_capabilities
        asking = declared.elicitation if declared is not None else None
        return asking is not None and (asking.form is not None or asking.url is None)

    def seconds_until(self, expires_at: datetime) -> int:
        """Seconds on the reader's clock until an instant of the market's."""
        left = (expires_at - self.floor.clock.now()).total_seconds() / float(self.floor.desk.opening.clock_rate)
        return max(round(left), 0)


Handler = Callable[[Call, Any], Awaitable[Json | types.InputRequiredResult]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool as the server offers it; `trades` are those that can move money or change what works."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    handler: Handler
    output_schema: Json
    trades: bool = False
    idempotent: bool = False
