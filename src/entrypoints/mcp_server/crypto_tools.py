"""The tool of crypto market reports."""

from typing import TYPE_CHECKING, Any, Final

from entrypoints.mcp_server import schemas
from entrypoints.mcp_server.arguments import GetReport
from entrypoints.mcp_server.calls import Call, Json, Refusal, Tool
from entrypoints.mcp_server.untrusted import stripped
from tradecore.errors import Unavailable
from tradecore.usecases.market_reports import SymbolNotIndexed

if TYPE_CHECKING:
    from entrypoints.wiring.crypto_house import MarketReports

_ABOUT: Final = (
    "Live order-book report of a crypto pair: prices, spread, depth, walls, vacuums, volume "
    "profile, flow, anomalies, health 0-100. Look at ingestion and data_age_ms first: stale data is not the market. "
    "sections and levels shorten it."
)


def crypto_tools(reports: "MarketReports") -> list[Tool]:
    """What the toolset crypto offers over these reports."""

    async def get_report(_: Call, given: GetReport) -> Json:
        try:
            return await reports.get(given.symbol, given.sections, given.levels)
        except SymbolNotIndexed as unknown:
            details: dict[str, Any] = {"indexed": list(unknown.indexed), "next_step": "ask for one that is indexed"}
            raise Refusal("symbol_not_indexed", stripped(str(unknown)), details) from None
        except Unavailable as problem:
            step = {"next_step": "ask again in a moment; tell the person that the reports can't be reached"}
            raise Refusal("backend_unavailable", stripped(str(problem)), step) from None

    return [
        Tool(
            name="get_report",
            title="Crypto market report",
            description=_ABOUT,
            arguments=GetReport,
            handler=get_report,
            output_schema=schemas.REPORT,
            idempotent=True,
        )
    ]
