"""Market reports for who speaks plain HTTP."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
from fastapi import FastAPI, Query
from fastapi.params import Security
from fastapi.responses import Response

from entrypoints.http_server.refusals import ErrorAnswer, refusal
from tradecore.errors import InvalidRequest, Unavailable
from tradecore.usecases.market_reports import SymbolNotIndexed

if TYPE_CHECKING:
    from entrypoints.wiring.crypto_house import MarketReports

REPORT_PATH: Final = "/reports/{symbol}"
NOT_SERVED: Final = (
    "no reports are kept here: put crypto into TRADECORE_TOOLSETS, and set REDIS_URL or choose a CRYPTO_FEED"
)
_Sections = Annotated[str, Query(max_length=200, description="Parts of it, separated by commas; all if left out.")]
_Levels = Annotated[int | None, Query(ge=0, le=20, description="Levels of depth a side.")]
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The newest report; docs/reference/market-report.schema.json is its schema."},
    404: {"model": ErrorAnswer, "description": "`symbol_not_indexed`; `indexed` lists what is."},
    422: {"model": ErrorAnswer, "description": "There is no such section."},
    503: {"model": ErrorAnswer, "description": "`backend_unavailable`."},
}


def add_reports(app: FastAPI, reports: "MarketReports | None", keyed: list[Security]) -> None:
    """Serve the reports of this place; without one the answer is that there is none."""
    app.get(REPORT_PATH, name="report", responses=_ANSWERS, dependencies=keyed)(_report(reports))


def _report(reports: "MarketReports | None") -> Callable[..., Awaitable[Response]]:
    async def report(
        symbol: str,
        sections: _Sections = "",
        levels: _Levels = None,
    ) -> Response:
        """The newest market report of a pair, as of now."""
        if reports is None:
            return refusal(503, "backend_unavailable", NOT_SERVED)
        wanted = [part.strip() for part in sections.split(",") if part.strip()]
        try:
            found = await reports.get(symbol, wanted, levels)
            return Response(orjson.dumps(found), media_type="application/json")
        except SymbolNotIndexed as unknown:
            return refusal(404, "symbol_not_indexed", str(unknown), indexed=unknown.indexed)
        except InvalidRequest as wrong:
            return refusal(422, "INVALID_REQUEST", str(wrong))
        except Unavailable as problem:
            return refusal(503, "backend_unavailable", str(problem))

    return report
